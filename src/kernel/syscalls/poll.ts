/** System calls that wait until one of several descriptors is ready. */
import { EBADF, EFAULT, EINVAL } from '../errno.ts';
import { EpollFile, EventFile } from '../files/events.ts';
import { POLLERR, POLLHUP, POLLNVAL, READABLE, WRITABLE } from '../files/open-file.ts';
import { MAX_FILES } from '../files/table.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTARTNOHAND } from '../signal/restart.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { readTimespec } from '../time/timespec.ts';
import { copy_from_user, copy_to_user, get_user } from '../user.ts';

const NS_PER_MS = 1_000_000n;

/** A time-out argument in nanoseconds: undefined waits for ever. A number is −errno. */
type Timeout = bigint | undefined;

function* timespecAt(task: Task, at: bigint, fractionUnit: bigint): Steps<Timeout | number> {
  if (at === 0n) return undefined;
  return yield* readTimespec(task, at, fractionUnit);
}

/** Milliseconds as an int: negative is for ever. */
const milliseconds = (value: bigint): Timeout => {
  const ms = BigInt.asIntN(32, value);
  return ms < 0n ? undefined : ms * NS_PER_MS;
};

/** A signal mask for the time of the wait: takes effect now, and is taken back when the call ends or a handler has run. */
function* maskFor(task: Task, sigmask: bigint, size: bigint): Steps<number> {
  if (sigmask === 0n || task.savedMask !== undefined) return 0;
  if (size !== 8n) return -EINVAL;
  const mask = yield* get_user(task, sigmask, 8);
  if (mask === undefined) return -EFAULT;
  task.savedMask = task.blocked;
  // SIGKILL and SIGSTOP cannot be blocked.
  task.blocked = mask & ~0x40100n;
  return 0;
}

/** Asks `look` until it finds something, the time is over, or a signal comes. → what it found; 0 in time; −errno */
const wait_ready: (task: Task, timeout: Timeout, look: () => number) => Steps<number> = kernelFunction(
  'wait_ready',
  function* (frame, task: Task, timeout: Timeout, look: () => number) {
    const { world } = task.process;
    for (;;) {
      const found = look();
      if (found !== 0 || timeout === 0n) return found;
      if (signal_pending(task)) return -ERESTARTNOHAND;
      task.wait ??= { kind: 'file', until: timeout === undefined ? undefined : world.now + timeout };
      const { until } = task.wait;
      if (until !== undefined && world.now >= until) return 0;
      yield blocked(frame.at('wait_ready: nothing is ready', { until }));
    }
  },
);

/** The pollfd structures: descriptors and events asked for. */
function* pollfds(task: Task, fds: bigint, count: bigint): Steps<{ fd: bigint; events: number }[] | number> {
  if (count > BigInt(MAX_FILES)) return -EINVAL;
  const bytes = yield* copy_from_user(task, fds, Number(count) * 8);
  if (bytes.length < Number(count) * 8) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Number(count) }, (_, i) => ({
    fd: BigInt(view.getInt32(i * 8, true)),
    events: view.getUint16(i * 8 + 4, true),
  }));
}

const do_poll: (task: Task, fds: bigint, count: bigint, timeout: Timeout) => Steps<number> = kernelFunction(
  'do_poll',
  function* (frame, task: Task, fds: bigint, count: bigint, timeout: Timeout) {
    const asked = yield* pollfds(task, fds, count);
    yield frame.at('do_poll: look what is ready', { fds, count, timeout });
    if (typeof asked === 'number') return asked;
    const { files } = task.process;
    const results = asked.map(() => 0);
    const ready = yield* wait_ready(task, timeout, () => {
      let found = 0;
      for (const [i, { fd, events }] of asked.entries()) {
        const file = fd >= 0n ? files.get(fd) : undefined;
        results[i] = fd < 0n ? 0 : file ? file.poll() & (events | POLLERR | POLLHUP) : POLLNVAL;
        if (results[i]) found++;
      }
      return found;
    });
    if (ready < 0) return ready;
    for (const [i, events] of results.entries())
      if ((yield* copy_to_user(task, fds + BigInt(i * 8 + 6), Uint8Array.of(events & 0xff, events >> 8))) !== 0)
        return -EFAULT;
    return ready;
  },
);

