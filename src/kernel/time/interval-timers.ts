/** setitimer, getitimer, alarm. */
import { EFAULT, EINVAL } from '../errno.ts';
import type { Process } from '../process.ts';
import type { Timer } from '../sched/timer.ts';
import { SIGALRM, SIGPROF, SIGVTALRM } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { timerNow } from './timers.ts';
import { NS_PER_SECOND, NS_PER_US, readTimespec, timePairBytes, timeSize } from './timespec.ts';

const ITIMER_REAL = 0;
/** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF: all CPU time is user time, so the last two run alike. */
const SIGNALS: readonly number[] = [SIGALRM, SIGVTALRM, SIGPROF];

function timerOf({ world, pid }: Process<Task>, which: number): Timer {
  const known = world.timers.find((timer) => timer.kind === 'interval' && timer.pid === pid && timer.id === which);
  if (known) return known;
  const clock = which === ITIMER_REAL ? 'world' : 'cpu';
  const common = { pid, id: which, clock, kind: 'interval', value: 0n, tid: undefined, overrun: 0 } as const;
  const timer: Timer = { ...common, signo: SIGNALS[which], expires: undefined, interval: 0n };
  world.timers.push(timer);
  return timer;
}

/** Nanoseconds until it expires; 0 while it is off. */
export function remaining(process: Process<Task>, timer: Timer): bigint {
  if (timer.expires === undefined) return 0n;
  const left = timer.expires - timerNow(process, timer);
  // A running timer never shows zero.
  return left > 0n ? left : 1n;
}

function arm(process: Process<Task>, timer: Timer, value: bigint, interval: bigint): void {
  timer.expires = value > 0n ? timerNow(process, timer) + value : undefined;
  timer.interval = interval;
}

function itimerval({ process, abi }: Task, timer: Timer): Uint8Array {
  // Rounded up, so that what is left does not look like nothing.
  const left = remaining(process, timer) + NS_PER_US - 1n;
  return timePairBytes(abi, timer.interval, left, NS_PER_US);
}

export const sys_getitimer = kernelFunction(
  'sys_getitimer',
  function* (frame, task: Task, which: bigint, value: bigint): Steps<number> {
    yield frame.at('sys_getitimer: tell the timer', { which, value });
    const { process } = task;
    if (which >= BigInt(SIGNALS.length)) return -EINVAL;
    return (yield* copy_to_user(task, value, itimerval(task, timerOf(process, Number(which))))) === 0 ? 0 : -EFAULT;
  },
);

export const sys_setitimer = kernelFunction(
  'sys_setitimer',
  function* (frame, task: Task, which: bigint, value: bigint, ovalue: bigint): Steps<number> {
    yield frame.at('sys_setitimer: set the timer', { which, value, ovalue });
    const { process } = task;
    const interval = value === 0n ? 0n : yield* readTimespec(task, value, NS_PER_US);
    if (typeof interval === 'number') return interval;
    const first = value === 0n ? 0n : yield* readTimespec(task, value + BigInt(timeSize(task.abi)), NS_PER_US);
    if (typeof first === 'number') return first;
    if (which >= BigInt(SIGNALS.length)) return -EINVAL;
    const timer = timerOf(process, Number(which));
    const old = itimerval(task, timer);
    arm(process, timer, first, interval);
    return ovalue === 0n || (yield* copy_to_user(task, ovalue, old)) === 0 ? 0 : -EFAULT;
  },
);

/** → seconds that were left of the last alarm, rounded to the nearest but never to 0 */
export const sys_alarm = kernelFunction('sys_alarm', function* (frame, task: Task, seconds: bigint): Steps<number> {
  yield frame.at('sys_alarm: set the timer', { seconds });
  const { process } = task;
  const timer = timerOf(process, ITIMER_REAL);
  const left = remaining(process, timer);
  arm(process, timer, BigInt.asUintN(32, seconds) * NS_PER_SECOND, 0n);
  const rounded = Number((left + NS_PER_SECOND / 2n) / NS_PER_SECOND);
  return left > 0n ? Math.max(1, rounded) : 0;
});
