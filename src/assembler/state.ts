/** What is known while a source is read: symbols, sections, the place in them, and what was wrong. */
import type { Syntax } from './encode/instructions.ts';
import { constantOf, evaluate, isConstant } from './evaluate.ts';
import type { Names } from './expression.ts';
import { distanceKnown } from './layout.ts';
import { AsmSymbol, type Expression, symbolic } from './model.ts';
import { Conditionals } from './read/conditionals.ts';
import { Input } from './read/input.ts';
import type { Macro } from './read/macros.ts';
import { usualAttributes } from './section-names.ts';
import { type Fixup, Section, type SectionAttributes } from './sections.ts';
import { type Diagnostic, Endless, origin, type Place, placeOf, SourceError, type SourceLine } from './source.ts';
import { SymbolTable } from './symbols.ts';
import type { Token } from './tokens.ts';

/** Where included files come from. Paths are those of the source, or made from them. */
export interface SourceFiles {
  /** The bytes of a file; undefined if there is none. */
  read(path: string): Uint8Array | undefined;
}

/** After so many mistakes the rest would not be read by anybody. */
const MAX_ERRORS = 100;

/** Reading ends here: by `.end`, or because there is no sense in going on. */
export class Stop extends Error {}

export class State {
  readonly symbols = new SymbolTable();
  readonly sections: Section[] = [];
  readonly input = new Input();
  readonly conditionals = new Conditionals();
  readonly macros = new Map<string, Macro>();
  readonly diagnostics: Diagnostic[] = [];
  section: Section;
  previous: Section;
  readonly sectionStack: { section: Section; previous: Section }[] = [];
  syntax: Syntax = 'att';
  /** Whether registers may be written without `%`. */
  nakedRegisters = false;
  /** The statement at hand. */
  line: SourceLine;
  /** Names that `.local` was said of: a common block of that name is this file's own. */
  readonly localCommons = new Set<string>();
  /** Whether `.file N` numbers the files of the line table. */
  fileNumbersGiven = false;
  /** Expansions so far, for `\@`. */
  expansions = 0;

  constructor(
    readonly file: string,
    readonly files: SourceFiles,
  ) {
    this.line = { text: '', file, line: 1 };
    this.section = this.sectionNamed('.text');
    this.previous = this.section;
    this.sectionNamed('.data');
    this.sectionNamed('.bss');
  }

  /** The section of that name, made if there is none: with `attributes`, or with those its name suggests. */
  sectionNamed(name: string, attributes?: SectionAttributes): Section {
    const known = this.sections.find((section) => section.name === name);
    if (known) return known;
    const section = new Section(name, attributes ?? usualAttributes(name));
    this.sections.push(section);
    return section;
  }

  enter(section: Section): void {
    this.previous = this.section;
    this.section = section;
  }

  // What is wrong

  placeAt(start: number, end: number): Place {
    return placeOf(this.line, start, end);
  }

  /** The whole statement. */
  get place(): Place {
    const { text } = this.line;
    return this.placeAt(text.length - text.trimStart().length, text.trimEnd().length);
  }

  private add(severity: Diagnostic['severity'], place: Place, message: string): void {
    const { file, line, column, endColumn } = place;
    const repeated = this.diagnostics.some(
      (one) => one.file === file && one.line === line && one.column === column && one.message === message,
    );
    if (!repeated) this.diagnostics.push({ severity, file, line, column, endColumn, message });
  }

  error(message: string, place = this.place): void {
    this.add('error', place, message);
    if (this.diagnostics.length >= MAX_ERRORS) throw new Stop();
  }

  warn(message: string, place = this.place): void {
    if (this.diagnostics.length < MAX_ERRORS) this.add('warning', place, message);
  }

  /** Notes what was thrown while the statement was read; bugs are thrown on. */
  note(thrown: unknown): void {
    if (thrown instanceof SourceError)
      this.error(thrown.message + origin(this.line), this.placeAt(thrown.start, thrown.end));
    else if (thrown instanceof Endless) {
      this.error(thrown.message + origin(this.line));
      throw new Stop();
    } else if (thrown instanceof Error && thrown.constructor === Error) this.error(thrown.message + origin(this.line));
    // The stack is used up only by what is nested, and that is the source's doing.
    else if (thrown instanceof RangeError) this.error('This is nested too deep.');
    else throw thrown;
  }

