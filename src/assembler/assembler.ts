/** Reads a source, statement by statement: labels, equates, directives, instructions. */
import { dataDirectives } from './directives/data.ts';
import { type Directives, DirectiveWords } from './directives/directive.ts';
import { Frames } from './directives/frames.ts';
import { lineDirectives } from './directives/lines.ts';
import { callMacro, conditionHolds, otherDirectives } from './directives/other.ts';
import { sectionDirectives } from './directives/sections.ts';
import { symbolDirectives } from './directives/symbols.ts';
import { addDebugSections } from './dwarf/debug-sections.ts';
import { InstructionAssembler } from './encode/instructions.ts';
import { readExpression } from './expression.ts';
import { InstructionReader } from './instruction.ts';
import { layOut } from './layout.ts';
import { Lines } from './lines.ts';
import type { ObjectFile } from './object.ts';
import { Conditionals } from './read/conditionals.ts';
import { linesOf } from './read/input.ts';
import { resolve } from './resolve.ts';
import { type Diagnostic, Endless, type Place, SourceError, type SourceLine } from './source.ts';
import { type SourceFiles, State, Stop } from './state.ts';
import { TokenReader, tokenize } from './tokens.ts';

export interface AssembleRequest {
  /** Path of the source, as it is to stand in messages and debug information. */
  file: string;
  text: string;
  /** Where `.include` and `.incbin` read. */
  files: SourceFiles;
}

export interface AssembleResult {
  /** Undefined if there are errors. */
  object: ObjectFile | undefined;
  diagnostics: Diagnostic[];
}

/** Assembles one source. Mistakes in it are diagnostics; nothing is thrown. */
export function assembleSource(request: AssembleRequest): AssembleResult {
  const instructions = new InstructionAssembler();
  try {
    return new Assembler(request, instructions).run();
  } finally {
    instructions.dispose();
  }
}

const LABEL = /^(\s*)(?:([A-Za-z_.$][\w.$]*)|"([^"]*)"|(\d+))\s*:/;
const EQUATE = /^(\s*)([A-Za-z_.$][\w.$]*)\s*(==?)(?!=)/;
const PREPROCESSOR = /^\s*#\s*(define|undef|include|if|ifdef|ifndef|elif|else|endif)\b/;
const HEAD = /^(\s*)([\w.$]+)/;

class Assembler {
  private readonly state: State;
  private readonly lines: Lines;
  private readonly frames = new Frames();
  private readonly directives: ReadonlyMap<string, Directives[string]>;
  private readonly instructions: InstructionReader;

  constructor(
    private readonly request: AssembleRequest,
    instructions: InstructionAssembler,
  ) {
    this.state = new State(request.file, request.files);
    this.lines = new Lines(this.state);
    this.instructions = new InstructionReader(this.state, instructions);
    this.directives = new Map(
      Object.entries({
        ...dataDirectives,
        ...sectionDirectives,
        ...symbolDirectives,
        ...lineDirectives(this.lines),
        ...this.frames.directives(),
        ...otherDirectives,
      }),
    );
  }

  run(): AssembleResult {
    const { state, request } = this;
    let object: ObjectFile | undefined;
    try {
      this.read();
      this.checkLabels();
      const report = (place: Place, message: string) => state.error(message, place);
      layOut(state.sections, report);
      layOut(addDebugSections(state, this.lines, this.frames.procedures), report);
      object = resolve({ name: request.file, sections: state.sections, symbols: state.symbols.all(), report });
    } catch (thrown) {
      if (!(thrown instanceof Stop)) state.note(thrown);
    }
    const failed = state.diagnostics.some(({ severity }) => severity === 'error');
    return { object: failed ? undefined : object, diagnostics: state.diagnostics };
  }

  private read(): void {
    const { state, request } = this;
    this.refusePreprocessor();
    state.input.push(linesOf(request.text, request.file));
    try {
      for (let line = state.input.next(); line; line = state.input.next()) this.statement(line);
    } catch (thrown) {
      // Too many mistakes, `.end`, or no end at all.
      if (thrown instanceof Endless) state.error(thrown.message);
      else if (!(thrown instanceof Stop)) throw thrown;
    }
    const open = this.frames.unfinished;
    if (open) state.error('.cfi_startproc has no .cfi_endproc.', open.place);
    if (state.conditionals.depth) state.error('An .if has no .endif.');
  }

