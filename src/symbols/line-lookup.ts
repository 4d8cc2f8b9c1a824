import { wrap64 } from '../base/address.ts';
import { firstIndex } from '../base/search.ts';
import type { LineRow, SourceLocation } from './api.ts';
import { type LineSequence, ROW_IS_STATEMENT } from './dwarf/line-rows.ts';
import type { CompilationUnit } from './dwarf/units.ts';
import type { LineTable } from './line-table.ts';
import type { LineTables } from './line-tables.ts';
import { matchPaths, normalisePath } from './paths.ts';

/** A row in effect at an address. */
interface Found {
  readonly table: LineTable;
  readonly sequence: LineSequence;
  readonly row: number;
}

/** Line lookups of one module in run-time addresses. */
export class LineLookup {
  private readonly base: bigint;
  private readonly matches = new Map<string, FileMatch[]>();

  constructor(
    private readonly tables: LineTables,
    private readonly bias: bigint,
  ) {
    this.base = wrap64(tables.space.base + bias);
  }

  private find(address: bigint): Found | undefined {
    const distance = Number(address - this.base);
    let found: Found | undefined;
    for (const table of this.tables.at(wrap64(address - this.bias))) {
      const sequence = table.sequenceAt(distance);
      // Of sequences that overlap the one that starts last.
      if (sequence && !(found && found.sequence.start > sequence.start))
        found = { table, sequence, row: table.rowAt(sequence, distance) };
    }
    return found;
  }

  private address(distance: number): bigint {
    return wrap64(this.base + BigInt(distance));
  }

  private location({ rows, files }: LineTable, row: number): SourceLocation | undefined {
    const file = files[rows.file[row]];
    // Line 0: code that belongs to no line (DWARF 5, 6.2.2).
    if (!file || rows.line[row] === 0) return undefined;
    return { file, line: rows.line[row], column: rows.column[row] };
  }

  locationOf(address: bigint): SourceLocation | undefined {
    const found = this.find(address);
    return found && this.location(found.table, found.row);
  }

  /** The rows of one line that adjoin each other around `address`, as one range. */
  lineRange(
    address: bigint,
  ): { start: bigint; end: bigint; location: SourceLocation; isStatement: boolean } | undefined {
    const found = this.find(address);
    const location = found && this.location(found.table, found.row);
    if (!found || !location) return undefined;
    const { sequence, table } = found;
    const { rows } = table;
    const same = (row: number) => rows.file[row] === rows.file[found.row] && rows.line[row] === rows.line[found.row];
    let first = found.row;
    for (;;) {
      const before = rowBefore(table, sequence, first);
      if (before === undefined || !same(before)) break;
      first = before;
    }
    let end = table.rowEnd(sequence, found.row);
    while (end < sequence.stop) {
      const next = table.rowAt(sequence, end);
      if (!same(next)) break;
      end = table.rowEnd(sequence, next);
    }
    return {
      start: this.address(rows.address[first]),
      end: this.address(end),
      location,
      isStatement: (rows.flags[first] & ROW_IS_STATEMENT) !== 0,
    };
  }

  /** Start of the first row behind the one that covers `address`, or undefined at the end of its sequence. */
  nextRow(address: bigint): bigint | undefined {
    const found = this.find(address);
    if (!found) return undefined;
    const end = found.table.rowEnd(found.sequence, found.row);
    return end < found.sequence.stop ? this.address(end) : undefined;
  }

  /** The unit that has code at `address`, if its lines have been read. */
  unitAt(address: bigint): CompilationUnit | undefined {
    return this.tables.unitAt(wrap64(address - this.bias));
  }

  /** Whether the code at `address` comes from assembly source. */
  isAssembly(address: bigint): boolean {
    const found = this.find(address);
    if (!found) return true;
    return found.sequence.isAssembly || /\.(s|asm)$/i.test(this.location(found.table, found.row)?.file ?? '');
  }

  /** The files that `wanted` means among those that have lines. */
  private filesFor(wanted: string): FileMatch[] {
    let found = this.matches.get(wanted);
    if (!found) {
      const tables = this.tables.mentioning(normalisePath(wanted));
      const paths = new Set(matchPaths(wanted, new Set(tables.flatMap(({ files }) => files))));
      found = tables.flatMap((table) =>
        table.files.flatMap((file, number) => (paths.has(file) ? [{ table, file: number }] : [])),
      );
      this.matches.set(wanted, found);
    }
    return found;
  }

