/** System calls that change a file's attributes and size. */
import { EBADF, EFAULT, EINVAL, EISDIR, ENODATA, EOPNOTSUPP, EPERM, ESPIPE } from '../errno.ts';
import { Directory } from '../files/directory.ts';
import { type Inode, RegularFile, S_IFMT } from '../files/inode.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { timeSize } from '../time/timespec.ts';
import { get_user } from '../user.ts';
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, CWD, inodeAt, pathAt } from './path-argument.ts';

/** The inode of a path argument. → or −errno */
function* target(task: Task, dfd: bigint, filename: bigint, flags = 0n): Steps<Inode | number> {
  const path = yield* pathAt(task, filename);
  return typeof path === 'number' ? path : inodeAt(task, dfd, path, flags);
}

const opened = (task: Task, fd: bigint): Inode | number => task.process.files.get(fd)?.inode ?? -EBADF;

function chmod(inode: Inode | number, mode: bigint): number {
  if (typeof inode === 'number') return inode;
  if (inode.dev !== inode.fs.dev) return -EPERM;
  inode.mode = (inode.mode & S_IFMT) | Number(mode & 0o7777n);
  inode.ctime = inode.fs.now;
  return 0;
}

export const sys_chmod = kernelFunction(
  'sys_chmod',
  function* (frame, task: Task, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_chmod: change the mode', { filename, mode });
    return chmod(yield* target(task, CWD, filename), mode);
  },
);
export const sys_fchmod = kernelFunction(
  'sys_fchmod',
  function* (frame, task: Task, fd: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_fchmod: change the mode', { fd, mode });
    return chmod(opened(task, fd), mode);
  },
);
export const sys_fchmodat = kernelFunction(
  'sys_fchmodat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_fchmodat: change the mode', { dfd, filename, mode });
    return chmod(yield* target(task, dfd, filename), mode);
  },
);

const UNCHANGED = 0xffff_ffff;
function chown(inode: Inode | number, uid: bigint, gid: bigint): number {
  if (typeof inode === 'number') return inode;
  if (inode.dev !== inode.fs.dev) return -EPERM;
  const [user, group] = [Number(BigInt.asUintN(32, uid)), Number(BigInt.asUintN(32, gid))];
  if (user !== UNCHANGED) inode.uid = user;
  if (group !== UNCHANGED) inode.gid = group;
  inode.ctime = inode.fs.now;
  return 0;
}

export const sys_chown = kernelFunction(
  'sys_chown',
  function* (frame, task: Task, filename: bigint, uid: bigint, gid: bigint): Steps<number> {
    yield frame.at('sys_chown: change the owner', { filename, uid, gid });
    return chown(yield* target(task, CWD, filename), uid, gid);
  },
);
export const sys_lchown = kernelFunction(
  'sys_lchown',
  function* (frame, task: Task, filename: bigint, uid: bigint, gid: bigint): Steps<number> {
    yield frame.at('sys_lchown: change the owner', { filename, uid, gid });
    return chown(yield* target(task, CWD, filename, AT_SYMLINK_NOFOLLOW), uid, gid);
  },
);
export const sys_fchown = kernelFunction(
  'sys_fchown',
  function* (frame, task: Task, fd: bigint, uid: bigint, gid: bigint): Steps<number> {
    yield frame.at('sys_fchown: change the owner', { fd, uid, gid });
    return chown(opened(task, fd), uid, gid);
  },
);
export const sys_fchownat = kernelFunction(
  'sys_fchownat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, uid: bigint, gid: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_fchownat: change the owner', { dfd, filename, uid, gid, flags });
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    return chown(yield* target(task, dfd, filename, flags), uid, gid);
  },
);

const NS = 1_000_000_000n;
const UTIME_NOW = 0x3fff_ffffn;
const UTIME_OMIT = 0x3fff_fffen;

function setTimes(inode: Inode, atime: bigint | undefined, mtime: bigint | undefined): number {
  if (inode.dev !== inode.fs.dev) return -EPERM;
  if (atime !== undefined) inode.atime = atime;
  if (mtime !== undefined) inode.mtime = mtime;
  inode.ctime = inode.fs.now;
  return 0;
}

