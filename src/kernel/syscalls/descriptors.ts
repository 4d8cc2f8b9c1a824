/** System calls on descriptors: duplicates, flags, locks, pipes, closing. */
import { wordBytes, wordsOf } from '../abi.ts';
import { EBADF, EFAULT, EINVAL, EMFILE, ENOTTY, EPERM } from '../errno.ts';
import { type LockRequest, lockFile, releaseLocks, testLock } from '../files/locks.ts';
import { O_APPEND, O_NONBLOCK, type OpenFile } from '../files/open-file.ts';
import { makePipe, PipeEnd } from '../files/pipe.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTARTSYS } from '../signal/restart.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, put_user } from '../user.ts';

export const sys_dup = kernelFunction('sys_dup', function* (frame, task: Task, fd: bigint): Steps<number> {
  yield frame.at('sys_dup: duplicate', { fd });
  const { files } = task.process;
  const file = files.get(fd);
  return file ? files.add(file) : -EBADF;
});

const O_CLOEXEC = 0o2000000n;

export const sys_dup2 = kernelFunction(
  'sys_dup2',
  function* (frame, task: Task, from: bigint, to: bigint): Steps<number> {
    yield frame.at('sys_dup2: duplicate to a number', { from, to });
    const { files } = task.process;
    const file = files.get(from);
    if (!file) return -EBADF;
    return from === to ? Number(to) : files.put(file, to, false);
  },
);

export const sys_dup3 = kernelFunction(
  'sys_dup3',
  function* (frame, task: Task, from: bigint, to: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_dup3: duplicate to a number', { from, to, flags });
    const { files } = task.process;
    if (from === to || flags & ~O_CLOEXEC) return -EINVAL;
    const file = files.get(from);
    return file ? files.put(file, to, flags !== 0n) : -EBADF;
  },
);

/** struct flock: two shorts, start and length (`offset` bytes each, the first at `start`), the process; `size` in all. */
interface FlockLayout {
  start: number;
  offset: 4 | 8;
  size: number;
}
const FLOCK: FlockLayout = { start: 8, offset: 8, size: 32 };
/** Of i386: as it was, and with 64-bit offsets (F_GETLK64 and its like). */
const FLOCK_I386: FlockLayout = { start: 4, offset: 4, size: 16 };
const FLOCK64_I386: FlockLayout = { start: 4, offset: 8, size: 24 };

/** → or −errno */
function* flockAt(task: Task, file: OpenFile, at: bigint, layout: FlockLayout): Steps<LockRequest | number> {
  const bytes = yield* copy_from_user(task, at, layout.size);
  if (bytes.length < layout.size) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = wordsOf(layout.offset, bytes.subarray(layout.start, layout.start + 2 * layout.offset));
  const [from, extent] = words.map((word) => BigInt.asIntN(8 * layout.offset, word));
  const type = view.getInt16(0, true);
  const whence = view.getInt16(2, true);
  const position = whence === 1 ? BigInt.asUintN(64, file.seek(0n, 1)) : whence === 2 ? BigInt(file.inode.size) : 0n;
  let start = from + position;
  let length = extent;
  if (length < 0n) {
    start += length;
    length = -length;
  }
  if (type < 0 || type > 2 || whence < 0 || whence > 2 || start < 0n) return -EINVAL;
  return { type, start, end: length === 0n ? undefined : start + length, pid: task.process.pid };
}

const do_fcntl_lock: (task: Task, file: OpenFile, at: bigint, waits: boolean, layout: FlockLayout) => Steps<number> =
  kernelFunction(
    'do_fcntl_lock',
    function* (frame, task: Task, file: OpenFile, at: bigint, waits: boolean, layout: FlockLayout) {
      const request = yield* flockAt(task, file, at, layout);
      yield frame.at('do_fcntl_lock: take or release the lock', { path: file.path });
      if (typeof request === 'number') return request;
      if ((request.type === 0 && !file.readable) || (request.type === 1 && !file.writable)) return -EBADF;
      for (;;) {
        const result = lockFile(file.inode, request);
        if (result === 0 || !waits) return result;
        if (signal_pending(task)) return -ERESTARTSYS;
        task.wait = { kind: 'file' };
        yield blocked(frame.at('do_fcntl_lock: wait until it is free', { path: file.path }));
      }
    },
  );

function* do_fcntl_getlk(task: Task, file: OpenFile, at: bigint, layout: FlockLayout): Steps<number> {
  const request = yield* flockAt(task, file, at, layout);
  if (typeof request === 'number') return request;
  const other = testLock(file.inode, request);
  if (!other) return yield* put_user(task, at, 2, 2n);
  const { start, offset } = layout;
  const image = new Uint8Array(start + 2 * offset + 4);
  const view = new DataView(image.buffer);
  view.setInt16(0, other.type, true);
  image.set(wordBytes(offset, [other.start, other.end === undefined ? 0n : other.end - other.start]), start);
  view.setInt32(start + 2 * offset, other.pid, true);
  return (yield* copy_to_user(task, at, image)) === 0 ? 0 : -EFAULT;
}

const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_GETLK = 5;
const F_SETLK = 6;
const F_SETLKW = 7;
const F_GETLK64 = 12;
const F_SETLK64 = 13;
const F_SETLKW64 = 14;
const F_SETOWN = 8;
const F_GETOWN = 9;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
/** What F_SETFL can change: of O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_NOATIME those that mean something here. */
const SETTABLE = O_APPEND | O_NONBLOCK;
const MAX_PIPE = 1 << 20;

function setPipeSize(file: OpenFile, size: bigint): number {
  if (!(file instanceof PipeEnd)) return -EBADF;
  if (size > BigInt(MAX_PIPE)) return -EPERM;
  const { queue } = file.inode;
  queue.capacity = Math.max(4096, 2 ** Math.ceil(Math.log2(Number(size) || 1)), queue.size);
  return queue.capacity;
}

