/** System calls on descriptors: closing, duplicates, flags, waiting for readiness. */
import { EBADF, EFAULT, EINVAL, ENOTTY } from '../errno.ts';
import { MAX_FILES } from '../files/table.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { get_user, put_user } from '../user.ts';

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

const F_DUPFD = 0n;
const F_GETFD = 1n;
const F_SETFD = 2n;
const F_GETFL = 3n;
const F_SETFL = 4n;
const F_DUPFD_CLOEXEC = 1030n;
const O_RDWR = 2;

export const sys_fcntl = kernelFunction(
  'sys_fcntl',
  function* (frame, task: Task, fd: bigint, cmd: bigint, arg: bigint): Steps<number> {
    yield frame.at('sys_fcntl: act on the descriptor', { fd, cmd, arg });
    const { files } = task.process;
    const file = files.get(fd);
    if (!file) return -EBADF;
    switch (BigInt.asUintN(32, cmd)) {
      case F_DUPFD:
      case F_DUPFD_CLOEXEC:
        return arg >= BigInt(MAX_FILES) ? -EINVAL : files.add(file, cmd === F_DUPFD_CLOEXEC, Number(arg));
      case F_GETFD:
        return files.closeOnExec(fd) ? 1 : 0;
      case F_SETFD:
        files.setCloseOnExec(fd, (arg & 1n) !== 0n);
        return 0;
      case F_GETFL:
        return file.mappable ? 0 : O_RDWR;
      case F_SETFL:
        return 0;
      default:
        return -EINVAL;
    }
  },
);

const POLLIN = 1n;
const POLLOUT = 4n;
const POLLNVAL = 0x20n;

/** poll: everything is ready at once; a read of standard input that has nothing yet waits by itself. */
export const sys_poll = kernelFunction(
  'sys_poll',
  function* (frame, task: Task, fds: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_poll: tell what is ready', { fds, count });
    if (count > BigInt(MAX_FILES)) return -EINVAL;
    let ready = 0;
    for (let at = fds; at < fds + count * 8n; at += 8n) {
      const fd = yield* get_user(task, at, 4);
      const events = yield* get_user(task, at + 4n, 2);
      if (fd === undefined || events === undefined) return -EFAULT;
      let revents = 0n;
      if (BigInt.asIntN(32, fd) >= 0n) revents = task.process.files.get(fd) ? events & (POLLIN | POLLOUT) : POLLNVAL;
      if (revents) ready++;
      if ((yield* put_user(task, at + 6n, 2, revents)) !== 0) return -EFAULT;
    }
    return ready;
  },
);

export const sys_close = kernelFunction('sys_close', function* (frame, task: Task, fd: bigint): Steps<number> {
  yield frame.at('sys_close: close');
  return task.process.files.close(fd);
});

export const sys_ioctl = kernelFunction(
  'sys_ioctl',
  function* (frame, task: Task, fd: bigint, cmd: bigint): Steps<number> {
    yield frame.at('sys_ioctl: nothing here is a terminal', { fd, cmd });
    return task.process.files.get(fd) ? -ENOTTY : -EBADF;
  },
);
