/** System calls that name files: opening (read-only), telling about them. */

import { lesser } from '../../base/address.ts';
import { EACCES, EBADF, EFAULT, EINVAL, ENOENT, ERANGE, EROFS } from '../errno.ts';
import { MemoryFile, type OpenFile } from '../files/open-file.ts';
import { normalise } from '../files/source.ts';
import { openSpecial } from '../files/special.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user, strncpy_from_user } from '../user.ts';

const PATH_MAX = 4096;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const O_ACCMODE = 3n;
const O_CREAT = 0o100n;
const O_CLOEXEC = 0o2000000n;

/** Looks `path` up: the kernel's own files first, then the host's. → file or −errno */
function lookUp(task: Task, path: string): OpenFile | number {
  const { process } = task;
  if (path === '') return -ENOENT;
  const full = normalise(path, process.image.cwd);
  const special = openSpecial(process, full);
  if (special) return special;
  const bytes = process.fileSource.read(full === '/proc/self/exe' ? process.image.path : full);
  return bytes ? new MemoryFile(full, bytes) : -ENOENT;
}

/** Path argument as text; undefined is −EFAULT. */
function* pathAt(task: Task, addr: bigint): Steps<string | undefined> {
  const bytes = yield* strncpy_from_user(task, addr, PATH_MAX);
  return bytes && decoder.decode(bytes);
}

export const do_sys_open: (task: Task, filename: bigint, flags: bigint) => Steps<number> = kernelFunction(
  'do_sys_open',
  function* (frame, task: Task, filename: bigint, flags: bigint) {
    const path = yield* pathAt(task, filename);
    yield frame.at('do_sys_open: look the path up', { path, flags });
    if (path === undefined) return -EFAULT;
    const file = lookUp(task, path);
    const writes = (flags & O_ACCMODE) !== 0n || (flags & O_CREAT) !== 0n;
    // There is nothing to create on: the guest sees a read-only file system.
    if (typeof file === 'number') return writes && file === -ENOENT && flags & O_CREAT ? -EROFS : file;
    if (writes && file.mappable) return (flags & O_ACCMODE) === 0n ? task.process.files.add(file) : -EROFS;
    return task.process.files.add(file, (flags & O_CLOEXEC) !== 0n);
  },
);

export const sys_open = kernelFunction(
  'sys_open',
  function* (frame, task: Task, filename: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_open: open', { filename, flags });
    return yield* do_sys_open(task, filename, flags);
  },
);

export const sys_openat = kernelFunction(
  'sys_openat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_openat: open', { dfd, filename, flags });
    return yield* do_sys_open(task, filename, flags);
  },
);

/** struct stat of x86-64. */
function statImage(file: OpenFile): Uint8Array {
  const view = new DataView(new ArrayBuffer(144));
  const inode = [...file.name].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) >>> 0, 7);
  view.setBigUint64(0, 1n, true);
  view.setBigUint64(8, BigInt(inode), true);
  view.setBigUint64(16, 1n, true);
  view.setUint32(24, file.mode, true);
  view.setBigUint64(48, BigInt(file.size), true);
  view.setBigUint64(56, 4096n, true);
  view.setBigUint64(64, BigInt(Math.ceil(file.size / 512)), true);
  return new Uint8Array(view.buffer);
}

const putStat = function* (task: Task, file: OpenFile | number | undefined, statbuf: bigint): Steps<number> {
  if (file === undefined) return -EBADF;
  if (typeof file === 'number') return file;
  return (yield* copy_to_user(task, statbuf, statImage(file))) === 0 ? 0 : -EFAULT;
};

export const sys_fstat = kernelFunction(
  'sys_fstat',
  function* (frame, task: Task, fd: bigint, statbuf: bigint): Steps<number> {
    yield frame.at('sys_fstat: tell about the file', { fd, statbuf });
    return yield* putStat(task, task.process.files.get(fd), statbuf);
  },
);

export const sys_stat = kernelFunction(
  'sys_stat',
  function* (frame, task: Task, filename: bigint, statbuf: bigint): Steps<number> {
    const path = yield* pathAt(task, filename);
    yield frame.at('sys_stat: tell about the file', { path, statbuf });
    return path === undefined ? -EFAULT : yield* putStat(task, lookUp(task, path), statbuf);
  },
);

const AT_EMPTY_PATH = 0x1000n;
export const sys_newfstatat = kernelFunction(
  'sys_newfstatat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, statbuf: bigint, flags: bigint): Steps<number> {
    const path = yield* pathAt(task, filename);
    yield frame.at('sys_newfstatat: tell about the file', { dfd, path, statbuf, flags });
    if (path === undefined) return -EFAULT;
    const file = path === '' && flags & AT_EMPTY_PATH ? task.process.files.get(dfd) : lookUp(task, path);
    return yield* putStat(task, file, statbuf);
  },
);

const mayAccess = function* (task: Task, filename: bigint, mode: bigint): Steps<number> {
  const path = yield* pathAt(task, filename);
  if (path === undefined) return -EFAULT;
  const file = lookUp(task, path);
  if (typeof file === 'number') return file;
  if (mode & 2n && file.mappable) return -EROFS;
  return mode & 1n ? -EACCES : 0;
};

export const sys_access = kernelFunction(
  'sys_access',
  function* (frame, task: Task, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_access: may the file be read', { filename, mode });
    return yield* mayAccess(task, filename, mode);
  },
);

export const sys_faccessat = kernelFunction(
  'sys_faccessat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_faccessat: may the file be read', { dfd, filename, mode });
    return yield* mayAccess(task, filename, mode);
  },
);

const readLink = function* (task: Task, filename: bigint, buf: bigint, size: bigint): Steps<number> {
  const path = yield* pathAt(task, filename);
  if (path === undefined) return -EFAULT;
  if (BigInt.asIntN(32, size) <= 0n) return -EINVAL;
  const { process } = task;
  const full = normalise(path, process.image.cwd);
  if (full !== '/proc/self/exe' && full !== `/proc/${process.pid}/exe`) {
    const file = lookUp(task, path);
    return typeof file === 'number' ? file : -EINVAL;
  }
  const bytes = encoder.encode(process.image.path).subarray(0, Number(lesser(size, BigInt(PATH_MAX))));
  return (yield* copy_to_user(task, buf, bytes)) === 0 ? bytes.length : -EFAULT;
};

export const sys_readlink = kernelFunction(
  'sys_readlink',
  function* (frame, task: Task, filename: bigint, buf: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_readlink: read the link', { filename, buf, size });
    return yield* readLink(task, filename, buf, size);
  },
);

export const sys_readlinkat = kernelFunction(
  'sys_readlinkat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, buf: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_readlinkat: read the link', { dfd, filename, buf, size });
    return yield* readLink(task, filename, buf, size);
  },
);

export const sys_getcwd = kernelFunction(
  'sys_getcwd',
  function* (frame, task: Task, buf: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_getcwd: copy the path', { buf, size });
    const bytes = encoder.encode(`${task.process.image.cwd}\0`);
    if (BigInt(bytes.length) > size) return -ERANGE;
    return (yield* copy_to_user(task, buf, bytes)) === 0 ? bytes.length : -EFAULT;
  },
);
