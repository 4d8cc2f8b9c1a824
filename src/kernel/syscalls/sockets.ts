/** Sockets: there is no network in the emulated world. Local sockets exist, and can be had in connected pairs; nobody listens. */
import { EAFNOSUPPORT, EBADF, ECONNREFUSED, EFAULT, EINVAL, EMFILE, ENOTSOCK, EOPNOTSUPP } from '../errno.ts';
import { makeSocketPair, SocketFile } from '../files/socket.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user } from '../user.ts';
import { CWD, inodeAt } from './path-argument.ts';

const AF_UNIX = 1n;
const SOCK_TYPE = 0xfn;
const SOCK_STREAM = 1n;
const SOCK_NONBLOCK = 0o4000n;
const SOCK_CLOEXEC = 0o2000000n;
const NR_SOCKET = 41;
const NR_SOCKETPAIR = 53;

const familyOf = (family: bigint) => BigInt.asUintN(32, family);

/** socket: of the local family only; every other is refused, and the report says so. */
export const sys_socket = kernelFunction(
  'sys_socket',
  function* (frame, task: Task, family: bigint, type: bigint, protocol: bigint): Steps<number> {
    yield frame.at('sys_socket: make a local socket', { family, type, protocol });
    if (type & ~(SOCK_TYPE | SOCK_NONBLOCK | SOCK_CLOEXEC)) return -EINVAL;
    const { files, fs } = task.process;
    if (familyOf(family) !== AF_UNIX) {
      task.process.reportRefused(task, NR_SOCKET, [family, type, protocol]);
      return -EAFNOSUPPORT;
    }
    return files.add(new SocketFile(fs.root.fs, Number(type & SOCK_NONBLOCK)), (type & SOCK_CLOEXEC) !== 0n);
  },
);

const decoder = new TextDecoder();

/** connect: nobody listens anywhere; the path tells which error that is. */
export const sys_connect = kernelFunction(
  'sys_connect',
  function* (frame, task: Task, fd: bigint, address: bigint, length: bigint): Steps<number> {
    yield frame.at('sys_connect: nobody listens', { fd, address, length });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    if (!(file instanceof SocketFile)) return -ENOTSOCK;
    if (length < 3n || length > 110n) return -EINVAL;
    const bytes = yield* copy_from_user(task, address, Number(length));
    if (bytes.length < Number(length)) return -EFAULT;
    if (bytes[0] !== 1 || bytes[1] !== 0) return -EINVAL;
    const end = bytes.indexOf(0, 2);
    // A name that begins with a NUL is an abstract one, without a file.
    const found = end === 2 ? 0 : inodeAt(task, CWD, decoder.decode(bytes.subarray(2, end < 0 ? undefined : end)));
    return typeof found === 'number' && found < 0 ? found : -ECONNREFUSED;
  },
);

/** shutdown: 0 ends reading, 1 sending, 2 both. */
export const sys_shutdown = kernelFunction(
  'sys_shutdown',
  function* (frame, task: Task, fd: bigint, how: bigint): Steps<number> {
    yield frame.at('sys_shutdown: end the transmission', { fd, how });
    const file = task.process.files.get(fd);
    if (!file) return -EBADF;
    if (!(file instanceof SocketFile)) return -ENOTSOCK;
    if (BigInt.asUintN(32, how) > 2n) return -EINVAL;
    if (how !== 0n) file.sendingOver = true;
    return 0;
  },
);

export const sys_socketpair = kernelFunction(
  'sys_socketpair',
  function* (frame, task: Task, family: bigint, type: bigint, protocol: bigint, sv: bigint): Steps<number> {
    yield frame.at('sys_socketpair: connect two sockets', { family, type, protocol, sv });
    if (type & ~(SOCK_TYPE | SOCK_NONBLOCK | SOCK_CLOEXEC)) return -EINVAL;
    if (familyOf(family) !== AF_UNIX) return familyOf(family) === 2n ? -EOPNOTSUPP : -EAFNOSUPPORT;
    if ((type & SOCK_TYPE) !== SOCK_STREAM) {
      task.process.reportRefused(task, NR_SOCKETPAIR, [family, type, protocol, sv]);
      return -EOPNOTSUPP;
    }
    const { files, fs } = task.process;
    const ends = makeSocketPair(fs.root.fs, Number(type & SOCK_NONBLOCK));
    const numbers = ends.map((end) => files.add(end, (type & SOCK_CLOEXEC) !== 0n));
    const failed = numbers.some((fd) => fd < 0);
    const view = new DataView(new ArrayBuffer(8));
    for (const [i, fd] of numbers.entries()) view.setInt32(i * 4, fd, true);
    if (!failed && (yield* copy_to_user(task, sv, new Uint8Array(view.buffer))) === 0) return 0;
    for (const fd of numbers) if (fd >= 0) files.close(BigInt(fd));
    return failed ? -EMFILE : -EFAULT;
  },
);
