/** Directives about reading itself, and such that change nothing here. */
import { linesOf } from '../read/input.ts';
import { expandMacro, macroOf, repeatFor, repeatLines } from '../read/macros.ts';
import { SourceError } from '../source.ts';
import { type State, Stop } from '../state.ts';
import type { Directive, Directives } from './directive.ts';

/** A repetition beyond it is a mistake. */
const MAX_REPETITIONS = 1 << 20;
/** Folders above the file that an included name may start at. */
const FOLDERS_TRIED = 4;

const latin = new TextDecoder('utf-8');

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'), 0));

/** Where a file named in `from` may be: beside it, or by a path that starts at a folder above it. */
export function candidates(name: string, from: string): string[] {
  if (/^([/\\]|[A-Za-z]:|\w+:\/\/)/.test(name)) return [name];
  const found: string[] = [];
  let folder = folderOf(from);
  for (let up = 0; up < FOLDERS_TRIED; up++) {
    found.push(folder === '' ? name : `${folder}/${name}`);
    if (folder === '') break;
    folder = folderOf(folder);
  }
  return found;
}

const include: Directive = ({ state, reader }) => {
  const name = reader.next();
  if (name.kind !== 'string') throw reader.error('.include takes the name of a file in double quotes.', name);
  reader.expectEnd();
  for (const path of candidates(name.text, state.line.file)) {
    const bytes = state.files.read(path);
    if (!bytes) continue;
    state.input.push(linesOf(latin.decode(bytes), path));
    return;
  }
  throw reader.error(`There is no file ${name.text} beside ${state.line.file} or in the folders above.`, name);
};

function block(state: State, name: string, begin: RegExp, end: RegExp, closing: string) {
  const lines = state.input.block(begin, end);
  if (!lines) throw new Error(`${name} has no ${closing}.`);
  return lines;
}

const macro: Directive = ({ state, text }) => {
  const body = block(state, '.macro', /^\s*\.macro\b/i, /^\s*\.endm\b/i, '.endm');
  const made = macroOf(text, body);
  state.macros.set(made.name, made);
};

const REPEAT = /^\s*\.(rept|irpc?|rep)\b/i;
const END_REPEAT = /^\s*\.endr\b/i;

const rept: Directive = (words) => {
  const { state } = words;
  const caller = state.line;
  const times = words.count('The number of repetitions', MAX_REPETITIONS);
  const body = block(state, words.name, REPEAT, END_REPEAT, '.endr');
  state.input.push(repeatLines(body, times, caller));
};

const irp =
  (characters: boolean): Directive =>
  ({ state, text, name }) => {
    const caller = state.line;
    const body = block(state, name, REPEAT, END_REPEAT, '.endr');
    state.input.push(repeatFor(body, text, characters, caller));
  };

/** The statements of the macro called `name`, if there is one, come next. */
export function callMacro(state: State, name: string, text: string): boolean {
  const macro = state.macros.get(name);
  if (!macro) return false;
  state.input.push(expandMacro(macro, text, state.expansions++, state.line));
  return true;
}

const message = (text: string): string => /^\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.trim();

const nothing: Directive = () => {};

export const otherDirectives: Directives = {
  '.include': include,
  '.macro': macro,
  '.endm': () => {
    throw new Error('.endm has no .macro before it.');
  },
  '.endr': () => {
    throw new Error('.endr has no .rept before it.');
  },
  '.exitm': ({ state }) => state.input.leave(),
  '.purgem': (words) => {
    const name = words.symbolName('The name of a macro');
    if (!words.state.macros.delete(name)) throw new Error(`There is no macro “${name}”.`);
  },
  '.rept': rept,
  '.rep': rept,
  '.irp': irp(false),
  '.irpc': irp(true),
  '.intel_syntax': ({ state, text }) => {
    state.syntax = 'intel';
    state.nakedRegisters = !/^\s*prefix/i.test(text);
  },
  '.att_syntax': ({ state, text }) => {
    state.syntax = 'att';
    state.nakedRegisters = /^\s*noprefix/i.test(text);
  },
  '.code64': nothing,
  '.code32': () => {
    throw new Error('Only 64-bit code can be assembled: .code32 is not supported.');
  },
  '.code16': () => {
    throw new Error('Only 64-bit code can be assembled: .code16 is not supported.');
  },
  '.altmacro': () => {
    throw new Error('.altmacro is not supported: write macros in the usual way, with \\NAME.');
  },
  '.end': () => {
    throw new Stop();
  },
  '.err': () => {
    throw new Error('.err was reached.');
  },
  '.error': ({ text }) => {
    throw new Error(message(text));
  },
  '.warning': ({ state, text }) => state.warn(message(text)),
  '.print': nothing,
  '.ident': ({ state, reader }) => {
    const text = reader.next();
    if (text.kind !== 'string') throw reader.error('.ident takes a text in double quotes.', text);
    const comment = state.sectionNamed('.comment');
    if (!comment.fragments.length) comment.write([0]);
    comment.write([...text.text].map((character) => character.charCodeAt(0)).concat(0));
  },
  '.subsection': ({ name }) => {
    throw new Error(`${name} is not supported: use .section with a name of its own.`);
  },
  ...Object.fromEntries(
    'arch title sbttl psize eject list nolist version line ln addrsig'.split(' ').map((name) => [`.${name}`, nothing]),
  ),
};

/** Whether a condition holds. */
export function conditionHolds(
  state: State,
  name: string,
  text: string,
  column: number,
  evaluate: () => bigint,
): boolean {
  const symbol = () => state.symbols.find(text.trim())?.defined === true;
  const pair = (): [string, string] => {
    const match = /^\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^,]*?)\s*,\s*(.*?)\s*$/.exec(text);
    if (!match)
      throw new SourceError(
        `${name} compares two texts, with a comma between.`,
        column,
        column + Math.max(1, text.length),
      );
    return [match[1], match[2]];
  };
  switch (name) {
    case '.ifdef':
      return symbol();
    case '.ifndef':
    case '.ifnotdef':
      return !symbol();
    case '.ifb':
      return text.trim() === '';
    case '.ifnb':
      return text.trim() !== '';
    case '.ifc':
    case '.ifeqs':
    case '.ifnc':
    case '.ifnes': {
      const [a, b] = pair();
      return (a === b) === (name === '.ifc' || name === '.ifeqs');
    }
  }
  const value = evaluate();
  switch (name) {
    case '.ifeq':
      return value === 0n;
    case '.ifgt':
      return value > 0n;
    case '.ifge':
      return value >= 0n;
    case '.iflt':
      return value < 0n;
    case '.ifle':
      return value <= 0n;
    default:
      return value !== 0n;
  }
}
