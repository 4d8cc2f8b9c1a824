/** System calls that tell about files. */
import { EACCES, EBADF, EFAULT, EINVAL } from '../errno.ts';
import { type Inode, S_IFCHR } from '../files/inode.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { executable } from './open.ts';
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, CWD, inodeAt, pathAt } from './path-argument.ts';

const NS = 1_000_000_000n;
const BLOCK = 4096;
/** 512-byte sectors. */
export const blocksOf = ({ size, mode }: Inode) =>
  (mode & 0o170000) === S_IFCHR ? 0 : Math.ceil(size / BLOCK) * (BLOCK / 512);

/** A structure that tells about a file. */
export type Image = (inode: Inode) => Uint8Array;

/** struct stat of x86-64. */
function statImage(inode: Inode): Uint8Array {
  const view = new DataView(new ArrayBuffer(144));
  view.setBigUint64(0, BigInt(inode.dev), true);
  view.setBigUint64(8, BigInt(inode.ino), true);
  view.setBigUint64(16, BigInt(inode.nlink), true);
  view.setUint32(24, inode.mode, true);
  view.setUint32(28, inode.uid, true);
  view.setUint32(32, inode.gid, true);
  view.setBigUint64(40, BigInt(inode.rdev), true);
  view.setBigUint64(48, BigInt(inode.size), true);
  view.setBigUint64(56, BigInt(BLOCK), true);
  view.setBigUint64(64, BigInt(blocksOf(inode)), true);
  for (const [i, time] of [inode.atime, inode.mtime, inode.ctime].entries()) {
    view.setBigInt64(72 + 16 * i, time / NS, true);
    view.setBigInt64(80 + 16 * i, time % NS, true);
  }
  return new Uint8Array(view.buffer);
}

/** STATX_BASIC_STATS: all that stat tells. */
const STATX_BASIC = 0x7ff;

/** struct statx. */
function statxImage(inode: Inode): Uint8Array {
  const view = new DataView(new ArrayBuffer(256));
  view.setUint32(0, STATX_BASIC, true);
  view.setUint32(4, BLOCK, true);
  view.setUint32(16, inode.nlink, true);
  view.setUint32(20, inode.uid, true);
  view.setUint32(24, inode.gid, true);
  view.setUint16(28, inode.mode, true);
  view.setBigUint64(32, BigInt(inode.ino), true);
  view.setBigUint64(40, BigInt(inode.size), true);
  view.setBigUint64(48, BigInt(blocksOf(inode)), true);
  for (const [at, time] of [
    [64, inode.atime],
    [96, inode.ctime],
    [112, inode.mtime],
  ] as const) {
    view.setBigInt64(at, time / NS, true);
    view.setUint32(at + 8, Number(time % NS), true);
  }
  for (const [at, dev] of [
    [128, inode.rdev],
    [136, inode.dev],
  ] as const) {
    view.setUint32(at, dev >>> 8, true);
    view.setUint32(at + 4, dev & 0xff, true);
  }
  return new Uint8Array(view.buffer);
}

function* put(task: Task, inode: Inode | number, buffer: bigint, image: Image): Steps<number> {
  if (typeof inode === 'number') return inode;
  return (yield* copy_to_user(task, buffer, image(inode))) === 0 ? 0 : -EFAULT;
}

export const vfs_fstat = (task: Task, fd: bigint, statbuf: bigint, image: Image): Steps<number> =>
  put(task, task.process.files.get(fd)?.inode ?? -EBADF, statbuf, image);

export const sys_newfstat = kernelFunction(
  'sys_newfstat',
  function* (frame, task: Task, fd: bigint, statbuf: bigint): Steps<number> {
    yield frame.at('sys_newfstat: tell about the file', { fd, statbuf });
    return yield* vfs_fstat(task, fd, statbuf, statImage);
  },
);

export const vfs_stat: (
  task: Task,
  dfd: bigint,
  filename: bigint,
  statbuf: bigint,
  flags: bigint,
  image: Image,
) => Steps<number> = kernelFunction(
  'vfs_stat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, statbuf: bigint, flags: bigint, image: Image) {
    const path = yield* pathAt(task, filename);
    yield frame.at('vfs_stat: look the path up', { path, flags });
    if (typeof path === 'number') return path;
    return yield* put(task, inodeAt(task, dfd, path, flags), statbuf, image);
  },
);

export const sys_newstat = kernelFunction(
  'sys_newstat',
  function* (frame, task: Task, filename: bigint, statbuf: bigint): Steps<number> {
    yield frame.at('sys_newstat: tell about the file', { filename, statbuf });
    return yield* vfs_stat(task, CWD, filename, statbuf, 0n, statImage);
  },
);

