/**
 * Keeps memory views true: clients know memory by the reference text they read it with, so a change is told for each reference
 * whose bytes, as last read, are no longer the same.
 */
import type { Memory } from '../debugger/memory.ts';

interface Watched {
  memoryReference: string;
  /** Offset from the reference, and address of the first byte. */
  offset: number;
  address: bigint;
  bytes: Uint8Array;
}

/** Ranges remembered, the latest ones. */
const REMEMBERED = 32;
/** Longer reads are remembered by their first bytes. */
const LENGTH = 16 * 1024;

export interface MemoryEventBody {
  memoryReference: string;
  offset: number;
  count: number;
}

export class MemoryWatch {
  private watched: Watched[] = [];

  /** The client has read `bytes` at `memoryReference` + `offset`. */
  noteRead(memoryReference: string, offset: number, address: bigint, bytes: Uint8Array): void {
    const others = this.watched.filter((one) => one.memoryReference !== memoryReference || one.offset !== offset);
    const noted = { memoryReference, offset, address, bytes: bytes.slice(0, LENGTH) };
    this.watched = [...others, noted].slice(-REMEMBERED);
  }

  /** Bodies of memory events for what is no longer as it was read; with `written`, whatever overlaps it. */
  changed(written: { address: bigint; length: number } | undefined, memory: Memory | undefined): MemoryEventBody[] {
    return this.watched.flatMap((one) => {
      const { memoryReference, offset, address, bytes } = one;
      const overlaps =
        written &&
        written.address < address + BigInt(bytes.length) &&
        written.address + BigInt(written.length) > address;
      const now = memory?.read(address, bytes.length) ?? new Uint8Array();
      const same = now.length === bytes.length && now.every((byte, i) => byte === bytes[i]);
      if (same && !overlaps) return [];
      one.bytes = now;
      return [{ memoryReference, offset, count: Math.max(bytes.length, now.length) }];
    });
  }

  clear(): void {
    this.watched = [];
  }
}
