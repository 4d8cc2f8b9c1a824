/** Clocks: time is the number of retired instructions, one nanosecond each, and what passed while everybody slept. */
import { EFAULT, EINVAL } from '../errno.ts';
import type { Process } from '../process.ts';
import { ERESTARTNOHAND } from '../signal/deliver.ts';
import { signal_pending } from '../signal/pending.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user, get_user, put_user } from '../user.ts';

const NS_PER_SECOND = 1_000_000_000n;
const CLOCK_REALTIME = 0n;
const CLOCK_REALTIME_COARSE = 5n;
const CLOCK_TAI = 11n;

/** Nanoseconds since the world began. */
const uptime = (process: Process<Task>): bigint => process.world.now;
const realtime = (process: Process<Task>): bigint => process.inputs.startTime() * NS_PER_SECOND + uptime(process);

/** Two 64-bit words: seconds and a fraction. */
function pair(seconds: bigint, fraction: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setBigInt64(0, seconds, true);
  view.setBigInt64(8, fraction, true);
  return new Uint8Array(view.buffer);
}

function readClock(task: Task, clock: bigint): bigint | undefined {
  const id = BigInt.asIntN(32, clock);
  if (id < 0n || id > CLOCK_TAI || id === 10n) return undefined;
  const wall = id === CLOCK_REALTIME || id === CLOCK_REALTIME_COARSE || id === CLOCK_TAI || id === 8n;
  return wall ? realtime(task.process) : uptime(task.process);
}

export const sys_clock_gettime = kernelFunction(
  'sys_clock_gettime',
  function* (frame, task: Task, clock: bigint, tp: bigint): Steps<number> {
    const now = readClock(task, clock);
    yield frame.at('sys_clock_gettime: read the clock', { clock, now });
    if (now === undefined) return -EINVAL;
    return (yield* copy_to_user(task, tp, pair(now / NS_PER_SECOND, now % NS_PER_SECOND))) === 0 ? 0 : -EFAULT;
  },
);

export const sys_clock_getres = kernelFunction(
  'sys_clock_getres',
  function* (frame, task: Task, clock: bigint, tp: bigint): Steps<number> {
    yield frame.at('sys_clock_getres: one nanosecond', { clock, tp });
    if (readClock(task, clock) === undefined) return -EINVAL;
    if (tp === 0n) return 0;
    return (yield* copy_to_user(task, tp, pair(0n, 1n))) === 0 ? 0 : -EFAULT;
  },
);

export const sys_gettimeofday = kernelFunction(
  'sys_gettimeofday',
  function* (frame, task: Task, tv: bigint, tz: bigint): Steps<number> {
    const now = realtime(task.process);
    yield frame.at('sys_gettimeofday: read the clock', { tv, tz, now });
    if (tv !== 0n && (yield* copy_to_user(task, tv, pair(now / NS_PER_SECOND, (now % NS_PER_SECOND) / 1000n))) !== 0)
      return -EFAULT;
    return tz !== 0n ? yield* put_user(task, tz, 8, 0n) : 0;
  },
);

export const sys_time = kernelFunction('sys_time', function* (frame, task: Task, tloc: bigint): Steps<bigint> {
  const seconds = realtime(task.process) / NS_PER_SECOND;
  yield frame.at('sys_time: read the clock', { tloc, seconds });
  if (tloc !== 0n && (yield* put_user(task, tloc, 8, seconds)) !== 0) return BigInt(-EFAULT);
  return seconds;
});

/** Sleeps. `until`: the time is absolute, on `clock`. */
const do_nanosleep: (task: Task, clock: bigint, request: bigint, until: boolean) => Steps<number> = kernelFunction(
  'do_nanosleep',
  function* (frame, task: Task, clock: bigint, request: bigint, until: boolean) {
    const seconds = yield* get_user(task, request, 8);
    const fraction = yield* get_user(task, request + 8n, 8);
    if (seconds === undefined || fraction === undefined) return -EFAULT;
    if (seconds >> 63n || fraction >= NS_PER_SECOND) return -EINVAL;
    const now = readClock(task, clock);
    if (now === undefined) return -EINVAL;
    const { world } = task.process;
    const duration = seconds * NS_PER_SECOND + fraction - (until ? now : 0n);
    task.wait ??= { kind: 'sleep', until: world.now + duration };
    while (task.wait.until !== undefined && world.now < task.wait.until) {
      if (signal_pending(task)) return -ERESTARTNOHAND;
      yield blocked(frame.at('do_nanosleep: sleep', { until: task.wait.until }));
    }
    return 0;
  },
);

export const sys_nanosleep = kernelFunction(
  'sys_nanosleep',
  function* (frame, task: Task, request: bigint): Steps<number> {
    yield frame.at('sys_nanosleep: for how long', { request });
    return yield* do_nanosleep(task, 1n, request, false);
  },
);

const TIMER_ABSTIME = 1n;
export const sys_clock_nanosleep = kernelFunction(
  'sys_clock_nanosleep',
  function* (frame, task: Task, clock: bigint, flags: bigint, request: bigint): Steps<number> {
    yield frame.at('sys_clock_nanosleep: for how long, or until when', { clock, flags, request });
    return yield* do_nanosleep(task, clock, request, (flags & TIMER_ABSTIME) !== 0n);
  },
);

/** times: ticks of 10 ms, all of them user time. */
export const sys_times = kernelFunction('sys_times', function* (frame, task: Task, buf: bigint): Steps<bigint> {
  const ticks = uptime(task.process) / 10_000_000n;
  yield frame.at('sys_times: read the clock', { buf, ticks });
  const image = new Uint8Array(32);
  image.set(pair(ticks, 0n));
  if (buf !== 0n && (yield* copy_to_user(task, buf, image)) !== 0) return BigInt(-EFAULT);
  return ticks;
});

/** getrusage: all time is user time. */
export const sys_getrusage = kernelFunction(
  'sys_getrusage',
  function* (frame, task: Task, who: bigint, usage: bigint): Steps<number> {
    const now = uptime(task.process);
    yield frame.at('sys_getrusage: read the clock', { who, usage });
    const image = new Uint8Array(144);
    image.set(pair(now / NS_PER_SECOND, (now % NS_PER_SECOND) / 1000n));
    new DataView(image.buffer).setBigInt64(32, BigInt(task.mm.memory.presentCount * 4), true);
    return (yield* copy_to_user(task, usage, image)) === 0 ? 0 : -EFAULT;
  },
);