export const sys_poll = kernelFunction(
  'sys_poll',
  function* (frame, task: Task, fds: bigint, count: bigint, timeout: bigint): Steps<number> {
    yield frame.at('sys_poll: wait for readiness', { fds, count, timeout });
    return yield* do_poll(task, fds, count, milliseconds(timeout));
  },
);

export const sys_ppoll = kernelFunction(
  'sys_ppoll',
  function* (frame, task: Task, fds: bigint, count: bigint, tsp: bigint, sigmask: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_ppoll: wait for readiness', { fds, count, tsp, sigmask });
    const timeout = yield* timespecAt(task, tsp, 1n);
    if (typeof timeout === 'number') return timeout;
    const masked = yield* maskFor(task, sigmask, size);
    return masked !== 0 ? masked : yield* do_poll(task, fds, count, timeout);
  },
);

/**
 * core_sys_select: three sets of bits. POLLHUP counts as readable, POLLERR as both. Descriptors beyond the table's present size are not
 * looked at: they are neither ready nor wrong.
 */
const core_sys_select: (task: Task, n: bigint, sets: readonly bigint[], timeout: Timeout) => Steps<number> =
  kernelFunction(
    'core_sys_select',
    function* (frame, task: Task, n: bigint, sets: readonly bigint[], timeout: Timeout) {
      const { files } = task.process;
      const count = Math.min(Number(BigInt.asIntN(32, n)), files.slots);
      yield frame.at('core_sys_select: look what is ready', { n, timeout });
      if (count < 0) return -EINVAL;
      const { word } = task.abi;
      const size = Math.ceil(count / (8 * word)) * word;
      const asked: Uint8Array[] = [];
      for (const set of sets) {
        const bits = set === 0n ? new Uint8Array(size) : yield* copy_from_user(task, set, size);
        if (bits.length < size) return -EFAULT;
        asked.push(bits);
      }
      const wanted = [READABLE | POLLHUP | POLLERR, WRITABLE | POLLERR, 2];
      const results = sets.map(() => new Uint8Array(size));
      const ready = yield* wait_ready(task, timeout, () => {
        let found = 0;
        for (let fd = 0; fd < count; fd++) {
          const bit = 1 << (fd & 7);
          if (!asked.some((set) => set[fd >> 3] & bit)) continue;
          const file = files.get(BigInt(fd));
          if (!file) return -EBADF;
          const events = file.poll();
          for (const [i, set] of asked.entries()) {
            if (!(set[fd >> 3] & bit) || !(events & wanted[i])) continue;
            results[i][fd >> 3] |= bit;
            found++;
          }
        }
        return found;
      });
      if (ready < 0) return ready;
      for (const [i, set] of sets.entries())
        if (set !== 0n && (yield* copy_to_user(task, set, results[i])) !== 0) return -EFAULT;
      return ready;
    },
  );

export const sys_select = kernelFunction(
  'sys_select',
  function* (frame, task: Task, n: bigint, inp: bigint, outp: bigint, exp: bigint, tvp: bigint): Steps<number> {
    yield frame.at('sys_select: wait for readiness', { n, inp, outp, exp, tvp });
    const timeout = yield* timespecAt(task, tvp, 1000n);
    return typeof timeout === 'number' ? timeout : yield* core_sys_select(task, n, [inp, outp, exp], timeout);
  },
);

export const sys_pselect6 = kernelFunction(
  'sys_pselect6',
  function* (
    frame,
    task: Task,
    n: bigint,
    inp: bigint,
    outp: bigint,
    exp: bigint,
    tsp: bigint,
    sig: bigint,
  ): Steps<number> {
    yield frame.at('sys_pselect6: wait for readiness', { n, inp, outp, exp, tsp, sig });
    const timeout = yield* timespecAt(task, tsp, 1n);
    if (typeof timeout === 'number') return timeout;
    if (sig !== 0n) {
      const { word } = task.abi;
      const mask = yield* get_user(task, sig, word);
      const size = yield* get_user(task, sig + BigInt(word), word);
      if (mask === undefined || size === undefined) return -EFAULT;
      const masked = yield* maskFor(task, mask, size);
      if (masked !== 0) return masked;
    }
    return yield* core_sys_select(task, n, [inp, outp, exp], timeout);
  },
);

const O_CLOEXEC = 0o2000000n;
const O_NONBLOCK = 0o4000n;

