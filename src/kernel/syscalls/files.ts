/** System calls on files: reading, writing, opening (read-only), telling about them. */
import { lesser } from '../../base/address.ts';
import { EACCES, EBADF, EFAULT, EINVAL, ENOENT, ENOTTY, ERANGE, EROFS } from '../errno.ts';
import { MemoryFile, type OpenFile } from '../files/open-file.ts';
import { normalise } from '../files/source.ts';
import { openSpecial } from '../files/special.ts';
import { ERESTARTSYS } from '../signal/deliver.ts';
import { send_sig_to_task, signal_pending } from '../signal/send.ts';
import { SIGPIPE } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, strncpy_from_user } from '../user.ts';

/** Most bytes one call moves (Linux: MAX_RW_COUNT, 2 GiB; less here, so that no call takes long); larger requests are cut. */
const MAX_RW_COUNT = 64n << 20n;
/** Bytes moved through the kernel at a time. */
const CHUNK = 1 << 20;
const IOV_MAX = 1024n;
const SEEK_CUR = 1;
const PATH_MAX = 4096;

const clamp = (count: bigint, limit: number): number => (count > BigInt(limit) ? limit : Number(count));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Reads once into the buffer; waits while a stream has nothing yet. → bytes read or −errno */
const do_read: (task: Task, file: OpenFile, buf: bigint, count: bigint) => Steps<number> = kernelFunction(
  'do_read',
  function* (frame, task: Task, file: OpenFile, buf: bigint, count: bigint) {
    let done = 0n;
    const total = lesser(count, MAX_RW_COUNT);
    while (done < total) {
      const wanted = clamp(total - done, CHUNK);
      let bytes = file.read(wanted);
      while (bytes === undefined) {
        if (done > 0n) return Number(done);
        if (signal_pending(task)) return -ERESTARTSYS;
        yield { ...frame.at('do_read: wait for input', { file: file.name }), blocked: true };
        bytes = file.read(wanted);
      }
      const left = yield* copy_to_user(task, buf + done, bytes);
      done += BigInt(bytes.length - left);
      if (left > 0) {
        // What could not be stored has not been read.
        file.seek(BigInt(-left), SEEK_CUR);
        return done > 0n ? Number(done) : -EFAULT;
      }
      // Streams give what they have; files go on to their end.
      if (bytes.length < wanted || file.mappable === undefined) break;
    }
    return Number(done);
  },
);

export const sys_read = kernelFunction(
  'sys_read',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_read: read', { fd, buf, count });
    const file = task.process.files.get(fd);
    return file ? yield* do_read(task, file, buf, count) : -EBADF;
  },
);

/** Writes the buffer. → bytes written or −errno */
const do_write: (task: Task, file: OpenFile, buf: bigint, count: bigint) => Steps<number> = kernelFunction(
  'do_write',
  function* (frame, task: Task, file: OpenFile, buf: bigint, count: bigint) {
    const total = lesser(count, MAX_RW_COUNT);
    let done = 0n;
    do {
      const bytes = yield* copy_from_user(task, buf + done, clamp(total - done, CHUNK));
      if (bytes.length === 0 && total > 0n) return done > 0n ? Number(done) : -EFAULT;
      const written = file.write(bytes);
      yield frame.at('do_write: written', { written });
      if (written < 0) return done > 0n ? Number(done) : written;
      done += BigInt(written);
    } while (done < total);
    return Number(done);
  },
);

const EPIPE = 32;
function afterWrite(task: Task, result: number): number {
  if (result === -EPIPE)
    send_sig_to_task(task, { signo: SIGPIPE, code: 0, errno: 0, address: 0n, pid: task.process.pid, uid: 0 });
  return result;
}

export const sys_write = kernelFunction(
  'sys_write',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_write: write', { fd, buf, count });
    const file = task.process.files.get(fd);
    return file ? afterWrite(task, yield* do_write(task, file, buf, count)) : -EBADF;
  },
);

/** The pieces of an iovec array, or −errno. */
function* import_iovec(task: Task, vec: bigint, count: bigint): Steps<{ base: bigint; length: bigint }[] | number> {
  if (count > IOV_MAX) return -EINVAL;
  const pieces: { base: bigint; length: bigint }[] = [];
  let total = 0n;
  for (let at = vec; at < vec + count * 16n; at += 16n) {
    const base = yield* get_user(task, at, 8);
    const length = yield* get_user(task, at + 8n, 8);
    if (base === undefined || length === undefined) return -EFAULT;
    total += length;
    if (length >> 63n || total >> 63n) return -EINVAL;
    pieces.push({ base, length });
  }
  return pieces;
}

export const sys_readv = kernelFunction(
  'sys_readv',
  function* (frame, task: Task, fd: bigint, vec: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_readv: read piece by piece', { fd, vec, count });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    const pieces = yield* import_iovec(task, vec, count);
    if (typeof pieces === 'number') return pieces;
    let done = 0;
    for (const { base, length } of pieces) {
      if (length === 0n) continue;
      const result = yield* do_read(task, file, base, length);
      if (result < 0) return done || result;
      done += result;
      if (BigInt(result) < length) break;
      // A stream may have been emptied: what is there is enough.
      if (!file.mappable) break;
    }
    return done;
  },
);

export const sys_writev = kernelFunction(
  'sys_writev',
  function* (frame, task: Task, fd: bigint, vec: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_writev: write piece by piece', { fd, vec, count });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    const pieces = yield* import_iovec(task, vec, count);
    if (typeof pieces === 'number') return pieces;
    let done = 0;
    for (const { base, length } of pieces) {
      if (length === 0n) continue;
      const result = yield* do_write(task, file, base, lesser(length, MAX_RW_COUNT - BigInt(done)));
      if (result < 0) return done || afterWrite(task, result);
      done += result;
      if (BigInt(result) < length || BigInt(done) >= MAX_RW_COUNT) break;
    }
    return done;
  },
);

export const sys_pread64 = kernelFunction(
  'sys_pread64',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint, pos: bigint): Steps<number> {
    yield frame.at('sys_pread64: read at a position', { fd, buf, count, pos });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    if (pos >> 63n) return -EINVAL;
    const bytes = file.pread(clamp(count, CHUNK * 64), clamp(pos, Number.MAX_SAFE_INTEGER));
    if (typeof bytes === 'number') return bytes;
    return (yield* copy_to_user(task, buf, bytes)) === 0 ? bytes.length : -EFAULT;
  },
);

export const sys_lseek = kernelFunction(
  'sys_lseek',
  function* (frame, task: Task, fd: bigint, offset: bigint, whence: bigint): Steps<bigint> {
    yield frame.at('sys_lseek: move the position', { fd, offset, whence });
    const file = task.process.files.get(fd);
    return file ? file.seek(BigInt.asIntN(64, offset), Number(BigInt.asUintN(32, whence))) : BigInt(-EBADF);
  },
);

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

export const sys_close = kernelFunction('sys_close', function* (frame, task: Task, fd: bigint): Steps<number> {
  yield frame.at('sys_close: close');
  return task.process.files.close(fd);
});

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
  const bytes = encoder.encode(process.image.path).subarray(0, clamp(size, PATH_MAX));
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

export const sys_ioctl = kernelFunction(
  'sys_ioctl',
  function* (frame, task: Task, fd: bigint, cmd: bigint): Steps<number> {
    yield frame.at('sys_ioctl: nothing here is a terminal', { fd, cmd });
    return task.process.files.get(fd) ? -ENOTTY : -EBADF;
  },
);