  /** In a `.S`, what C's preprocessor would obey must not be taken for a comment. */
  private refusePreprocessor(): void {
    const { file, text } = this.request;
    if (!file.endsWith('.S')) return;
    for (const [i, line] of text.split('\n').entries()) {
      const found = PREPROCESSOR.exec(line);
      if (!found) continue;
      const column = found[0].length - found[0].trimStart().length + 1;
      this.state.error(
        `There is no C preprocessor here: use .set, .include, .macro and .if in place of #${found[1]}.`,
        { file, line: i + 1, column, endColumn: found[0].length + 1 },
      );
    }
  }

  private checkLabels(): void {
    for (const [number, { used }] of this.state.symbols.pending())
      if (used) this.state.error(`There is no label ${number}: behind this place.`, used);
    for (const symbol of this.state.symbols.all())
      if (symbol.temporary && !symbol.defined && symbol.used)
        this.state.error(
          `“${symbol.name}” is not defined, and names that begin with .L are never another file's.`,
          symbol.used,
        );
  }

  private statement(line: SourceLine): void {
    const { state } = this;
    state.line = line;
    try {
      this.parse(line.text);
    } catch (thrown) {
      if (thrown instanceof Stop) throw thrown;
      state.note(thrown);
    }
  }

  private parse(text: string): void {
    const { state } = this;
    if (text.trim() === '') return;
    const conditional = /^\s*(\.[a-z]+)/i.exec(text);
    if (conditional && Conditionals.handles(conditional[1].toLowerCase())) {
      this.condition(conditional[1].toLowerCase(), text, conditional[0].length);
      return;
    }
    if (!state.conditionals.active) return;
    const label = LABEL.exec(text);
    if (label) {
      const [whole, indent, name, quoted, number] = label;
      const place = state.placeAt(indent.length, whole.trimEnd().length - 1);
      if (number !== undefined) state.symbols.defineLocal(BigInt(number)).label = state.section.here();
      else state.define(name ?? quoted, place);
      this.parse(' '.repeat(whole.length) + text.slice(whole.length));
      return;
    }
    const equate = EQUATE.exec(text);
    if (equate) this.equate(equate, text);
    else this.command(text);
  }

  /** `name = expression` */
  private equate([whole, , name, sign]: RegExpExecArray, text: string): void {
    const { state } = this;
    const reader = new TokenReader(tokenize(text.slice(whole.length), whole.length));
    const value = readExpression(reader, { names: state.names, words: state.syntax === 'intel' });
    reader.expectEnd();
    state.equate(name, value, sign === '==');
  }

  private condition(name: string, text: string, column: number): void {
    const { state } = this;
    const words = new DirectiveWords(state, name, text.slice(column), column);
    state.conditionals.obey(name, () =>
      conditionHolds(state, name, words.text, column, () => {
        const value = words.number('The condition');
        words.reader.expectEnd();
        return value;
      }),
    );
  }

  /** A directive, macro or instruction. */
  private command(text: string): void {
    const { state } = this;
    const head = HEAD.exec(text);
    if (!head) {
      const start = text.length - text.trimStart().length;
      throw new SourceError(
        text.trim()[0] === '{'
          ? 'Pseudo prefixes in braces are not supported: the shortest encoding is taken.'
          : 'A statement begins with a label, a directive or an instruction.',
        start,
        text.trimEnd().length,
      );
    }
    const [whole, indent, word] = head;
    const rest = text.slice(whole.length);
    if (callMacro(state, word, rest)) return;
    const directive = this.directives.get(word.toLowerCase());
    if (directive) {
      directive(new DirectiveWords(state, word.toLowerCase(), rest, whole.length));
      return;
    }
    if (word.startsWith('.'))
      throw new SourceError(`${word} is not a directive that is known here.`, indent.length, whole.length);
    this.lines.instruction();
    this.instructions.read(text.slice(indent.length), indent.length);
  }
}
