/** Descriptions that only signal: eventfd, and epoll, which watches others. */

import { EEXIST, EINVAL, ENOENT, EPERM } from '../errno.ts';
import { Inode } from './inode.ts';
import {
  DirectoryFile,
  InodeFile,
  OpenFile,
  POLLERR,
  POLLHUP,
  READABLE,
  WAIT,
  type Wait,
  WRITABLE,
} from './open-file.ts';
import type { Superblock } from './superblock.ts';

/** The inode that all descriptions without a file share in kind. */
class AnonymousInode extends Inode {
  constructor(fs: Superblock) {
    super(fs, 0o600);
  }
}

const MAX_COUNT = 0xffff_ffff_ffff_fffen;

/** eventfd: a counter. */
export class EventFile extends OpenFile {
  constructor(
    fs: Superblock,
    flags: number,
    public count: bigint,
    private readonly semaphore: boolean,
  ) {
    super(new AnonymousInode(fs), flags | 2, 'anon_inode:[eventfd]');
  }

  override read(size: number): Uint8Array | number | Wait {
    if (size < 8) return -EINVAL;
    if (this.count === 0n) return WAIT;
    const bytes = new Uint8Array(8);
    const taken = this.semaphore ? 1n : this.count;
    new DataView(bytes.buffer).setBigUint64(0, taken, true);
    this.count -= taken;
    return bytes;
  }

  override write(bytes: Uint8Array): number | Wait {
    if (bytes.length < 8) return -EINVAL;
    const more = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (more > MAX_COUNT) return -EINVAL;
    if (this.count > MAX_COUNT - more) return WAIT;
    this.count += more;
    return 8;
  }

  override poll(): number {
    return (this.count > 0n ? READABLE : 0) | (this.count < MAX_COUNT ? WRITABLE : 0);
  }
}

export const EPOLLET = 0x8000_0000;
const EPOLLONESHOT = 0x4000_0000;

interface Watch {
  file: OpenFile;
  /** EPOLL bits asked for; 0 once a one-shot watch has fired. */
  events: number;
  data: bigint;
  /** What was told last, for edges. */
  told: number;
}

export class EpollFile extends OpenFile {
  /** By descriptor number, as epoll_ctl names them. */
  private readonly watches = new Map<number, Watch>();

  constructor(fs: Superblock) {
    super(new AnonymousInode(fs), 2, 'anon_inode:[eventpoll]');
  }

  /** `op`: 1 add, 2 delete, 3 modify. → 0 or −errno */
  control(op: number, fd: number, file: OpenFile, events: number, data: bigint): number {
    const known = this.watches.get(fd);
    const same = known?.file === file ? known : undefined;
    if (file instanceof InodeFile || file instanceof DirectoryFile) return -EPERM;
    if (file === this) return -EINVAL;
    if (op === 1) {
      if (same) return -EEXIST;
      this.watches.set(fd, { file, events, data, told: 0 });
      return 0;
    }
    if (!same) return -ENOENT;
    if (op === 2) this.watches.delete(fd);
    else if (op === 3) this.watches.set(fd, { file, events, data, told: 0 });
    else return -EINVAL;
    return 0;
  }

  /** What is ready, at most `most`; edges and one-shots count as told. */
  ready(most: number): { events: number; data: bigint }[] {
    const found: { events: number; data: bigint }[] = [];
    for (const [fd, watch] of this.watches) {
      if (watch.file.references === 0) {
        this.watches.delete(fd);
        continue;
      }
      const now = watch.events === 0 ? 0 : watch.file.poll() & (watch.events | POLLERR | POLLHUP);
      const fresh = watch.events & EPOLLET ? now & ~watch.told : now;
      watch.told = now;
      if (fresh === 0) continue;
      if (watch.events & EPOLLONESHOT) watch.events = 0;
      found.push({ events: now, data: watch.data });
      if (found.length >= most) break;
    }
    return found;
  }

  override poll(): number {
    for (const { file, events } of this.watches.values())
      if (file.references > 0 && file.poll() & events) return READABLE;
    return 0;
  }

  override read(): number {
    return -EINVAL;
  }
}
