/** Directives that choose the section. */

import { flagsOf, SHF_GROUP, SHF_MERGE, typeOf, usualAttributes } from '../section-names.ts';
import type { SectionAttributes } from '../sections.ts';
import { SourceError } from '../source.ts';
import { type Directive, type Directives, DirectiveWords } from './directive.ts';

const named =
  (name: string): Directive =>
  ({ state, reader }) => {
    if (!reader.done)
      throw reader.error(`Numbered parts of ${name} are not supported: use .section with a name of its own.`);
    state.enter(state.sectionNamed(name));
  };

/** The name of a section: anything up to a comma or white space, or in quotes. */
function sectionName(words: DirectiveWords): { name: string; rest: string; column: number } {
  const match = /^\s*(?:"([^"]*)"|([^\s,]+))/.exec(words.text);
  if (!match) throw new SourceError('The name of a section is missing.', words.column, words.column + 1);
  const end = match[0].length;
  return { name: match[1] ?? match[2], rest: words.text.slice(end), column: words.column + end };
}

/** `, "FLAGS", @TYPE, ENTRY SIZE, GROUP, comdat` */
function attributesOf(words: DirectiveWords, name: string): SectionAttributes | undefined {
  const { reader } = words;
  if (!reader.accept(',')) return undefined;
  const usual = usualAttributes(name);
  const letters = reader.next();
  if (letters.kind !== 'string')
    throw reader.error('The flags of a section stand in double quotes, such as "aw".', letters);
  const { flags, wrong } = flagsOf(letters.text.replace('?', ''));
  if (wrong) throw reader.error(`“${wrong}” is not a flag of sections.`, letters);
  let type = usual.type;
  let entrySize = 0;
  if (reader.accept(',')) {
    if (!reader.accept('@')) reader.accept('%');
    const token = reader.next();
    const known = token.kind === 'number' ? Number(token.value) : typeOf(token.text);
    if (known === undefined)
      throw reader.error(`“${token.text}” is not a type of sections: use @progbits, @nobits or @note.`, token);
    type = known;
  }
  if (flags & SHF_MERGE) {
    reader.expect(',');
    entrySize = words.count('The size of an entry', 1 << 16);
  }
  // A group matters only among several object files.
  if (flags & SHF_GROUP && reader.accept(',')) {
    words.symbolName('The name of the group');
    if (reader.accept(',')) words.symbolName('“comdat”');
  }
  return { type, flags: flags & ~SHF_GROUP, entrySize };
}

function section(words: DirectiveWords, push: boolean): void {
  const { state } = words;
  const { name, rest, column } = sectionName(words);
  const inner = new DirectiveWords(state, words.name, rest, column);
  const attributes = attributesOf(inner, name);
  inner.reader.expectEnd();
  if (push) state.sectionStack.push({ section: state.section, previous: state.previous });
  state.enter(state.sectionNamed(name, attributes));
}

const pop: Directive = ({ state }) => {
  const saved = state.sectionStack.pop();
  if (!saved) throw new Error('.popsection has no .pushsection before it.');
  state.section = saved.section;
  state.previous = saved.previous;
};

export const sectionDirectives: Directives = {
  '.text': named('.text'),
  '.data': named('.data'),
  '.bss': named('.bss'),
  '.section': (words) => section(words, false),
  '.pushsection': (words) => section(words, true),
  '.popsection': pop,
  '.previous': ({ state }) => state.enter(state.previous),
};
