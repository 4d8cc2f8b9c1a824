/** System calls that read and write files. */
import { lesser } from '../../base/address.ts';
import { EAGAIN, EBADF, EFAULT, EINVAL, EPIPE } from '../errno.ts';
import { type OpenFile, WAIT } from '../files/open-file.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTARTSYS } from '../signal/restart.ts';
import { send_sig_to_task } from '../signal/send.ts';
import { SIGPIPE } from '../signal/types.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, put_user } from '../user.ts';

/** Most bytes one call moves (Linux: MAX_RW_COUNT, 2 GiB; less here, so that no call takes long); larger requests are cut. */
const MAX_RW_COUNT = 64n << 20n;
/** Bytes moved through the kernel at a time. */
const CHUNK = 1 << 20;
const IOV_MAX = 1024n;

const clamp = (count: bigint, limit: number): number => (count > BigInt(limit) ? limit : Number(count));

/** Reads once into the buffer; waits while a stream has nothing yet. → bytes read or −errno */
const vfs_read: (task: Task, file: OpenFile, buf: bigint, count: bigint) => Steps<number> = kernelFunction(
  'vfs_read',
  function* (frame, task: Task, file: OpenFile, buf: bigint, count: bigint) {
    if (!file.readable) return -EBADF;
    let done = 0n;
    const total = lesser(count, MAX_RW_COUNT);
    do {
      const wanted = clamp(total - done, CHUNK);
      let bytes = file.read(wanted);
      while (bytes === WAIT) {
        if (file.nonBlocking) return -EAGAIN;
        if (signal_pending(task)) return -ERESTARTSYS;
        task.wait = { kind: 'file' };
        yield blocked(frame.at('vfs_read: wait for input', { file: file.path }));
        bytes = file.read(wanted);
      }
      if (typeof bytes === 'number') return done > 0n ? Number(done) : bytes;
      const left = yield* copy_to_user(task, buf + done, bytes);
      done += BigInt(bytes.length - left);
      if (left > 0) {
        // What could not be stored has not been read.
        file.unread(bytes.subarray(bytes.length - left));
        return done > 0n ? Number(done) : -EFAULT;
      }
      // Streams give what they have; files go on to their end.
      if (bytes.length < wanted || !file.hasPositions) break;
    } while (done < total);
    return Number(done);
  },
);

export const sys_read = kernelFunction(
  'sys_read',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_read: read', { fd, buf, count });
    const file = task.process.files.get(fd);
    return file ? yield* vfs_read(task, file, buf, count) : -EBADF;
  },
);

/**
 * Writes the buffer; waits while a pipe is full. What has been written before a wait is kept in `task.wait`, which a call entered again
 * goes on from. → bytes written or −errno
 */
const vfs_write: (task: Task, file: OpenFile, buf: bigint, count: bigint) => Steps<number> = kernelFunction(
  'vfs_write',
  function* (frame, task: Task, file: OpenFile, buf: bigint, count: bigint) {
    if (!file.writable) return -EBADF;
    const total = lesser(count, MAX_RW_COUNT);
    let done = task.wait?.kind === 'file' ? (task.wait.done ?? 0n) : 0n;
    do {
      const bytes = yield* copy_from_user(task, buf + done, clamp(total - done, CHUNK));
      if (bytes.length === 0 && total > 0n) return done > 0n ? Number(done) : -EFAULT;
      const written = file.write(bytes);
      if (written === WAIT) {
        if (file.nonBlocking) return done > 0n ? Number(done) : -EAGAIN;
        if (signal_pending(task)) return done > 0n ? Number(done) : -ERESTARTSYS;
        task.wait = { kind: 'file', done };
        yield blocked(frame.at('vfs_write: wait for room', { file: file.path, done }));
        continue;
      }
      yield frame.at('vfs_write: written', { written });
      if (written < 0) return done > 0n ? Number(done) : written;
      done += BigInt(written);
      if (written === 0) break;
    } while (done < total);
    return Number(done);
  },
);

/** Who writes to a pipe that nobody reads gets SIGPIPE too. */
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
    return file ? afterWrite(task, yield* vfs_write(task, file, buf, count)) : -EBADF;
  },
);

interface Piece {
  base: bigint;
  length: bigint;
}

