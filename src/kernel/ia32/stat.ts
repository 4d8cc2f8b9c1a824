/** stat and statfs in the structures of i386. */
import { EINVAL } from '../errno.ts';
import type { Inode } from '../files/inode.ts';
import type { Steps } from '../steps.ts';
import { AT_SYMLINK_NOFOLLOW, CWD } from '../syscalls/path-argument.ts';
import {
  blocksOf,
  type Image,
  STAT_FLAGS,
  statfs_at,
  statfsWords,
  vfs_fstat,
  vfs_fstatfs,
  vfs_stat,
} from '../syscalls/stat.ts';
import type { SystemCall } from '../syscalls/table.ts';
import type { Task } from '../task.ts';

const NS = 1_000_000_000n;
const BLOCK = 4096;

/** Seconds and nanoseconds of the three times, four bytes each. */
function writeTimes(view: DataView, at: number, { atime, mtime, ctime }: Inode): void {
  for (const [i, time] of [atime, mtime, ctime].entries()) {
    view.setInt32(at + 8 * i, Number(BigInt.asIntN(32, time / NS)), true);
    view.setInt32(at + 8 * i + 4, Number(time % NS), true);
  }
}

/** struct stat64: no field is aligned to 8 bytes. */
const stat64Image: Image = (inode) => {
  const view = new DataView(new ArrayBuffer(96));
  view.setBigUint64(0, BigInt(inode.dev), true);
  view.setUint32(12, inode.ino, true);
  view.setUint32(16, inode.mode, true);
  view.setUint32(20, inode.nlink, true);
  view.setUint32(24, inode.uid, true);
  view.setUint32(28, inode.gid, true);
  view.setBigUint64(32, BigInt(inode.rdev), true);
  view.setBigUint64(44, BigInt(inode.size), true);
  view.setUint32(52, BLOCK, true);
  view.setBigUint64(56, BigInt(blocksOf(inode)), true);
  writeTimes(view, 64, inode);
  view.setBigUint64(88, BigInt(inode.ino), true);
  return new Uint8Array(view.buffer);
};

/** struct stat, with identities and device numbers of 16 bits. */
const statImage: Image = (inode) => {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint16(0, inode.dev, true);
  view.setUint32(4, inode.ino, true);
  for (const [i, value] of [inode.mode, inode.nlink, inode.uid, inode.gid, inode.rdev].entries())
    view.setUint16(8 + 2 * i, value, true);
  view.setUint32(20, inode.size, true);
  view.setUint32(24, BLOCK, true);
  view.setUint32(28, blocksOf(inode), true);
  writeTimes(view, 32, inode);
  return new Uint8Array(view.buffer);
};

export const sys32_newstat: SystemCall = (task, path, buf) => vfs_stat(task, CWD, path, buf, 0n, statImage);
export const sys32_newlstat: SystemCall = (task, path, buf) =>
  vfs_stat(task, CWD, path, buf, AT_SYMLINK_NOFOLLOW, statImage);
export const sys32_newfstat: SystemCall = (task, fd, buf) => vfs_fstat(task, fd, buf, statImage);
export const sys32_stat64: SystemCall = (task, path, buf) => vfs_stat(task, CWD, path, buf, 0n, stat64Image);
export const sys32_lstat64: SystemCall = (task, path, buf) =>
  vfs_stat(task, CWD, path, buf, AT_SYMLINK_NOFOLLOW, stat64Image);
export const sys32_fstat64: SystemCall = (task, fd, buf) => vfs_fstat(task, fd, buf, stat64Image);
export function* sys32_fstatat64(task: Task, dfd: bigint, path: bigint, buf: bigint, flags: bigint): Steps<number> {
  return flags & ~STAT_FLAGS ? -EINVAL : yield* vfs_stat(task, dfd, path, buf, flags, stat64Image);
}

/** struct statfs64: the counts have 64 bits. */
const statfs64Image: Image = (inode) => {
  const { type, counts, fsid } = statfsWords(inode);
  const view = new DataView(new ArrayBuffer(STATFS64_SIZE));
  view.setUint32(0, Number(type), true);
  view.setUint32(4, BLOCK, true);
  for (const [i, count] of counts.entries()) view.setBigUint64(8 + 8 * i, count, true);
  view.setUint32(48, Number(fsid), true);
  view.setUint32(56, NAME_MAX, true);
  view.setUint32(60, BLOCK, true);
  return new Uint8Array(view.buffer);
};
const STATFS64_SIZE = 84;
const NAME_MAX = 255;

const statfsImage: Image = (inode) => {
  const { type, counts, fsid } = statfsWords(inode);
  const view = new DataView(new ArrayBuffer(64));
  const words = [type, BigInt(BLOCK), ...counts, fsid, 0n, BigInt(NAME_MAX), BigInt(BLOCK)];
  for (const [i, word] of words.entries()) view.setUint32(4 * i, Number(BigInt.asUintN(32, word)), true);
  return new Uint8Array(view.buffer);
};

export const sys32_statfs: SystemCall = (task, path, buf) => statfs_at(task, path, buf, statfsImage);
export const sys32_fstatfs: SystemCall = (task, fd, buf) => vfs_fstatfs(task, fd, buf, statfsImage);

/** The size tells whether the program knows the padding that other machines have: 84 or 88 bytes. */
const isStatfs64Size = (size: bigint): boolean => size === BigInt(STATFS64_SIZE) || size === BigInt(STATFS64_SIZE + 4);
export function* sys32_statfs64(task: Task, path: bigint, size: bigint, buf: bigint): Steps<number> {
  return isStatfs64Size(size) ? yield* statfs_at(task, path, buf, statfs64Image) : -EINVAL;
}
export function* sys32_fstatfs64(task: Task, fd: bigint, size: bigint, buf: bigint): Steps<number> {
  return isStatfs64Size(size) ? yield* vfs_fstatfs(task, fd, buf, statfs64Image) : -EINVAL;
}