/** A time argument of utimensat: nanoseconds, or 'omit', or −errno. */
function* timespecAt(task: Task, at: bigint, now: bigint): Steps<bigint | undefined | number> {
  const { time } = task.abi;
  const seconds = yield* get_user(task, at, time);
  const fraction = yield* get_user(task, at + BigInt(time), time);
  if (seconds === undefined || fraction === undefined) return -EFAULT;
  if (fraction === UTIME_NOW) return now;
  if (fraction === UTIME_OMIT) return undefined;
  return fraction >= NS ? -EINVAL : BigInt.asIntN(8 * time, seconds) * NS + fraction;
}

const do_utimes: (task: Task, dfd: bigint, filename: bigint, times: bigint, flags: bigint) => Steps<number> =
  kernelFunction(
    'do_utimes',
    function* (frame, task: Task, dfd: bigint, filename: bigint, times: bigint, flags: bigint) {
      yield frame.at('do_utimes: set the times', { dfd, filename, times, flags });
      if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
      const { now } = task.process.fs.root.fs;
      const atime = times === 0n ? now : yield* timespecAt(task, times, now);
      const mtime = times === 0n ? now : yield* timespecAt(task, times + BigInt(timeSize(task.abi)), now);
      if (typeof atime === 'number') return atime;
      if (typeof mtime === 'number') return mtime;
      const inode = filename === 0n ? opened(task, dfd) : yield* target(task, dfd, filename, flags);
      return typeof inode === 'number' ? inode : setTimes(inode, atime, mtime);
    },
  );

export const sys_utimensat = kernelFunction(
  'sys_utimensat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, times: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_utimensat: set the times', { dfd, filename, times, flags });
    return yield* do_utimes(task, dfd, filename, times, flags);
  },
);

/** utimes and futimesat: microseconds. utime: seconds. */
function* oldTimes(task: Task, dfd: bigint, filename: bigint, times: bigint, unit: bigint): Steps<number> {
  const { now } = task.process.fs.root.fs;
  const { time } = task.abi;
  const step = BigInt(unit === 0n ? time : timeSize(task.abi));
  const values: bigint[] = [];
  for (const at of [times, times + step]) {
    const seconds = times === 0n ? 0n : yield* get_user(task, at, time);
    const fraction = times === 0n || unit === 0n ? 0n : yield* get_user(task, at + BigInt(time), time);
    if (seconds === undefined || fraction === undefined) return -EFAULT;
    if (fraction >= 1_000_000n) return -EINVAL;
    values.push(times === 0n ? now : BigInt.asIntN(8 * time, seconds) * NS + fraction * unit);
  }
  const inode = yield* target(task, dfd, filename);
  return typeof inode === 'number' ? inode : setTimes(inode, values[0], values[1]);
}

export const sys_utime = kernelFunction(
  'sys_utime',
  function* (frame, task: Task, filename: bigint, times: bigint): Steps<number> {
    yield frame.at('sys_utime: set the times', { filename, times });
    return yield* oldTimes(task, CWD, filename, times, 0n);
  },
);
export const sys_utimes = kernelFunction(
  'sys_utimes',
  function* (frame, task: Task, filename: bigint, times: bigint): Steps<number> {
    yield frame.at('sys_utimes: set the times', { filename, times });
    return yield* oldTimes(task, CWD, filename, times, 1000n);
  },
);
export const sys_futimesat = kernelFunction(
  'sys_futimesat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, times: bigint): Steps<number> {
    yield frame.at('sys_futimesat: set the times', { dfd, filename, times });
    return yield* oldTimes(task, dfd, filename, times, 1000n);
  },
);

const sizeOf = (length: bigint): number => {
  const signed = BigInt.asIntN(64, length);
  return signed > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(signed);
};

export const sys_truncate = kernelFunction(
  'sys_truncate',
  function* (frame, task: Task, filename: bigint, length: bigint): Steps<number> {
    yield frame.at('sys_truncate: set the size', { filename, length });
    if (BigInt.asIntN(64, length) < 0n) return -EINVAL;
    const inode = yield* target(task, CWD, filename);
    if (typeof inode === 'number') return inode;
    if (inode instanceof Directory) return -EISDIR;
    return inode instanceof RegularFile ? inode.truncate(sizeOf(length)) : -EINVAL;
  },
);

