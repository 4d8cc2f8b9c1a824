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
  /** Decoded instructions of this page exist: writes must be seen. */
  hasCode: boolean;
  /** How often writes made its decoded instructions void; sinks slowly again while its code runs undecoded. */
  codeDrops: number;
  /** Holds bounds-directory entries that the bounds-slot cache relies on: writes must be seen. */
  isDirectory: boolean;
}

/** Told before a page's bytes, place or protection change. */
export interface PageObserver {
  /** Decoded instructions of `page` are void. */
  dropCode(page: Page): void;
}
