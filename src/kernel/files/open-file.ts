/** What a file descriptor refers to. */
import { EBADF, EINVAL, ESPIPE } from '../errno.ts';
import type { MappedFile } from '../mm/vma.ts';

export const S_IFCHR = 0o020000;
export const S_IFREG = 0o100000;
export const S_IFIFO = 0o010000;

/** An open file description. Reads give undefined while there is nothing yet (the reader waits). */
export interface OpenFile {
  readonly name: string;
  /** st_mode. */
  readonly mode: number;
  /** Size in bytes of a regular file. */
  readonly size: number;
  /** What mmap maps, if it can be mapped. */
  readonly mappable?: MappedFile;
  /** Up to `count` bytes; empty at the end; undefined if none is there yet. */
  read(count: number): Uint8Array | undefined;
  /** Bytes at a position, without moving; −errno if it has no positions. */
  pread(count: number, offset: number): Uint8Array | number;
  /** → bytes written, or −errno. */
  write(bytes: Uint8Array): number;
  /** → new position or −errno. `whence`: 0 set, 1 current, 2 end. */
  seek(offset: bigint, whence: number): bigint;
}

/** A regular file held in memory; it can only be read. */
export class MemoryFile implements OpenFile {
  readonly mode = S_IFREG | 0o444;
  private position = 0;
  readonly mappable: MappedFile;

  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {
    this.mappable = { name, size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
  }

  get size(): number {
    return this.bytes.length;
  }

  read(count: number): Uint8Array {
    const part = this.bytes.subarray(this.position, this.position + count);
    this.position += part.length;
    return part;
  }

  pread(count: number, offset: number): Uint8Array {
    return this.bytes.subarray(offset, offset + count);
  }

  write(): number {
    return -EBADF;
  }

  seek(offset: bigint, whence: number): bigint {
    const base = [0, this.position, this.bytes.length][whence];
    const to = base === undefined ? -1n : BigInt(base) + offset;
    if (to < 0n || to > BigInt(Number.MAX_SAFE_INTEGER)) return BigInt(-EINVAL);
    this.position = Number(to);
    return to;
  }
}

/** A stream or device: no positions. */
export class StreamFile implements OpenFile {
  readonly size = 0;

  constructor(
    readonly name: string,
    readonly mode: number,
    private readonly source: (count: number) => Uint8Array | undefined,
    private readonly sink: (bytes: Uint8Array) => number,
  ) {}

  read(count: number): Uint8Array | undefined {
    return this.source(count);
  }

  pread(): number {
    return -ESPIPE;
  }

  write(bytes: Uint8Array): number {
    return this.sink(bytes);
  }

  seek(): bigint {
    return BigInt(-ESPIPE);
  }
}
