import { firstIndex } from '../base/search.ts';
import type { AddressRange } from './dwarf/ranges.ts';

const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

const byPlace = (a: AddressRange, b: AddressRange) => compare(a.start, b.start) || compare(b.end, a.end);

function sorted<R extends AddressRange>(ranges: readonly R[]): readonly R[] {
  // Comparing numbers is far faster than comparing bigints, and nearly always enough.
  const keyed = ranges.map((range) => ({ range, near: Number(range.start) }));
  return keyed.sort((a, b) => a.near - b.near || byPlace(a.range, b.range)).map(({ range }) => range);
}

/** Ranges that may lie within one another or overlap, found by address. */
export class RangeIndex<R extends AddressRange> {
  private readonly ranges: readonly R[];
  /** Greatest end of ranges[0 … i]: tells when a search backwards may end. */
  private readonly reach: bigint[] = [];

  constructor(ranges: readonly R[]) {
    // Outer ones first; of equal ones the order stays. Sorting takes long, and most lists are in order.
    const inOrder = ranges.every((range, i) => i === 0 || byPlace(ranges[i - 1], range) <= 0);
    this.ranges = inOrder ? ranges : sorted(ranges);
    let reach = 0n;
    for (const { end } of this.ranges) {
      if (end > reach) reach = end;
      this.reach.push(reach);
    }
  }

  [Symbol.iterator](): Iterator<R> {
    return this.ranges[Symbol.iterator]();
  }

  /** The innermost range that holds `address`: the one that begins last; of equal ones the last. */
  at(address: bigint): R | undefined {
    const { ranges, reach } = this;
    for (let i = firstIndex(ranges.length, (k) => ranges[k].start > address) - 1; i >= 0 && reach[i] > address; i--) {
      if (ranges[i].end > address) return ranges[i];
    }
    return undefined;
  }
}
