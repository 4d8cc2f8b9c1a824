import { wrap64 } from '../base/address.ts';
import { firstIndex } from '../base/search.ts';
import type { LineRow, SourceLocation } from './api.ts';
import { type LineSequence, ROW_IS_STATEMENT } from './dwarf/line-rows.ts';
import type { LineTable } from './line-table.ts';
import { matchPaths } from './paths.ts';

/** Line lookups of one module in run-time addresses. */
export class LineLookup {
  private readonly base: bigint;
  private readonly matches = new Map<string, number[]>();

  constructor(
    private readonly table: LineTable,
    bias: bigint,
  ) {
    this.base = wrap64(table.base + bias);
  }

  private find(address: bigint): { sequence: LineSequence; row: number } | undefined {
    const distance = Number(address - this.base);
    const sequence = this.table.sequenceAt(distance);
    return sequence && { sequence, row: this.table.rowAt(sequence, distance) };
  }

  private address(distance: number): bigint {
    return wrap64(this.base + BigInt(distance));
  }

  private location(row: number): SourceLocation | undefined {
    const { rows, files } = this.table;
    const file = files[rows.file[row]];
    // Line 0: code that belongs to no line (DWARF 5, 6.2.2).
    if (!file || rows.line[row] === 0) return undefined;
    return { file, line: rows.line[row], column: rows.column[row] };
  }

  locationOf(address: bigint): SourceLocation | undefined {
    const found = this.find(address);
    return found && this.location(found.row);
  }

  /** The rows of one line that adjoin each other around `address`, as one range. */
  lineRange(
    address: bigint,
  ): { start: bigint; end: bigint; location: SourceLocation; isStatement: boolean } | undefined {
    const found = this.find(address);
    const location = found && this.location(found.row);
    if (!found || !location) return undefined;
    const { rows } = this.table;
    const { sequence } = found;
    const same = (row: number) => rows.file[row] === rows.file[found.row] && rows.line[row] === rows.line[found.row];
    let first = found.row;
    for (;;) {
      const before = this.rowBefore(sequence, first);
      if (before === undefined || !same(before)) break;
      first = before;
    }
    let end = this.table.rowEnd(sequence, found.row);
    while (end < sequence.stop) {
      const next = this.table.rowAt(sequence, end);
      if (!same(next)) break;
      end = this.table.rowEnd(sequence, next);
    }
    return {
      start: this.address(rows.address[first]),
      end: this.address(end),
      location,
      isStatement: (rows.flags[first] & ROW_IS_STATEMENT) !== 0,
    };
  }

  /** The row in effect just before the address of `row`. */
  private rowBefore(sequence: LineSequence, row: number): number | undefined {
    const at = this.table.rows.address[row];
    if (at <= sequence.start) return undefined;
    return this.table.rowAt(sequence, at - 1);
  }

  /** Start of the first row behind the one that covers `address`, or undefined at the end of its sequence. */
  nextRow(address: bigint): bigint | undefined {
    const found = this.find(address);
    if (!found) return undefined;
    const end = this.table.rowEnd(found.sequence, found.row);
    return end < found.sequence.stop ? this.address(end) : undefined;
  }

  /** Whether the code at `address` comes from assembly source. */
  isAssembly(address: bigint): boolean {
    const found = this.find(address);
    if (!found) return true;
    return found.sequence.isAssembly || /\.(s|asm)$/i.test(this.location(found.row)?.file ?? '');
  }

  /** Numbers of the files that `wanted` means. */
  private filesFor(wanted: string): number[] {
    let numbers = this.matches.get(wanted);
    if (!numbers) {
      const { files } = this.table;
      const paths = new Set(matchPaths(wanted, files));
      numbers = files.flatMap((file, number) => (paths.has(file) ? [number] : []));
      this.matches.set(wanted, numbers);
    }
    return numbers;
  }

  /** Statement rows of a file from `line` on, in order of lines. */
  private *statements(file: number, line: number): Generator<number> {
    const { rows } = this.table;
    const list = this.table.rowsOfFile(file);
    const wanted = Math.max(line, 1);
    for (let i = firstIndex(list.length, (k) => rows.line[list[k]] >= wanted); i < list.length; i++) {
      if (rows.flags[list[i]] & ROW_IS_STATEMENT) yield list[i];
    }
  }

  /**
   * Where the code of a line begins, ascending: its statement rows that do not merely go on from the row before them.
   * Rows without any code count only if the line has no others.
   */
  addressesOf(wanted: string, line: number): { line: number; addresses: bigint[] } | undefined {
    const { rows } = this.table;
    const files = this.filesFor(wanted);
    let found = Number.POSITIVE_INFINITY;
    for (const file of files) {
      const first = this.statements(file, line).next();
      if (!first.done) found = Math.min(found, rows.line[first.value]);
    }
    if (!Number.isFinite(found)) return undefined;
    const starts = new Set<number>();
    const empty = new Set<number>();
    for (const file of files) {
      for (const row of this.statements(file, found)) {
        if (rows.line[row] !== found) break;
        const at = rows.address[row];
        const sequence = this.table.sequenceAt(at);
        if (!sequence) continue;
        const effective = this.table.rowAt(sequence, at);
        if (rows.file[effective] !== file || rows.line[effective] !== found) {
          empty.add(at);
          continue;
        }
        const before = this.rowBefore(sequence, row);
        const goesOn =
          before !== undefined &&
          rows.file[before] === file &&
          rows.line[before] === found &&
          (rows.flags[before] & ROW_IS_STATEMENT) !== 0;
        if (!goesOn) starts.add(at);
      }
    }
    const addresses = [...(starts.size ? starts : empty)].sort((a, b) => a - b).map((at) => this.address(at));
    return { line: found, addresses };
  }

  breakpointLines(wanted: string, startLine: number, endLine: number): number[] {
    const { rows } = this.table;
    const lines = new Set<number>();
    for (const file of this.filesFor(wanted)) {
      for (const row of this.statements(file, startLine)) {
        if (rows.line[row] > endLine) break;
        lines.add(rows.line[row]);
      }
    }
    return [...lines].sort((a, b) => a - b);
  }

  /** Every row, by sequence; ends of sequences are not rows. */
  *allRows(): Generator<LineRow> {
    const { rows, sequences, files } = this.table;
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

  sourceFiles(): string[] {
    return this.table.files.filter((file) => file !== '').sort();
  }
}
