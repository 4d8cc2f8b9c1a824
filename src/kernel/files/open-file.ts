/** What a file descriptor refers to (Linux: struct file). */
import { EBADF, EINVAL, EISDIR, ENOTTY, ENXIO, ESPIPE } from '../errno.ts';
import type { MappedFile } from '../mm/vma.ts';
import type { Inode, RegularFile } from './inode.ts';
import type { Viewer } from './superblock.ts';

export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_ACCMODE = 3;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_TMPFILE = 0o20200000;

export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;
/** POLLIN and POLLOUT with their kin of the same meaning (RDNORM, WRNORM). */
export const READABLE = 0x41;
export const WRITABLE = 0x104;

/** The result of an operation that can only be done later: whoever asked waits and asks again. */
export const WAIT = Symbol('wait');
export type Wait = typeof WAIT;

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const MAX_POSITION = BigInt(Number.MAX_SAFE_INTEGER);

/** Devices, pipes and files of the kernel's own make their descriptions themselves. */
export interface Openable {
  /** → description or −errno. `path` is for messages and /proc. */
  open(viewer: Viewer, flags: number, path: string): OpenFile | number;
}

export const isOpenable = (inode: Inode): inode is Inode & Openable => 'open' in inode;

/** An open file description. Results below 0 are −errno. */
export abstract class OpenFile {
  /** Descriptors that refer to it. */
  references = 0;

  constructor(
    readonly inode: Inode,
    /** O_ flags: access mode and status. */
    public flags: number,
    /** Path by which it was opened, or a name such as `pipe:[7]`. */
    readonly path: string,
  ) {
    inode.openCount++;
  }

  get readable(): boolean {
    return [0, O_RDWR].includes(this.flags & O_ACCMODE) && !(this.flags & O_PATH);
  }
  get writable(): boolean {
    return [O_WRONLY, O_RDWR].includes(this.flags & O_ACCMODE) && !(this.flags & O_PATH);
  }
  get nonBlocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  /** Whether reads go on until they have all that was asked for (files), or give what there is (streams). */
  readonly hasPositions: boolean = false;

  /** What mmap maps, if it can be mapped. */
  get mappable(): MappedFile | undefined {
    return undefined;
  }

  /** Up to `count` bytes; empty at the end. */
  read(_count: number): Uint8Array | number | Wait {
    return -EINVAL;
  }
  /** → bytes written; fewer than given only if the rest has to wait */
  write(_bytes: Uint8Array): number | Wait {
    return -EINVAL;
  }
  /** Bytes at a position, without moving. */
  pread(_count: number, _offset: number): Uint8Array | number {
    return -ESPIPE;
  }
  pwrite(_bytes: Uint8Array, _offset: number): number {
    return -ESPIPE;
  }
  /** → new position or −errno. `whence`: 0 set, 1 current, 2 end. */
  seek(_offset: bigint, _whence: number): bigint {
    return BigInt(-ESPIPE);
  }
  /** What has been read could not be delivered from its byte `count` from the end on. */
  unread(_bytes: Uint8Array): void {}
  truncate(_size: number): number {
    return -EINVAL;
  }
  /** POLL bits that hold now. */
  poll(): number {
    return READABLE | WRITABLE;
  }
  /** ioctl on a 32-bit integer: FIONREAD and its like. → the integer to store, or −errno */
  query(_request: number): number {
    return -ENOTTY;
  }
  /** The last descriptor is closed. */
  protected closed(): void {}

  /** One descriptor less. */
  release(): void {
    if (--this.references > 0) return;
    this.closed();
    this.inode.openCount--;
    if (this.inode.openCount === 0 && this.inode.nlink === 0) this.inode.evict();
  }
}

/** A regular file mapped into memory. Each description is a file of its own to the memory map. */
class FileMapping implements MappedFile {
  constructor(
    readonly name: string,
    readonly inode: RegularFile,
  ) {}

  get size(): number {
    return this.inode.size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = this.inode.read(offset, length);
    return typeof bytes === 'number' ? new Uint8Array(0) : bytes;
  }
}

/** A file with positions: a position, and bytes at positions. */
export abstract class SeekableFile extends OpenFile {
  position = 0;
  override readonly hasPositions = true;

  /** Where SEEK_END counts from. */
  protected abstract get end(): number;

  override read(count: number): Uint8Array | number {
    const bytes = this.pread(count, this.position);
    if (typeof bytes !== 'number') this.position += bytes.length;
    return bytes;
  }

  override unread(bytes: Uint8Array): void {
    this.position -= bytes.length;
  }

  override seek(offset: bigint, whence: number): bigint {
    if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      if (offset < 0n || offset >= BigInt(this.end)) return BigInt(-ENXIO);
      this.position = whence === SEEK_DATA ? Number(offset) : this.end;
      return BigInt(this.position);
    }
    const base = [0, this.position, this.end][whence];
    const to = base === undefined ? -1n : BigInt(base) + offset;
    if (to < 0n || to > MAX_POSITION) return BigInt(-EINVAL);
    this.position = Number(to);
    return to;
  }
}

/** An open regular file. */
export class InodeFile extends SeekableFile {
  private readonly mapping: FileMapping;

  constructor(
    override readonly inode: RegularFile,
    flags: number,
    path: string,
  ) {
    super(inode, flags, path);
    this.mapping = new FileMapping(path, inode);
  }

  override get mappable(): MappedFile {
    return this.mapping;
  }

  protected get end(): number {
    return this.inode.size;
  }

  override pread(count: number, offset: number): Uint8Array | number {
    return this.inode.read(offset, count);
  }

  override write(bytes: Uint8Array): number {
    if (this.flags & O_APPEND) this.position = this.inode.size;
    const written = this.inode.write(this.position, bytes);
    if (written > 0) this.position += written;
    return written;
  }

  override pwrite(bytes: Uint8Array, offset: number): number {
    return this.inode.write(this.flags & O_APPEND ? this.inode.size : offset, bytes);
  }

  protected override closed(): void {
    if (this.writable) this.inode.flush();
  }

  override truncate(size: number): number {
    return this.writable ? this.inode.truncate(size) : -EINVAL;
  }
}

/** Text the kernel makes when it is first read (files of /proc). */
export class TextFile extends SeekableFile {
  private text: Uint8Array | undefined;

  constructor(
    inode: Inode,
    flags: number,
    path: string,
    private readonly source: { content(): Uint8Array },
  ) {
    super(inode, flags, path);
  }

  private get bytes(): Uint8Array {
    this.text ??= this.source.content();
    return this.text;
  }

  protected get end(): number {
    return 0;
  }

  override pread(count: number, offset: number): Uint8Array {
    // Read again from its beginning, it is made anew.
    if (offset === 0) this.text = undefined;
    return this.bytes.subarray(offset, offset + count);
  }
}

/** An open directory: a position in the list of its names as it was when reading began. */
export class DirectoryFile extends OpenFile {
  names: string[] | undefined;
  index = 0;

  override read(): number {
    return -EISDIR;
  }
  override seek(offset: bigint, whence: number): bigint {
    if (whence === 1 && offset === 0n) return BigInt(this.index);
    if (whence !== 0 || offset < 0n || offset > MAX_POSITION) return BigInt(-EINVAL);
    if (offset === 0n) this.names = undefined;
    this.index = Number(offset);
    return offset;
  }
}

/** A description that only stands for a place (O_PATH). */
export class PathFile extends OpenFile {
  override read(): number {
    return -EBADF;
  }
  override write(): number {
    return -EBADF;
  }
}
