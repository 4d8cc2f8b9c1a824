/** Record locks (fcntl): ranges of a file that a process has for itself, or shares for reading. */
import { EAGAIN } from '../errno.ts';

export interface Lock {
  /** 0 for reading, 1 for writing. */
  type: number;
  start: bigint;
  /** First byte behind it; undefined: to the end, wherever that will be. */
  end: bigint | undefined;
  pid: number;
}

/** What can be locked. */
export interface Lockable {
  locks: readonly Lock[];
}

/** type 2 releases. */
export type LockRequest = Lock;

const UNLOCK = 2;
const WRITE = 1;

const before = (end: bigint | undefined, start: bigint) => end !== undefined && end <= start;
const overlap = (a: Lock, b: Lock) => !before(a.end, b.start) && !before(b.end, a.start);

/** The lock of another process that is in the way. */
export function testLock(inode: Lockable, request: LockRequest): Lock | undefined {
  return inode.locks.find(
    (lock) => lock.pid !== request.pid && (lock.type === WRITE || request.type === WRITE) && overlap(lock, request),
  );
}

/** Takes, changes or releases a range. → 0 or −EAGAIN */
export function lockFile(inode: Lockable, request: LockRequest): number {
  if (request.type !== UNLOCK && testLock(inode, request)) return -EAGAIN;
  const kept: Lock[] = [];
  for (const lock of inode.locks) {
    if (lock.pid !== request.pid || !overlap(lock, request)) kept.push(lock);
    else {
      if (lock.start < request.start) kept.push({ ...lock, end: request.start });
      if (request.end !== undefined && !before(lock.end, request.end)) kept.push({ ...lock, start: request.end });
    }
  }
  if (request.type !== UNLOCK) kept.push({ ...request });
  inode.locks = kept;
  return 0;
}

/** The process has closed the file, or ended: its locks are gone. */
export function releaseLocks(inode: Lockable, pid: number): void {
  if (inode.locks.length > 0) inode.locks = inode.locks.filter((lock) => lock.pid !== pid);
}
