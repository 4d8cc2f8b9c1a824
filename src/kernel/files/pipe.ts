/** Pipes and FIFOs: bytes on their way from writers to readers. */

import { EBADF, EPIPE } from '../errno.ts';
import { Inode, S_IFIFO } from './inode.ts';
import {
  O_ACCMODE,
  O_WRONLY,
  type Openable,
  OpenFile,
  POLLERR,
  POLLHUP,
  READABLE,
  WAIT,
  type Wait,
  WRITABLE,
} from './open-file.ts';
import type { Superblock, Viewer } from './superblock.ts';

const DEFAULT_CAPACITY = 65536;
/** Writes up to this size are not torn apart (PIPE_BUF). */
const ATOMIC = 4096;
const FIONREAD = 0x541b;

/** A buffer of a page: what has been read from it makes no room until it is empty (as in Linux). */
interface Buffer {
  bytes: Uint8Array;
  start: number;
  end: number;
}

const PAGE = 4096;

/** A queue of bytes between descriptions, in pages. */
export class ByteQueue {
  private readonly buffers: Buffer[] = [];
  size = 0;
  constructor(public capacity = DEFAULT_CAPACITY) {}

  /** Whether a write of a page need not wait. */
  get hasFreePage(): boolean {
    return this.buffers.length * PAGE < this.capacity;
  }

  /** Bytes that can be written at once. */
  get room(): number {
    const last = this.buffers.at(-1);
    return Math.max(this.capacity - this.buffers.length * PAGE, 0) + (last ? last.bytes.length - last.end : 0);
  }

  /** Takes as much of `bytes` as there is room for. → how much */
  push(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.room);
    for (let done = 0; done < taken; ) {
      let last = this.buffers.at(-1);
      if (!last || last.end === last.bytes.length) {
        last = { bytes: new Uint8Array(PAGE), start: 0, end: 0 };
        this.buffers.push(last);
      }
      const part = bytes.subarray(done, Math.min(taken, done + last.bytes.length - last.end));
      last.bytes.set(part, last.end);
      last.end += part.length;
      done += part.length;
    }
    this.size += taken;
    return taken;
  }

  /** Puts bytes back at the front. */
  unshift(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.buffers.unshift({ bytes: bytes.slice(), start: 0, end: bytes.length });
    this.size += bytes.length;
  }

  take(count: number): Uint8Array {
    const taken = new Uint8Array(Math.min(count, this.size));
    for (let done = 0; done < taken.length; ) {
      const [first] = this.buffers;
      const part = first.bytes.subarray(first.start, Math.min(first.end, first.start + taken.length - done));
      taken.set(part, done);
      done += part.length;
      first.start += part.length;
      if (first.start === first.end) this.buffers.shift();
    }
    this.size -= taken.length;
    return taken;
  }
}

/** A pipe, or a FIFO with a name. */
export class PipeInode extends Inode implements Openable {
  readonly queue = new ByteQueue();
  readers = 0;
  writers = 0;
  /** Counts the writers there have ever been: who opens a FIFO for reading waits for one. */
  everWritten = 0;

  constructor(fs: Superblock, permissions: number) {
    super(fs, S_IFIFO | permissions);
  }

  open(_viewer: Viewer, flags: number, path: string): OpenFile {
    return new PipeEnd(this, flags, path);
  }
}

export class PipeEnd extends OpenFile {
  constructor(
    override readonly inode: PipeInode,
    flags: number,
    path: string,
  ) {
    super(inode, flags, path);
    if (this.readable) inode.readers++;
    if (this.writable) {
      inode.writers++;
      inode.everWritten++;
    }
  }

  override read(count: number): Uint8Array | number | Wait {
    const { queue, writers, everWritten } = this.inode;
    if (!this.readable) return -EBADF;
    if (queue.size > 0 || count === 0) return queue.take(count);
    return writers === 0 && everWritten > 0 ? new Uint8Array(0) : WAIT;
  }

  override unread(bytes: Uint8Array): void {
    this.inode.queue.unshift(bytes);
  }

  override write(bytes: Uint8Array): number | Wait {
    const { queue, readers } = this.inode;
    if (!this.writable) return -EBADF;
    if (readers === 0) return -EPIPE;
    if (bytes.length === 0) return 0;
    if (queue.room === 0 || (bytes.length <= ATOMIC && bytes.length > queue.room)) return WAIT;
    return queue.push(bytes);
  }

  override poll(): number {
    const { queue, readers, writers } = this.inode;
    let events = 0;
    if (this.readable) events |= (queue.size > 0 ? READABLE : 0) | (writers === 0 ? POLLHUP : 0);
    if (this.writable) events |= readers === 0 ? POLLERR | WRITABLE : queue.hasFreePage ? WRITABLE : 0;
    return events;
  }

  override query(request: number): number {
    return request === FIONREAD ? this.inode.queue.size : super.query(request);
  }

  protected override closed(): void {
    if (this.readable) this.inode.readers--;
    if (this.writable) this.inode.writers--;
  }
}

/** Both ends of a new pipe: first the one to read from. */
export function makePipe(fs: Superblock, flags: number): [PipeEnd, PipeEnd] {
  const inode = new PipeInode(fs, 0o600);
  inode.nlink = 1;
  const path = `pipe:[${inode.ino}]`;
  const status = flags & ~O_ACCMODE;
  return [new PipeEnd(inode, status, path), new PipeEnd(inode, status | O_WRONLY, path)];
}
