/** Watched ranges of guest memory: pages that hold one are taken from generated code, and each access by the slow path is compared. */
import { PAGE_SIZE, type WatchHit, type WatchRange } from '../api.ts';

/** What of a page is watched, in bits. */
export const WATCH_READ = 1;
export const WATCH_WRITE = 2;

/** Most hits kept for one instruction or one entry of the kernel. */
const MAX_HITS = 64;

const bitsOf = ({ access }: WatchRange): number =>
  access === 'access' ? WATCH_READ | WATCH_WRITE : access === 'read' ? WATCH_READ : WATCH_WRITE;

export class Watchpoints {
  private ranges: readonly WatchRange[] = [];
  /** Hits since they were last taken. */
  private hits: WatchHit[] = [];

  get any(): boolean {
    return this.hits.length > 0;
  }

  set(ranges: Iterable<WatchRange>): void {
    this.ranges = [...ranges].filter(({ start, end }) => start < end);
  }

  /** Bits of what is watched in the page with this number. */
  ofPage(number: number): number {
    if (!this.ranges.length) return 0;
    const start = BigInt(number) * BigInt(PAGE_SIZE);
    const end = start + BigInt(PAGE_SIZE);
    let bits = 0;
    for (const range of this.ranges) if (range.start < end && range.end > start) bits |= bitsOf(range);
    return bits;
  }

  /** An access to a watched page is about to happen. */
  note(address: bigint, size: number, write: boolean): void {
    const end = address + BigInt(size);
    const bit = write ? WATCH_WRITE : WATCH_READ;
    for (const range of this.ranges) {
      if (range.start >= end || range.end <= address || !(bitsOf(range) & bit)) continue;
      if (this.hits.length < MAX_HITS) this.hits.push({ range, address, size, write });
    }
  }

  /** Forgets hits: the instruction that made them did not retire, or nobody asked. */
  begin(): void {
    if (this.hits.length) this.hits = [];
  }

  take(): WatchHit[] {
    const { hits } = this;
    this.begin();
    return hits;
  }
}