export const sys_fcntl = kernelFunction(
  'sys_fcntl',
  function* (frame, task: Task, fd: bigint, cmd: bigint, arg: bigint): Steps<number> {
    yield frame.at('sys_fcntl: act on the descriptor', { fd, cmd, arg });
    const { files } = task.process;
    const file = files.get(fd);
    if (!file) return -EBADF;
    const command = Number(BigInt.asUintN(32, cmd));
    const wide = task.abi.word === 8;
    switch (command) {
      case F_DUPFD:
      case F_DUPFD_CLOEXEC:
        return arg >= BigInt(files.limit) ? -EINVAL : files.add(file, command === F_DUPFD_CLOEXEC, Number(arg));
      case F_GETFD:
        return files.closeOnExec(fd) ? 1 : 0;
      case F_SETFD:
        files.setCloseOnExec(fd, (arg & 1n) !== 0n);
        return 0;
      case F_GETFL:
        return file.flags;
      case F_SETFL:
        file.flags = (file.flags & ~SETTABLE) | (Number(BigInt.asUintN(31, arg)) & SETTABLE);
        return 0;
      case F_GETLK:
        return yield* do_fcntl_getlk(task, file, arg, wide ? FLOCK : FLOCK_I386);
      case F_SETLK:
      case F_SETLKW:
        return yield* do_fcntl_lock(task, file, arg, command === F_SETLKW, wide ? FLOCK : FLOCK_I386);
      case F_GETLK64:
        return wide ? -EINVAL : yield* do_fcntl_getlk(task, file, arg, FLOCK64_I386);
      case F_SETLK64:
      case F_SETLKW64:
        return wide ? -EINVAL : yield* do_fcntl_lock(task, file, arg, command === F_SETLKW64, FLOCK64_I386);
      case F_SETOWN:
      case F_GETOWN:
        return 0;
      case F_SETPIPE_SZ:
        return setPipeSize(file, arg);
      case F_GETPIPE_SZ:
        return file instanceof PipeEnd ? file.inode.queue.capacity : -EBADF;
      default:
        return -EINVAL;
    }
  },
);

/** flock: locks of whole files belong to the description, so only other descriptions of the same file could be in the way. */
export const sys_flock = kernelFunction(
  'sys_flock',
  function* (frame, task: Task, fd: bigint, operation: bigint): Steps<number> {
    yield frame.at('sys_flock: lock the file', { fd, operation });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    const kind = operation & ~4n;
    return kind === 1n || kind === 2n || kind === 8n ? 0 : -EINVAL;
  },
);

export const sys_close = kernelFunction('sys_close', function* (frame, task: Task, fd: bigint): Steps<number> {
  yield frame.at('sys_close: close', { fd });
  const { files, pid } = task.process;
  const inode = files.get(fd)?.inode;
  if (inode) releaseLocks(inode, pid);
  return files.close(fd);
});

const do_pipe2: (task: Task, fildes: bigint, flags: bigint) => Steps<number> = kernelFunction(
  'do_pipe2',
  function* (frame, task: Task, fildes: bigint, flags: bigint) {
    yield frame.at('do_pipe2: make both ends', { fildes, flags });
    if (flags & ~(O_CLOEXEC | BigInt(O_NONBLOCK) | 0o40000n)) return -EINVAL;
    const { files, fs } = task.process;
    const ends = makePipe(fs.root.fs, Number(flags) & O_NONBLOCK);
    const numbers = ends.map((end) => files.add(end, (flags & O_CLOEXEC) !== 0n));
    const failed = numbers.some((fd) => fd < 0);
    const view = new DataView(new ArrayBuffer(8));
    for (const [i, fd] of numbers.entries()) view.setInt32(i * 4, fd, true);
    if (!failed && (yield* copy_to_user(task, fildes, new Uint8Array(view.buffer))) === 0) return 0;
    for (const fd of numbers) if (fd >= 0) files.close(BigInt(fd));
    return failed ? -EMFILE : -EFAULT;
  },
);

export const sys_pipe = kernelFunction('sys_pipe', function* (frame, task: Task, fildes: bigint): Steps<number> {
  yield frame.at('sys_pipe: make a pipe', { fildes });
  return yield* do_pipe2(task, fildes, 0n);
});

export const sys_pipe2 = kernelFunction(
  'sys_pipe2',
  function* (frame, task: Task, fildes: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_pipe2: make a pipe', { fildes, flags });
    return yield* do_pipe2(task, fildes, flags);
  },
);

const FIONREAD = 0x541b;
const FIONBIO = 0x5421;
const FIOCLEX = 0x5451;
const FIONCLEX = 0x5450;

/** ioctl: nothing here is a terminal. */
export const sys_ioctl = kernelFunction(
  'sys_ioctl',
  function* (frame, task: Task, fd: bigint, cmd: bigint, arg: bigint): Steps<number> {
    const { files } = task.process;
    const file = files.get(fd);
    yield frame.at('sys_ioctl: act on the file', { fd, cmd, path: file?.path });
    if (!file) return -EBADF;
    switch (Number(BigInt.asUintN(32, cmd))) {
      case FIOCLEX:
      case FIONCLEX:
        files.setCloseOnExec(fd, Number(cmd) === FIOCLEX);
        return 0;
      case FIONBIO: {
        const on = yield* get_user(task, arg, 4);
        if (on === undefined) return -EFAULT;
        file.flags = on ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
        return 0;
      }
      case FIONREAD: {
        const count = file.query(FIONREAD);
        return count < 0 ? count : yield* put_user(task, arg, 4, BigInt(count));
      }
      default:
        return -ENOTTY;
    }
  },
);