  // Names and values

  readonly names: Names = {
    name: (token) => this.expressionOf(token),
    local: (token) => {
      const forward = token.text.endsWith('f');
      const symbol = forward ? this.symbols.forward(token.value) : this.symbols.backward(token.value);
      if (!symbol)
        throw new SourceError(`There is no label ${token.value}: before this place.`, token.start, token.end);
      symbol.used ??= this.placeAt(token.start, token.end);
      return symbolic(symbol);
    },
  };

  private expressionOf(token: Token): Expression {
    if (token.text === '.' && token.kind === 'name') return symbolic(this.placeholder());
    const symbol = this.symbols.get(token.text);
    symbol.used ??= this.placeAt(token.start, token.end);
    // An equate means what it is now, though it may be set anew.
    return symbol.value ?? symbolic(symbol);
  }

  /** A symbol without a name for the current place. */
  placeholder(): AsmSymbol {
    const symbol = new AsmSymbol('');
    symbol.label = this.section.here();
    return symbol;
  }

  /** The value of `expression` if it is a number that is known now. */
  constant(expression: Expression): bigint | undefined {
    return constantOf(expression, distanceKnown);
  }

  /** The value, which the directive needs now. @throws SourceError */
  known(expression: Expression, what: string): bigint {
    const value = this.constant(expression);
    if (value !== undefined) return value;
    const { text } = this.line;
    throw new SourceError(
      `${what} must be a number that is known at this place: symbols in it have to be set before.`,
      text.length - text.trimStart().length,
      text.trimEnd().length,
    );
  }

  define(name: string, place: Place): void {
    const symbol = this.symbols.get(name);
    if (symbol.defined) this.error(`“${name}” is defined already.`, place);
    else symbol.label = this.section.here();
  }

  /** `name = expression`. `once`: it must not be defined yet. */
  equate(name: string, expression: Expression, once = false): void {
    const known = this.symbols.find(name);
    if (known?.label || known?.common || (once && known?.value)) {
      this.error(`“${name}” is defined already.`);
      return;
    }
    const symbol = known?.value ? this.symbols.replace(name) : this.symbols.get(name);
    const value = evaluate(expression, distanceKnown);
    symbol.value = value && isConstant(value) ? { kind: 'number', value: value.offset } : expression;
  }

  // Bytes

  /** Says that something is written where nothing can be. */
  refuseEmpty(): void {
    if (this.section.empty)
      throw new Error(`${this.section.name} holds no bytes: only room can be reserved there (.skip).`);
  }

  write(bytes: ArrayLike<number>): void {
    if (this.section.empty && Array.from(bytes).some((byte) => byte !== 0)) this.refuseEmpty();
    if (this.section.empty) this.section.add({ kind: 'space', size: bytes.length, fill: 0 });
    else this.section.write(bytes);
  }

  /** Bytes with fields in them; `fixups` count from the first byte. */
  writeFields(bytes: Uint8Array, fixups: readonly Fixup[]): void {
    this.refuseEmpty();
    const data = this.section.data(bytes.length);
    const base = data.bytes.length;
    data.bytes.push(bytes);
    for (const fixup of fixups) data.fixups.push({ ...fixup, offset: base + fixup.offset });
  }

  /** A datum of `size` bytes. */
  writeValue(expression: Expression, size: number, place: Place): void {
    const value = this.constant(expression);
    if (value === undefined) {
      this.writeFields(new Uint8Array(size), [{ offset: 0, size, expression, place }]);
      return;
    }
    if (size < 8 && (value < -(1n << BigInt(8 * size - 1)) || value >= 1n << BigInt(8 * size)))
      this.warn(
        `${value} does not fit into ${size === 1 ? 'a byte' : `${size} bytes`}: its upper bits are lost.`,
        place,
      );
    this.write(Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));
  }
}