export const sys_ftruncate = kernelFunction(
  'sys_ftruncate',
  function* (frame, task: Task, fd: bigint, length: bigint): Steps<number> {
    yield frame.at('sys_ftruncate: set the size', { fd, length });
    const file = task.process.files.get(fd);
    if (BigInt.asIntN(64, length) < 0n) return -EINVAL;
    return file ? file.truncate(sizeOf(length)) : -EBADF;
  },
);

const FALLOC_FL_KEEP_SIZE = 1n;
export const sys_fallocate = kernelFunction(
  'sys_fallocate',
  function* (frame, task: Task, fd: bigint, mode: bigint, offset: bigint, length: bigint): Steps<number> {
    yield frame.at('sys_fallocate: make room', { fd, mode, offset, length });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    if (BigInt.asIntN(64, offset) < 0n || BigInt.asIntN(64, length) <= 0n) return -EINVAL;
    if (mode & ~FALLOC_FL_KEEP_SIZE) return -EOPNOTSUPP;
    if (!file.writable) return -EBADF;
    if (!(file.inode instanceof RegularFile)) return -ESPIPE;
    const end = sizeOf(offset + length);
    return mode || end <= file.inode.size ? 0 : file.inode.truncate(end);
  },
);

export const sys_fsync = kernelFunction('sys_fsync', function* (frame, task: Task, fd: bigint): Steps<number> {
  yield frame.at('sys_fsync: write through', { fd });
  const file = task.process.files.get(fd);
  if (!file) return -EBADF;
  if (file.inode instanceof RegularFile) return file.inode.flush();
  return file.inode instanceof Directory ? 0 : -EINVAL;
});

/** sync, syncfs: what is written through is written through when files are closed. */
export const sys_sync = kernelFunction('sys_sync', function* (frame): Steps<number> {
  yield frame.at('sys_sync: nothing waits to be written');
  return 0;
});

export const sys_fadvise64 = kernelFunction(
  'sys_fadvise64',
  function* (frame, task: Task, fd: bigint, offset: bigint, length: bigint, advice: bigint): Steps<number> {
    yield frame.at('sys_fadvise64: take the advice', { fd, offset, length, advice });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    if (!file.hasPositions) return -ESPIPE;
    return BigInt.asUintN(32, advice) > 5n ? -EINVAL : 0;
  },
);

export const sys_umask = kernelFunction('sys_umask', function* (frame, task: Task, mask: bigint): Steps<number> {
  const { fs } = task.process;
  const old = fs.umask;
  yield frame.at('sys_umask: set the mask', { mask, old });
  fs.umask = Number(mask & 0o777n);
  return old;
});

/** No file here has extended attributes, and none takes any. */
export const sys_getxattr = kernelFunction(
  'sys_getxattr',
  function* (frame, task: Task, filename: bigint): Steps<number> {
    yield frame.at('sys_getxattr: there are none', { filename });
    const inode = yield* target(task, CWD, filename);
    return typeof inode === 'number' ? inode : -ENODATA;
  },
);
export const sys_lgetxattr = kernelFunction(
  'sys_lgetxattr',
  function* (frame, task: Task, filename: bigint): Steps<number> {
    yield frame.at('sys_lgetxattr: there are none', { filename });
    const inode = yield* target(task, CWD, filename, AT_SYMLINK_NOFOLLOW);
    return typeof inode === 'number' ? inode : -ENODATA;
  },
);
export const sys_fgetxattr = kernelFunction('sys_fgetxattr', function* (frame, task: Task, fd: bigint): Steps<number> {
  yield frame.at('sys_fgetxattr: there are none', { fd });
  return task.process.files.get(fd) ? -ENODATA : -EBADF;
});
export const sys_listxattr = kernelFunction('sys_listxattr', function* (frame): Steps<number> {
  yield frame.at('sys_listxattr: there are none');
  return 0;
});
export const sys_setxattr = kernelFunction('sys_setxattr', function* (frame): Steps<number> {
  yield frame.at('sys_setxattr: none can be set');
  return -EOPNOTSUPP;
});