/** The pieces of an iovec array, or −errno. */
function* import_iovec(task: Task, vec: bigint, count: bigint): Steps<Piece[] | number> {
  if (count > IOV_MAX) return -EINVAL;
  const pieces: Piece[] = [];
  let total = 0n;
  const { word } = task.abi;
  const step = BigInt(2 * word);
  const sign = BigInt(8 * word - 1);
  for (let at = vec; at < vec + count * step; at += step) {
    const base = yield* get_user(task, at, word);
    const length = yield* get_user(task, at + BigInt(word), word);
    if (base === undefined || length === undefined) return -EFAULT;
    total += length;
    if (length >> sign || total >> sign) return -EINVAL;
    pieces.push({ base, length });
  }
  return pieces;
}

/** Gathers the pieces' bytes, as far as they can be read. */
function* gather(task: Task, pieces: readonly Piece[], most: bigint): Steps<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const { base, length } of pieces) {
    const wanted = clamp(lesser(length, most - BigInt(total)), Number(MAX_RW_COUNT));
    const bytes = yield* copy_from_user(task, base, wanted);
    parts.push(bytes);
    total += bytes.length;
    if (bytes.length < wanted) break;
  }
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
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
      const result = yield* vfs_read(task, file, base, length);
      if (result < 0) return done || result;
      done += result;
      if (BigInt(result) < length) break;
      // A stream may have been emptied: what is there is enough.
      if (!file.hasPositions) break;
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
    if (!file.writable) return -EBADF;
    let done = task.wait?.kind === 'file' ? Number(task.wait.done ?? 0n) : 0;
    // One write of all pieces together: a pipe must not tear them apart.
    const bytes = yield* gather(task, pieces, MAX_RW_COUNT);
    if (bytes.length === 0 && pieces.some(({ length }) => length > 0n)) return -EFAULT;
    for (;;) {
      const written = file.write(bytes.subarray(done));
      if (written !== WAIT) {
        yield frame.at('sys_writev: written', { written });
        if (written < 0) return done || afterWrite(task, written);
        done += written;
        if (done >= bytes.length || written === 0) return done;
        continue;
      }
      if (file.nonBlocking) return done || -EAGAIN;
      if (signal_pending(task)) return done || -ERESTARTSYS;
      task.wait = { kind: 'file', done: BigInt(done) };
      yield blocked(frame.at('sys_writev: wait for room', { file: file.path, done }));
    }
  },
);

const position = (pos: bigint): number => clamp(pos, Number.MAX_SAFE_INTEGER);

/** Reads at a position. → bytes read or −errno */
function* readAt(task: Task, file: OpenFile, buf: bigint, count: bigint, pos: bigint): Steps<number> {
  if (!file.readable) return -EBADF;
  const bytes = file.pread(clamp(count, Number(MAX_RW_COUNT)), position(pos));
  if (typeof bytes === 'number') return bytes;
  const left = yield* copy_to_user(task, buf, bytes);
  return left > 0 && left === bytes.length ? -EFAULT : bytes.length - left;
}

function writeAt(file: OpenFile, bytes: Uint8Array, wanted: boolean, pos: bigint): number {
  if (!file.writable) return -EBADF;
  if (bytes.length === 0 && wanted) return -EFAULT;
  return file.pwrite(bytes, position(pos));
}

export const sys_pread64 = kernelFunction(
  'sys_pread64',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint, pos: bigint): Steps<number> {
    yield frame.at('sys_pread64: read at a position', { fd, buf, count, pos });
    const file = task.process.files.get(fd);
    if (pos >> 63n) return -EINVAL;
    return file ? yield* readAt(task, file, buf, count, pos) : -EBADF;
  },
);

export const sys_pwrite64 = kernelFunction(
  'sys_pwrite64',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint, pos: bigint): Steps<number> {
    yield frame.at('sys_pwrite64: write at a position', { fd, buf, count, pos });
    const file = task.process.files.get(fd);
    if (pos >> 63n) return -EINVAL;
    if (!file) return -EBADF;
    const bytes = yield* copy_from_user(task, buf, clamp(count, Number(MAX_RW_COUNT)));
    return writeAt(file, bytes, count > 0n, pos);
  },
);

export const sys_preadv = kernelFunction(
  'sys_preadv',
  function* (frame, task: Task, fd: bigint, vec: bigint, count: bigint, pos: bigint): Steps<number> {
    yield frame.at('sys_preadv: read at a position, piece by piece', { fd, vec, count, pos });
    const file = task.process.files.get(fd);
    if (pos >> 63n) return -EINVAL;
    if (!file) return -EBADF;
    const pieces = yield* import_iovec(task, vec, count);
    if (typeof pieces === 'number') return pieces;
    let done = 0n;
    for (const { base, length } of pieces) {
      const result = yield* readAt(task, file, base, length, pos + done);
      if (result < 0) return done > 0n ? Number(done) : result;
      done += BigInt(result);
      if (BigInt(result) < length) break;
    }
    return Number(done);
  },
);

