/** Half-open ranges of link-time addresses where the file has code. */
export type CodeRanges = readonly { start: bigint; end: bigint }[];

/** Addresses of code as distances from its lowest address: numbers, which are far faster than bigints. */
export class CodeSpace {
  /** Link-time address that distances count from. */
  readonly base: bigint;
  /** Distances must fit into a double without loss; no program is that large. */
  readonly limit: number;

  constructor(private readonly code: CodeRanges) {
    this.base = code[0]?.start ?? 0n;
    let end = 0n;
    for (const range of code) {
      if (range.start < this.base) this.base = range.start;
      if (range.end > end) end = range.end;
    }
    this.limit = Math.min(Number(end - this.base), 2 ** 52);
  }

  /** Distance of a link-time address; NaN where the file has no code (linkers leave 0 in dropped sections). */
  distance(address: bigint): number {
    for (const { start, end } of this.code) {
      if (address >= start && address <= end) return Number(address - this.base);
    }
    return Number.NaN;
  }
}
