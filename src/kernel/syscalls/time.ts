/** Clocks: time is the number of retired instructions, one nanosecond each, and what passed while everybody slept. */
import { wordBytes } from '../abi.ts';
import { EFAULT, EINTR, EINVAL } from '../errno.ts';
import { futex_wait } from '../futex/wait.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from '../signal/restart.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { cpuTime, readClock, realtime, worldTime } from '../time/clocks.ts';
import { NS_PER_SECOND, NS_PER_US, readTimespec, timeBytes, writeTimespec } from '../time/timespec.ts';
import { copy_to_user, put_user } from '../user.ts';

export const sys_clock_gettime = kernelFunction(
  'sys_clock_gettime',
  function* (frame, task: Task, clock: bigint, tp: bigint): Steps<number> {
    const now = readClock(task, clock);
    yield frame.at('sys_clock_gettime: read the clock', { clock, now });
    if (now === undefined) return -EINVAL;
    return yield* writeTimespec(task, tp, now);
  },
);

export const sys_clock_getres = kernelFunction(
  'sys_clock_getres',
  function* (frame, task: Task, clock: bigint, tp: bigint): Steps<number> {
    yield frame.at('sys_clock_getres: one nanosecond', { clock, tp });
    if (readClock(task, clock) === undefined) return -EINVAL;
    if (tp === 0n) return 0;
    return yield* writeTimespec(task, tp, 1n);
  },
);

export const sys_gettimeofday = kernelFunction(
  'sys_gettimeofday',
  function* (frame, task: Task, tv: bigint, tz: bigint): Steps<number> {
    const now = realtime(task.process);
    yield frame.at('sys_gettimeofday: read the clock', { tv, tz, now });
    if (tv !== 0n && (yield* copy_to_user(task, tv, timeBytes(task.abi, now, NS_PER_US))) !== 0) return -EFAULT;
    return tz !== 0n ? yield* put_user(task, tz, 8, 0n) : 0;
  },
);

export const sys_time = kernelFunction('sys_time', function* (frame, task: Task, tloc: bigint): Steps<bigint> {
  const seconds = realtime(task.process) / NS_PER_SECOND;
  yield frame.at('sys_time: read the clock', { tloc, seconds });
  if (tloc !== 0n && (yield* put_user(task, tloc, task.abi.word, seconds)) !== 0) return BigInt(-EFAULT);
  return seconds;
});

/** Sleeps until `until` on the world's clock. `rem`: where to tell what was left when a signal came, unless the time was absolute. */
const do_nanosleep: (task: Task, until: bigint, rem: bigint, absolute: boolean) => Steps<number> = kernelFunction(
  'do_nanosleep',
  function* (frame, task: Task, until: bigint, rem: bigint, absolute: boolean) {
    const { world } = task.process;
    task.wait ??= { kind: 'sleep', until };
    const end = task.wait.until ?? until;
    while (world.now < end) {
      if (signal_pending(task)) {
        if (absolute) return -ERESTARTNOHAND;
        if (rem !== 0n && (yield* writeTimespec(task, rem, end - world.now)) !== 0) return -EFAULT;
        task.restartBlock = { kind: 'sleep', until: end, remaining: rem, abi: task.abi };
        return -ERESTART_RESTARTBLOCK;
      }
      yield blocked(frame.at('do_nanosleep: sleep', { until: end }));
    }
    return 0;
  },
);

export const sys_nanosleep = kernelFunction(
  'sys_nanosleep',
  function* (frame, task: Task, request: bigint, rem: bigint): Steps<number> {
    yield frame.at('sys_nanosleep: for how long', { request, rem });
    const time = yield* readTimespec(task, request);
    return typeof time === 'number' ? time : yield* do_nanosleep(task, task.process.world.now + time, rem, false);
  },
);

/** Goes on with a call that a signal interrupted; its deadline stands. */
export const sys_restart_syscall = kernelFunction('sys_restart_syscall', function* (frame, task: Task): Steps<number> {
  const block = task.restartBlock;
  yield frame.at('sys_restart_syscall: go on with the interrupted call', { call: block?.kind, until: block?.until });
  if (!block) return -EINTR;
  if (block.kind === 'sleep') {
    task.abi = block.abi;
    return yield* do_nanosleep(task, block.until, block.remaining, false);
  }
  return yield* futex_wait(task, block);
});

const TIMER_ABSTIME = 1n;
export const sys_clock_nanosleep = kernelFunction(
  'sys_clock_nanosleep',
  function* (frame, task: Task, clock: bigint, flags: bigint, request: bigint, rem: bigint): Steps<number> {
    yield frame.at('sys_clock_nanosleep: for how long, or until when', { clock, flags, request, rem });
    if (readClock(task, clock) === undefined) return -EINVAL;
    const time = yield* readTimespec(task, request);
    if (typeof time === 'number') return time;
    const absolute = (flags & TIMER_ABSTIME) !== 0n;
    const until = absolute ? worldTime(task, clock, time) : task.process.world.now + time;
    return yield* do_nanosleep(task, until, rem, absolute);
  },
);

/** times: ticks of 10 ms, all of them user time. */
export const sys_times = kernelFunction('sys_times', function* (frame, task: Task, buf: bigint): Steps<bigint> {
  const ticks = task.process.world.now / 10_000_000n;
  yield frame.at('sys_times: read the clock', { buf, ticks });
  const image = wordBytes(task.abi.word, [ticks, 0n, 0n, 0n]);
  if (buf !== 0n && (yield* copy_to_user(task, buf, image)) !== 0) return BigInt(-EFAULT);
  return ticks;
});

/** Four words of times, then fourteen counts. */
export const RUSAGE_WORDS = 18;

/** getrusage: all time is user time. */
export const sys_getrusage = kernelFunction(
  'sys_getrusage',
  function* (frame, task: Task, who: bigint, usage: bigint): Steps<number> {
    const now = cpuTime(task.process);
    yield frame.at('sys_getrusage: read the clock', { who, usage });
    const words = new Array<bigint>(RUSAGE_WORDS).fill(0n);
    [words[0], words[1]] = [now / NS_PER_SECOND, (now % NS_PER_SECOND) / NS_PER_US];
    words[4] = BigInt(task.mm.memory.presentCount * 4);
    const image = wordBytes(task.abi.word, words);
    return (yield* copy_to_user(task, usage, image)) === 0 ? 0 : -EFAULT;
  },
);