export const sys_pwritev = kernelFunction(
  'sys_pwritev',
  function* (frame, task: Task, fd: bigint, vec: bigint, count: bigint, pos: bigint): Steps<number> {
    yield frame.at('sys_pwritev: write at a position, piece by piece', { fd, vec, count, pos });
    const file = task.process.files.get(fd);
    if (pos >> 63n) return -EINVAL;
    if (!file) return -EBADF;
    const pieces = yield* import_iovec(task, vec, count);
    if (typeof pieces === 'number') return pieces;
    const bytes = yield* gather(task, pieces, MAX_RW_COUNT);
    const wanted = pieces.some(({ length }) => length > 0n);
    return writeAt(file, bytes, wanted, pos);
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

/**
 * Where a copy between files reads or writes: at `*at` (of `width` bytes), which moves on, or at the file's own position if `at` is 0.
 */
function* offsetAt(task: Task, at: bigint, width: 4 | 8): Steps<bigint | undefined | number> {
  if (at === 0n) return undefined;
  const value = yield* get_user(task, at, width);
  if (value === undefined) return -EFAULT;
  return value >> BigInt(8 * width - 1) ? -EINVAL : value;
}

/** Copies up to `count` bytes from one file to another, without waiting for more than the first. → bytes or −errno */
const do_splice: (
  task: Task,
  input: OpenFile | undefined,
  inAt: bigint,
  output: OpenFile | undefined,
  outAt: bigint,
  count: bigint,
  width?: 4 | 8,
) => Steps<number> = kernelFunction(
  'do_splice',
  function* (
    frame,
    task: Task,
    input: OpenFile | undefined,
    inAt: bigint,
    output: OpenFile | undefined,
    outAt: bigint,
    count: bigint,
    width: 4 | 8 = 8,
  ) {
    if (!input?.readable || !output?.writable) return -EBADF;
    const from = yield* offsetAt(task, inAt, width);
    const to = yield* offsetAt(task, outAt, width);
    if (typeof from === 'number') return from;
    if (typeof to === 'number') return to;
    const wanted = clamp(count, CHUNK);
    for (;;) {
      const bytes = from === undefined ? input.read(wanted) : input.pread(wanted, position(from));
      if (typeof bytes === 'number') return bytes;
      const written =
        bytes === WAIT ? WAIT : to === undefined ? output.write(bytes) : output.pwrite(bytes, position(to));
      if (bytes !== WAIT && from === undefined && (typeof written !== 'number' || written < bytes.length))
        input.unread(bytes.subarray(typeof written === 'number' && written > 0 ? written : 0));
      if (typeof written === 'number') {
        if (written > 0 && from !== undefined) yield* put_user(task, inAt, width, from + BigInt(written));
        if (written > 0 && to !== undefined) yield* put_user(task, outAt, width, to + BigInt(written));
        return afterWrite(task, written);
      }
      if (input.nonBlocking || output.nonBlocking) return -EAGAIN;
      if (signal_pending(task)) return -ERESTARTSYS;
      task.wait = { kind: 'file' };
      yield blocked(frame.at('do_splice: wait for input and room', { input: input.path, output: output.path }));
    }
  },
);

export const sys_sendfile64 = kernelFunction(
  'sys_sendfile64',
  function* (frame, task: Task, out: bigint, input: bigint, offset: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_sendfile64: copy', { out, input, offset, count });
    const { files } = task.process;
    return yield* do_splice(task, files.get(input), offset, files.get(out), 0n, count);
  },
);

/** sendfile of 32-bit programs, with an offset of 32 bits. */
export const sys_sendfile = kernelFunction(
  'sys_sendfile',
  function* (frame, task: Task, out: bigint, input: bigint, offset: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_sendfile: copy', { out, input, offset, count });
    const { files } = task.process;
    return yield* do_splice(task, files.get(input), offset, files.get(out), 0n, count, 4);
  },
);

/** splice and copy_file_range. */
export const sys_splice = kernelFunction(
  'sys_splice',
  function* (frame, task: Task, input: bigint, inAt: bigint, out: bigint, outAt: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_splice: copy', { input, inAt, out, outAt, count });
    const { files } = task.process;
    return yield* do_splice(task, files.get(input), inAt, files.get(out), outAt, count);
  },
);