export const sys_eventfd2 = kernelFunction(
  'sys_eventfd2',
  function* (frame, task: Task, count: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_eventfd2: make a counter', { count, flags });
    if (flags & ~(O_CLOEXEC | O_NONBLOCK | 1n)) return -EINVAL;
    const file = new EventFile(
      task.process.fs.root.fs,
      Number(flags & O_NONBLOCK),
      BigInt.asUintN(32, count),
      (flags & 1n) !== 0n,
    );
    return task.process.files.add(file, (flags & O_CLOEXEC) !== 0n);
  },
);

export const sys_eventfd = kernelFunction('sys_eventfd', function* (frame, task: Task, count: bigint): Steps<number> {
  yield frame.at('sys_eventfd: make a counter', { count });
  return yield* sys_eventfd2(task, count, 0n);
});

export const sys_epoll_create1 = kernelFunction(
  'sys_epoll_create1',
  function* (frame, task: Task, flags: bigint): Steps<number> {
    yield frame.at('sys_epoll_create1: make a set of watches', { flags });
    if (flags & ~O_CLOEXEC) return -EINVAL;
    return task.process.files.add(new EpollFile(task.process.fs.root.fs), flags !== 0n);
  },
);

export const sys_epoll_create = kernelFunction(
  'sys_epoll_create',
  function* (frame, task: Task, size: bigint): Steps<number> {
    yield frame.at('sys_epoll_create: make a set of watches', { size });
    return BigInt.asIntN(32, size) <= 0n ? -EINVAL : yield* sys_epoll_create1(task, 0n);
  },
);

export const sys_epoll_ctl = kernelFunction(
  'sys_epoll_ctl',
  function* (frame, task: Task, epfd: bigint, op: bigint, fd: bigint, event: bigint): Steps<number> {
    yield frame.at('sys_epoll_ctl: change a watch', { epfd, op, fd, event });
    const { files } = task.process;
    const [epoll, file] = [files.get(epfd), files.get(fd)];
    const deletes = op === 2n;
    const events = deletes ? 0n : yield* get_user(task, event, 4);
    const data = deletes ? 0n : yield* get_user(task, event + 4n, 8);
    if (events === undefined || data === undefined) return -EFAULT;
    if (!epoll || !file) return -EBADF;
    if (!(epoll instanceof EpollFile)) return -EINVAL;
    return epoll.control(Number(op & 0xffn), Number(fd), file, Number(events), data);
  },
);

const do_epoll_wait: (task: Task, epfd: bigint, events: bigint, most: bigint, timeout: Timeout) => Steps<number> =
  kernelFunction(
    'do_epoll_wait',
    function* (frame, task: Task, epfd: bigint, events: bigint, most: bigint, timeout: Timeout) {
      const file = task.process.files.get(epfd);
      const limit = Number(BigInt.asIntN(32, most));
      yield frame.at('do_epoll_wait: look what is ready', { epfd, events, most, timeout });
      if (!file) return -EBADF;
      if (!(file instanceof EpollFile) || limit <= 0) return -EINVAL;
      let found: { events: number; data: bigint }[] = [];
      const result = yield* wait_ready(task, timeout, () => {
        found = file.ready(limit);
        return found.length;
      });
      if (result <= 0) return result;
      const view = new DataView(new ArrayBuffer(found.length * 12));
      for (const [i, ready] of found.entries()) {
        view.setUint32(i * 12, ready.events, true);
        view.setBigUint64(i * 12 + 4, ready.data, true);
      }
      return (yield* copy_to_user(task, events, new Uint8Array(view.buffer))) === 0 ? result : -EFAULT;
    },
  );

export const sys_epoll_wait = kernelFunction(
  'sys_epoll_wait',
  function* (frame, task: Task, epfd: bigint, events: bigint, most: bigint, timeout: bigint): Steps<number> {
    yield frame.at('sys_epoll_wait: wait for readiness', { epfd, events, most, timeout });
    return yield* do_epoll_wait(task, epfd, events, most, milliseconds(timeout));
  },
);

export const sys_epoll_pwait = kernelFunction(
  'sys_epoll_pwait',
  function* (
    frame,
    task: Task,
    epfd: bigint,
    events: bigint,
    most: bigint,
    timeout: bigint,
    sigmask: bigint,
    size: bigint,
  ): Steps<number> {
    yield frame.at('sys_epoll_pwait: wait for readiness', { epfd, events, most, timeout, sigmask });
    const masked = yield* maskFor(task, sigmask, size);
    return masked !== 0 ? masked : yield* do_epoll_wait(task, epfd, events, most, milliseconds(timeout));
  },
);
