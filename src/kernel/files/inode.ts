/** What a name in a directory stands for. */
import { EACCES, EFBIG, EINVAL, EIO, ENOSPC } from '../errno.ts';
import { Content } from './content.ts';
import type { HostEntry, HostTree } from './host-tree.ts';
import type { Lock } from './locks.ts';
import type { Superblock, Viewer } from './superblock.ts';

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

/** Where the host keeps what an inode shows. */
export interface HostPlace {
  tree: HostTree;
  path: readonly string[];
}

/** Largest file: what a position must be able to say, and JavaScript can. */
export const MAX_FILE_SIZE = Number.MAX_SAFE_INTEGER;

export abstract class Inode {
  uid = 0;
  gid = 0;
  nlink = 1;
  /** Nanoseconds of the wall clock. */
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  readonly ino: number;
  /** st_rdev of devices. */
  readonly rdev: number = 0;
  /** Open descriptions of it. */
  openCount = 0;
  /** Record locks on it. */
  locks: readonly Lock[] = [];
  /** Made by the guest, not found on the host or made by the kernel. */
  created = false;

  constructor(
    readonly fs: Superblock,
    /** Type and permission bits. */
    public mode: number,
    readonly dev = fs.dev,
  ) {
    this.ino = fs.newIno();
    const now = fs.now;
    this.atime = now;
    this.mtime = now;
    this.ctime = now;
  }

  get size(): number {
    return 0;
  }

  /** Content or entries have changed. */
  touch(): void {
    this.mtime = this.fs.now;
    this.ctime = this.mtime;
  }

  /** What the host tells of it. */
  adopt(entry: HostEntry): void {
    this.uid = entry.uid;
    this.gid = entry.gid;
    this.nlink = entry.nlink;
    this.atime = entry.mtime;
    this.mtime = entry.mtime;
    this.ctime = entry.mtime;
  }

  /** Makes the same thing at `place` on the host. → whether that is done */
  writeThrough(_place: HostPlace): boolean {
    return false;
  }

  /** The last name or description has gone. */
  evict(): void {}
}

export class RegularFile extends Inode {
  /** The guest has written to it. */
  dirty = false;
  /** The host, where it may be changed, does not have the last content yet. */
  private stale = false;
  private content: Content | undefined;

  /** `host` and `hostSize`: content that has not been read yet. */
  constructor(
    fs: Superblock,
    permissions: number,
    private host?: HostPlace,
    private readonly hostSize = 0,
  ) {
    super(fs, S_IFREG | permissions);
    if (!host) this.content = new Content(fs);
  }

  override get size(): number {
    return this.content?.size ?? this.hostSize;
  }

  /** The content, fetched from the host when it is first needed; it stays as it was then. −errno if the host refuses. */
  load(): Content | number {
    if (this.content) return this.content;
    const { host } = this;
    const bytes = host?.tree.read(host.path);
    if (!bytes) return -EACCES;
    this.content = new Content(this.fs, bytes);
    return this.content;
  }

  /** → bytes, or −errno */
  read(offset: number, count: number): Uint8Array | number {
    const content = this.load();
    return typeof content === 'number' ? content : content.read(offset, count);
  }

  /** → bytes written or −errno */
  write(offset: number, bytes: Uint8Array): number {
    const content = this.load();
    if (typeof content === 'number') return content;
    if (offset + bytes.length > MAX_FILE_SIZE) return -EFBIG;
    if (!content.write(offset, bytes)) return -ENOSPC;
    this.changed();
    return bytes.length;
  }

  /** → 0 or −errno */
  truncate(size: number): number {
    if (size < 0) return -EINVAL;
    // What is thrown away whole need not be fetched.
    if (size === 0 && !this.content) this.content = new Content(this.fs);
    const content = this.load();
    if (typeof content === 'number') return content;
    if (size > MAX_FILE_SIZE) return -EFBIG;
    if (!content.truncate(size)) return -ENOSPC;
    this.changed();
    return 0;
  }

  private changed(): void {
    this.dirty = true;
    this.stale = true;
    this.touch();
  }

  override writeThrough(place: HostPlace): boolean {
    const content = this.load();
    if (typeof content === 'number' || !place.tree.changes?.write(place.path, content.all, this.mode & 0o777))
      return false;
    this.host = place;
    return true;
  }

  /** Brings the content to the host, if it is a file there that may be changed. → 0 or −errno */
  flush(): number {
    const { host, stale, content } = this;
    this.stale = false;
    if (!stale || !content || !host?.tree.changes) return 0;
    return host.tree.changes.write(host.path, content.all, this.mode & 0o777) ? 0 : -EIO;
  }

  override evict(): void {
    this.content?.release();
  }
}

export class Symlink extends Inode {
  constructor(
    fs: Superblock,
    private readonly text: string,
  ) {
    super(fs, S_IFLNK | 0o777);
  }

  override get size(): number {
    return new TextEncoder().encode(this.text).length;
  }

  override writeThrough(place: HostPlace): boolean {
    return place.tree.changes?.makeLink(place.path, this.text) ?? false;
  }

  /** Where it leads for who looks. */
  target(_view: Viewer): string {
    return this.text;
  }

  /** Links of /proc lead to what is open, whether it has a name or not. */
  jump?(view: Viewer): Inode | undefined;
}