  /**
   * Where the code of a line begins, ascending: its statement rows that do not merely go on from the row before them.
   * Rows without any code count only if the line has no others. With a column only those of the statement that begins there or
   * next behind it.
   */
  addressesOf(wanted: string, line: number, column?: number): { line: number; addresses: bigint[] } | undefined {
    const matches = this.filesFor(wanted);
    let found = Number.POSITIVE_INFINITY;
    for (const match of matches) {
      const first = statements(match, line).next();
      if (!first.done) found = Math.min(found, match.table.rows.line[first.value]);
    }
    if (!Number.isFinite(found)) return undefined;
    // A column is one of the line that was asked for.
    const wantedColumn =
      column !== undefined && found === line
        ? this.breakpointColumns(wanted, found).find((one) => one >= column)
        : undefined;
    const starts = new Set<number>();
    const empty = new Set<number>();
    for (const match of matches) {
      const { rows } = match.table;
      for (const row of statements(match, found)) {
        if (rows.line[row] !== found) break;
        if (wantedColumn !== undefined && rows.column[row] !== wantedColumn) continue;
        const kind = startKind(match, row, wantedColumn !== undefined);
        if (kind) (kind === 'start' ? starts : empty).add(rows.address[row]);
      }
    }
    const addresses = [...(starts.size ? starts : empty)].sort((a, b) => a - b).map((at) => this.address(at));
    return { line: found, addresses };
  }

  breakpointColumns(wanted: string, line: number): number[] {
    const columns = new Set<number>();
    for (const match of this.filesFor(wanted)) {
      const { rows } = match.table;
      for (const row of statements(match, line)) {
        if (rows.line[row] !== line) break;
        // Column 0: not known.
        if (rows.column[row] > 0) columns.add(rows.column[row]);
      }
    }
    return [...columns].sort((a, b) => a - b);
  }

  breakpointLines(wanted: string, startLine: number, endLine: number): number[] {
    const lines = new Set<number>();
    for (const match of this.filesFor(wanted)) {
      const { rows } = match.table;
      for (const row of statements(match, startLine)) {
        if (rows.line[row] > endLine) break;
        lines.add(rows.line[row]);
      }
    }
    return [...lines].sort((a, b) => a - b);
  }

  /** Every row, by sequence; ends of sequences are not rows. Reads all tables. */
  *allRows(): Generator<LineRow> {
    for (const { rows, sequences, files } of this.tables.all()) {
      for (const { first, end } of sequences) {
        for (let i = first; i < end; i++) {
          yield {
            file: files[rows.file[i]],
            line: rows.line[i],
            column: rows.column[i],
            address: this.address(rows.address[i]),
            isStatement: (rows.flags[i] & ROW_IS_STATEMENT) !== 0,
          };
        }
      }
    }
  }

  /** Full paths of the files that line tables mention, sorted. */
  sourceFiles(): string[] {
    return [...this.tables.files()];
  }
}

/** A file of one table. */
interface FileMatch {
  readonly table: LineTable;
  readonly file: number;
}

/** The row in effect just before the address of `row`. */
function rowBefore(table: LineTable, sequence: LineSequence, row: number): number | undefined {
  const at = table.rows.address[row];
  if (at <= sequence.start) return undefined;
  return table.rowAt(sequence, at - 1);
}

/** Statement rows of a file from `line` on, in order of lines. */
function* statements({ table, file }: FileMatch, line: number): Generator<number> {
  const { rows } = table;
  const list = table.rowsOfFile(file);
  const wanted = Math.max(line, 1);
  for (let i = firstIndex(list.length, (k) => rows.line[list[k]] >= wanted); i < list.length; i++) {
    if (rows.flags[list[i]] & ROW_IS_STATEMENT) yield list[i];
  }
}

/** Whether a statement row begins the code of its line (or column), or has no code; undefined if it goes on from the row before it. */
function startKind({ table, file }: FileMatch, row: number, byColumn: boolean): 'start' | 'empty' | undefined {
  const { rows } = table;
  const sequence = table.sequenceAt(rows.address[row]);
  if (!sequence) return undefined;
  const isOfLine = (other: number) =>
    rows.file[other] === file &&
    rows.line[other] === rows.line[row] &&
    (!byColumn || rows.column[other] === rows.column[row]);
  if (!isOfLine(table.rowAt(sequence, rows.address[row]))) return 'empty';
  const before = rowBefore(table, sequence, row);
  const goesOn = before !== undefined && isOfLine(before) && (rows.flags[before] & ROW_IS_STATEMENT) !== 0;
  return goesOn ? undefined : 'start';
}
