import { firstIndex } from '../base/search.ts';
import type { CodeSpace } from './code-space.ts';
import type { LineHeader } from './dwarf/line-header.ts';
import { runLineProgram } from './dwarf/line-program.ts';
import { LineRows, type LineSequence, ROW_IS_STATEMENT } from './dwarf/line-rows.ts';

/** The lines of one table: rows in sequences sorted by address. Addresses are distances in the file's code space. */
export class LineTable {
  readonly rows = new LineRows();
  readonly sequences: LineSequence[] = [];
  /** Full normalised paths; '' is the unknown file. */
  readonly files: string[] = [];
  private readonly fileNumbers = new Map<string, number>();
  private readonly rowsByFile = new Map<number, Uint32Array>();
  /** Greatest stop of sequences[0 … i]: tells when a search backwards may end although sequences may overlap. */
  private reach = new Float64Array();

  constructor(
    private readonly space: CodeSpace,
    private readonly isAssembly: boolean,
  ) {}

  /** Runs the program behind `header`. What comes before damage is kept. @throws CursorError */
  run(header: LineHeader): void {
    const numbers = new Map<number, number>();
    try {
      runLineProgram(header, {
        rows: this.rows,
        distance: (address) => this.space.distance(address),
        fileNumber: (index) => {
          let number = numbers.get(index);
          if (number === undefined) {
            number = this.numberOf(header.filePath(index) ?? '');
            numbers.set(index, number);
          }
          return number;
        },
        endSequence: (first, stop) => this.addSequence(first, stop),
      });
    } finally {
      this.finish();
    }
  }

  private finish(): void {
    this.sequences.sort((a, b) => a.start - b.start);
    this.reach = new Float64Array(this.sequences.length);
    let reach = 0;
    this.sequences.forEach(({ stop }, i) => {
      reach = Math.max(reach, stop);
      this.reach[i] = reach;
    });
  }

  private numberOf(path: string): number {
    let number = this.fileNumbers.get(path);
    if (number === undefined) {
      number = this.files.length;
      this.files.push(path);
      this.fileNumbers.set(path, number);
    }
    return number;
  }

  private addSequence(first: number, stop: number): void {
    const { rows, isAssembly } = this;
    let ascending = true;
    for (let i = first + 1; i < rows.count && ascending; i++) ascending = rows.address[i - 1] <= rows.address[i];
    if (!ascending) rows.sortFrom(first);
    // NaN (no code there) fails this comparison too.
    const last = rows.count - 1;
    if (first <= last && rows.address[first] < stop && rows.address[last] <= stop && stop <= this.space.limit) {
      this.sequences.push({ start: rows.address[first], stop, first, end: rows.count, isAssembly });
    } else rows.count = first;
  }

  /** The sequence that covers `distance`; the one that starts last if several do. */
  sequenceAt(distance: number): LineSequence | undefined {
    const { sequences } = this;
    const above = firstIndex(sequences.length, (i) => sequences[i].start > distance);
    for (let i = above - 1; i >= 0 && this.reach[i] > distance; i--) {
      if (sequences[i].stop > distance) return sequences[i];
    }
    return undefined;
  }

  /**
   * The row in effect at `distance` within `sequence`: of several rows for one address the last, but a statement is preferred
   * to one that is none.
   */
  rowAt(sequence: LineSequence, distance: number): number {
    const { address, flags } = this.rows;
    const { first, end } = sequence;
    const last = first + firstIndex(end - first, (i) => address[first + i] > distance) - 1;
    for (let i = last; i >= first && address[i] === address[last]; i--) if (flags[i] & ROW_IS_STATEMENT) return i;
    return last;
  }

  /** Address at which the code of row `row` ends. */
  rowEnd(sequence: LineSequence, row: number): number {
    const { address } = this.rows;
    let next = row + 1;
    while (next < sequence.end && address[next] === address[row]) next++;
    return next < sequence.end ? address[next] : sequence.stop;
  }

  /** Rows of a file, sorted by line; those of one line in the order of the table. */
  rowsOfFile(file: number): Uint32Array {
    let found = this.rowsByFile.get(file);
    if (!found) {
      found = this.sortByLine(file);
      this.rowsByFile.set(file, found);
    }
    return found;
  }

  private sortByLine(file: number): Uint32Array {
    const { rows } = this;
    const own: number[] = [];
    let last = 0;
    for (let i = 0; i < rows.count; i++) {
      if (rows.file[i] !== file) continue;
      own.push(i);
      last = Math.max(last, rows.line[i]);
    }
    // Counting is several times faster than comparing; but a damaged table may claim line four thousand million.
    if (last > 8 * own.length + 1000) return Uint32Array.from(own).sort((a, b) => rows.line[a] - rows.line[b] || a - b);
    const next = new Uint32Array(last + 2);
    for (const row of own) next[rows.line[row] + 1]++;
    for (let line = 1; line < next.length; line++) next[line] += next[line - 1];
    const sorted = new Uint32Array(own.length);
    for (const row of own) sorted[next[rows.line[row]]++] = row;
    return sorted;
  }
}
