/** What the symbols floor offers: sections, symbols and lines of one ELF file. It never trusts its input. */

/** An ELF file that cannot be used; `message` is one sentence for the user. */
export class ElfError extends Error {}

export interface ElfSegment {
  /** p_vaddr, p_memsz, p_filesz in bytes; flags are PF_X 1, PF_W 2, PF_R 4. */
  type: number;
  flags: number;
  vaddr: bigint;
  memsz: bigint;
  offset: bigint;
  filesz: bigint;
  align: bigint;
}

export interface ElfSymbol {
  name: string;
  address: bigint;
  size: bigint;
  kind: 'function' | 'object' | 'other';
  binding: 'local' | 'global' | 'weak';
}

/** A source position; `line` and `column` are 1-based, column 0 if unknown. */
export interface SourceLocation {
  file: string;
  line: number;
  column: number;
}

export interface LineRow extends SourceLocation {
  address: bigint;
  isStatement: boolean;
}

/** Symbols of one loaded module; all addresses are run-time addresses (load bias applied). */
export interface ModuleSymbols {
  /** Sentences about parts that are damaged, missing or not understood; grows as more is read. */
  readonly remarks?: readonly string[];
  /** The symbol that covers `address`, with the offset in it; the nearest below in an executable section if none has a size. */
  symbolAt(address: bigint): { symbol: ElfSymbol; offset: bigint } | undefined;
  symbolsByName(name: string): ElfSymbol[];
  /** All symbols whose names start with `prefix`, at most `limit`. */
  completions(prefix: string, limit: number): ElfSymbol[];
  locationOf(address: bigint): SourceLocation | undefined;
  /**
   * [start, end) of the adjoining line-table rows of one line that cover `address`. `isStatement`: the range begins with a
   * recommended place to stop.
   */
  lineRange(
    address: bigint,
  ): { start: bigint; end: bigint; location: SourceLocation; isStatement: boolean } | undefined;
  /**
   * Statement addresses for a line of a file, one a function and inlined copy; when the line has no code, the next line that has.
   * Files match by full path, then by the longest common tail, then by base name. With a column (1-based) all addresses of the
   * statement that begins there or next behind it on the line.
   */
  addressesOf(file: string, line: number, column?: number): { line: number; addresses: bigint[] } | undefined;
  /** First addresses of the inlined copies of the function called `name`. */
  inlinedCopies?(name: string): bigint[];
  /** Where a breakpoint on a function belongs: behind the code that makes its frame, if it keeps a frame pointer. */
  entryAfterPrologue(symbol: ElfSymbol): bigint;
  /** Lines with code in [startLine, endLine]. */
  breakpointLines(file: string, startLine: number, endLine: number): number[];
  /** Columns at which statements of a line begin, ascending; none where the compiler tells none. */
  breakpointColumns(file: string, line: number): number[];
  sourceFiles(): string[];
  /** The stub at `address` through which a function of another file is called: its name, and the word with its address. */
  stubAt?(address: bigint): { name: string; slot: bigint } | undefined;
}
