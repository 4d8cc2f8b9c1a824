/** One present page of the guest. */
export interface Page {
  /** Address >> 12. */
  readonly number: number;
  /** Linear address of its frame. */
  frame: number;
  /** Whether the frame is at the page's own low-32 address, so that page tags can serve it. */
  direct: boolean;
  /** PROT bits. On x86 any of them makes the page readable. */
  prot: number;
  /** Which of its 64 lines decoded instructions were made from, a bit each: writes must be seen while there are any. */
  codeLines: bigint;
  /** How often writes made its decoded instructions void; sinks slowly again while its code runs undecoded. */
  codeDrops: number;
  /** How many writes went beside its decoded instructions. */
  sparedWrites: number;
  /** Holds bounds-directory entries that the bounds-slot cache relies on: writes must be seen. */
  isDirectory: boolean;
  /** What watchpoints want of it (WATCH_READ, WATCH_WRITE): such accesses must be seen. */
  watched: number;
  /** Generation of the undo log in which its bytes were last saved, or need not be: in another one they are saved before a write. */
  savedIn: number;
}

/** Bytes of a line: a write beside the lines that hold code leaves the decoded instructions alone. */
const LINE_SIZE = 64;

/** Bits of the lines that `count` bytes (at least one) from `offset` on are in. */
export function linesOf(offset: number, count: number): bigint {
  const first = Math.floor(offset / LINE_SIZE);
  const last = Math.floor((offset + count - 1) / LINE_SIZE);
  return ((1n << BigInt(last - first + 1)) - 1n) << BigInt(first);
}

/** Told before a page's bytes, place or protection change. */
export interface PageObserver {
  /** Decoded instructions of `page` are void. */
  dropCode(page: Page): void;
}
