import { firstIndex } from './search.ts';

/** A half-open range [start, end) of addresses with what is there. */
export interface Interval<V> {
  readonly start: bigint;
  readonly end: bigint;
  readonly value: V;
}

/** Disjoint half-open address ranges with values, kept sorted. Neighbours are not merged. */
export class IntervalMap<V> {
  private readonly items: Interval<V>[] = [];

  get size(): number {
    return this.items.length;
  }

  [Symbol.iterator](): IterableIterator<Interval<V>> {
    return this.items[Symbol.iterator]();
  }

  /** Index of the first interval that ends above `address`. */
  private indexAbove(address: bigint): number {
    return firstIndex(this.items.length, (i) => this.items[i].end > address);
  }

  /** The interval that holds `address`. */
  at(address: bigint): Interval<V> | undefined {
    const item = this.firstAbove(address);
    return item && item.start <= address ? item : undefined;
  }

  /** The first interval whose end is above `address`: the one that holds it, or else the next. */
  firstAbove(address: bigint): Interval<V> | undefined {
    return this.items[this.indexAbove(address)];
  }

  /** Intervals that share an address with [start, end), ascending, uncut. */
  overlapping(start: bigint, end: bigint): Interval<V>[] {
    const from = this.indexAbove(start);
    let to = from;
    while (to < this.items.length && this.items[to].start < end) to++;
    return start < end ? this.items.slice(from, to) : [];
  }

  /** Puts `value` at [start, end), cutting whatever was there. Empty ranges are ignored. */
  set(start: bigint, end: bigint, value: V): void {
    if (start >= end) return;
    this.delete(start, end);
    this.items.splice(this.indexAbove(start), 0, { start, end, value });
  }

  /** Removes [start, end); intervals that reach beyond it keep their outer parts. */
  delete(start: bigint, end: bigint): void {
    const hit = this.overlapping(start, end);
    if (!hit.length) return;
    const first = hit[0];
    const last = hit[hit.length - 1];
    const rest: Interval<V>[] = [];
    if (first.start < start) rest.push({ start: first.start, end: start, value: first.value });
    if (last.end > end) rest.push({ start: end, end: last.end, value: last.value });
    this.items.splice(this.indexAbove(start), hit.length, ...rest);
  }
}
