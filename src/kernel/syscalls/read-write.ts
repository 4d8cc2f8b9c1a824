/** System calls that read and write files. */
import { lesser } from '../../base/address.ts';
import { EBADF, EFAULT, EINVAL, EPIPE } from '../errno.ts';
import type { OpenFile } from '../files/open-file.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTARTSYS } from '../signal/restart.ts';
import { send_sig_to_task } from '../signal/send.ts';
import { SIGPIPE } from '../signal/types.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user } from '../user.ts';

/** Most bytes one call moves (Linux: MAX_RW_COUNT, 2 GiB; less here, so that no call takes long); larger requests are cut. */
const MAX_RW_COUNT = 64n << 20n;
/** Bytes moved through the kernel at a time. */
const CHUNK = 1 << 20;
const IOV_MAX = 1024n;
const SEEK_CUR = 1;

const clamp = (count: bigint, limit: number): number => (count > BigInt(limit) ? limit : Number(count));

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
        task.wait = { kind: 'file' };
        yield blocked(frame.at('do_read: wait for input', { file: file.name }));
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
