/** Bits of `LineRows.flags`. */
export const ROW_IS_STATEMENT = 1;
export const ROW_PROLOGUE_END = 2;

/**
 * Rows of all line tables of a file, one array a column: large programs have millions. Addresses are distances from the
 * image base, which fit into a double without loss.
 */
export class LineRows {
  count = 0;
  address = new Float64Array(1024);
  /** Number of the file in `LineProgramResult.files`. */
  file = new Uint32Array(1024);
  line = new Uint32Array(1024);
  /** 0 if unknown; 65535 stands for everything above too. */
  column = new Uint16Array(1024);
  flags = new Uint8Array(1024);

  push(address: number, file: number, line: number, column: number, flags: number): void {
    if (this.count === this.address.length) this.grow();
    const i = this.count++;
    this.address[i] = address;
    this.file[i] = file;
    this.line[i] = line;
    this.column[i] = Math.min(column, 0xffff);
    this.flags[i] = flags;
  }

  private grow(): void {
    const size = this.count * 2;
    const larger = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.address = larger(new Float64Array(size), this.address);
    this.file = larger(new Uint32Array(size), this.file);
    this.line = larger(new Uint32Array(size), this.line);
    this.column = larger(new Uint16Array(size), this.column);
    this.flags = larger(new Uint8Array(size), this.flags);
  }

  /** Sorts the rows from `first` on by address; rows of one address keep their order. */
  sortFrom(first: number): void {
    const order = Array.from({ length: this.count - first }, (_, i) => first + i);
    order.sort((a, b) => this.address[a] - this.address[b] || a - b);
    for (const column of [this.address, this.file, this.line, this.column, this.flags]) {
      const sorted = order.map((i) => column[i]);
      column.set(sorted, first);
    }
  }
}

/** Rows [first, end) that describe the code at [start, stop); a table is a series of such sequences. */
export interface LineSequence {
  readonly start: number;
  readonly stop: number;
  readonly first: number;
  readonly end: number;
  /** Whether the unit is an assembler's. */
  readonly isAssembly: boolean;
}