export const sys_newlstat = kernelFunction(
  'sys_newlstat',
  function* (frame, task: Task, filename: bigint, statbuf: bigint): Steps<number> {
    yield frame.at('sys_newlstat: tell about the file or link', { filename, statbuf });
    return yield* vfs_stat(task, CWD, filename, statbuf, AT_SYMLINK_NOFOLLOW, statImage);
  },
);

const AT_NO_AUTOMOUNT = 0x800n;
export const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;
export const sys_newfstatat = kernelFunction(
  'sys_newfstatat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, statbuf: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_newfstatat: tell about the file', { dfd, filename, statbuf, flags });
    return flags & ~STAT_FLAGS ? -EINVAL : yield* vfs_stat(task, dfd, filename, statbuf, flags, statImage);
  },
);

const AT_STATX_SYNC_TYPE = 0x6000n;
export const sys_statx = kernelFunction(
  'sys_statx',
  function* (
    frame,
    task: Task,
    dfd: bigint,
    filename: bigint,
    flags: bigint,
    mask: bigint,
    buf: bigint,
  ): Steps<number> {
    const path = yield* pathAt(task, filename);
    yield frame.at('sys_statx: tell about the file', { dfd, path, flags, mask });
    if (flags & ~(STAT_FLAGS | AT_STATX_SYNC_TYPE) || (flags & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE)
      return -EINVAL;
    if (BigInt.asUintN(32, mask) >> 31n) return -EINVAL;
    if (typeof path === 'number') return path;
    return yield* put(task, inodeAt(task, dfd, path, flags), buf, statxImage);
  },
);

const X_OK = 1n;
/** Everybody is root here: only execution asks for more than existence. */
const do_faccessat: (task: Task, dfd: bigint, filename: bigint, mode: bigint) => Steps<number> = kernelFunction(
  'do_faccessat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint) {
    const path = yield* pathAt(task, filename);
    yield frame.at('do_faccessat: look the path up', { path, mode });
    if (BigInt.asUintN(32, mode) & ~7n) return -EINVAL;
    if (typeof path === 'number') return path;
    const inode = inodeAt(task, dfd, path);
    if (typeof inode === 'number') return inode;
    return mode & X_OK && !executable(inode) ? -EACCES : 0;
  },
);

export const sys_access = kernelFunction(
  'sys_access',
  function* (frame, task: Task, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_access: what may be done', { filename, mode });
    return yield* do_faccessat(task, CWD, filename, mode);
  },
);

export const sys_faccessat = kernelFunction(
  'sys_faccessat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_faccessat: what may be done', { dfd, filename, mode });
    return yield* do_faccessat(task, dfd, filename, mode);
  },
);

const TMPFS_MAGIC = 0x01021994n;
const PROC_SUPER_MAGIC = 0x9fa0n;

/** What statfs tells: all there is lies in memory. `counts`: blocks, of which free, and available; files, of which free. */
export function statfsWords({ fs, dev }: Inode): { type: bigint; counts: bigint[]; fsid: bigint } {
  const blocks = BigInt(Math.floor(fs.capacity / BLOCK));
  const free = blocks - BigInt(Math.ceil(fs.used / BLOCK));
  return {
    type: dev === fs.dev ? TMPFS_MAGIC : PROC_SUPER_MAGIC,
    counts: [blocks, free, free, 200_000n, 200_000n - BigInt(fs.created)],
    fsid: BigInt(dev),
  };
}

/** struct statfs of x86-64. */
function statfsImage(inode: Inode): Uint8Array {
  const { type, counts, fsid } = statfsWords(inode);
  const view = new DataView(new ArrayBuffer(120));
  const words = [type, BigInt(BLOCK), ...counts, fsid, 255n, BigInt(BLOCK)];
  for (const [i, word] of words.entries()) view.setBigUint64(i * 8, word, true);
  return new Uint8Array(view.buffer);
}

export function* statfs_at(task: Task, filename: bigint, buf: bigint, image: Image): Steps<number> {
  const path = yield* pathAt(task, filename);
  return typeof path === 'number' ? path : yield* put(task, inodeAt(task, CWD, path), buf, image);
}

export const vfs_fstatfs = (task: Task, fd: bigint, buf: bigint, image: Image): Steps<number> =>
  put(task, task.process.files.get(fd)?.inode ?? -EBADF, buf, image);

export const sys_statfs = kernelFunction(
  'sys_statfs',
  function* (frame, task: Task, filename: bigint, buf: bigint): Steps<number> {
    yield frame.at('sys_statfs: tell about the file system', { filename, buf });
    return yield* statfs_at(task, filename, buf, statfsImage);
  },
);

export const sys_fstatfs = kernelFunction(
  'sys_fstatfs',
  function* (frame, task: Task, fd: bigint, buf: bigint): Steps<number> {
    yield frame.at('sys_fstatfs: tell about the file system', { fd, buf });
    return yield* vfs_fstatfs(task, fd, buf, statfsImage);
  },
);
