/**
 * Where things lie in the machine's linear memory, and the guest address windows that follow from it. A guest page with address A
 * is kept at linear address A mod 2^32 when that place is free, so the kernel should hand out the windows below: they never collide.
 *
 *   0x00000000  registers of the running CPU, caches of indirect targets and of bounds slots
 *   0x00400000  guest: programs linked at 0x400000, their heap
 *   0x0c000000  page tags (read, write)
 *   0x0d000000  decoded instructions
 *   0x0f800000  entries and exits of translated code
 *   0x10000000  guest: position-independent programs, their heap
 *   0x18000000  guest: mmap area
 *   0x1f800000  guest: stack
 *   0x20000000  overflow pool, and guest pages whose place is free
 */
import { PAGE_SIZE } from './api.ts';

/** Linear memory at the start, and the most there can be (the last 64 KiB page would overflow sizes). */
export const INITIAL_BYTES = 0x2000_0000;
export const MAXIMUM_BYTES = 0xffff_0000;

export const ARENA_START = 0x0d00_0000;
export const ARENA_END = 0x0f80_0000;
export const LINKS_START = ARENA_END;
export const LINKS_END = 0x1000_0000;
export const POOL_START = 0x2000_0000;

/** Low-32 ranges where guest pages may lie directly. */
const DIRECT: readonly (readonly [from: number, to: number])[] = [
  [0x0040_0000, 0x0c00_0000],
  [LINKS_END, MAXIMUM_BYTES],
];

/** Whether the page at linear address `at` belongs to the guest. */
export function isGuestPlace(at: number): boolean {
  return DIRECT.some(([from, to]) => at >= from && at + PAGE_SIZE <= to);
}

/** Recommended guest address windows; each end is exclusive. */
export const WINDOWS = {
  /** Load address of position-independent programs; their heap follows. */
  pie: { start: 0x5555_1000_0000n, end: 0x5555_1800_0000n },
  /** Searched from the top down. */
  mmap: { start: 0x7fff_1800_0000n, end: 0x7fff_1f80_0000n },
  /** The main stack grows down from the end. */
  stack: { start: 0x7fff_1f80_0000n, end: 0x7fff_2000_0000n },
} as const;

/** The same for 32-bit programs, whose addresses are their places. Programs linked at 0x08048000 come before, with their heap. */
export const WINDOWS_32 = {
  pie: { start: 0x1000_0000n, end: 0x1800_0000n },
  mmap: { start: 0x1800_0000n, end: 0x1f80_0000n },
  stack: { start: 0x1f80_0000n, end: 0x2000_0000n },
} as const;

/** First address user code cannot have: 47 bits. */
export const USER_END = 0x8000_0000_0000n;
/** First canonical address of the other half. */
export const KERNEL_START = 0xffff_8000_0000_0000n;
