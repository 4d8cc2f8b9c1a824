/** timer_create and its relatives. */
import { wordsOf } from '../abi.ts';
import { EAGAIN, EFAULT, EINVAL } from '../errno.ts';
import type { Process } from '../process.ts';
import type { Timer } from '../sched/timer.ts';
import { NSIG, SIGALRM } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, put_user } from '../user.ts';
import { readClock, worldTime } from './clocks.ts';
import { remaining } from './interval-timers.ts';
import { timerNow } from './timers.ts';
import { readTimespec, timePairBytes, timeSize } from './timespec.ts';

const SIGEV_SIGNAL = 0;
const SIGEV_NONE = 1;
const SIGEV_THREAD_ID = 4;
const SIGEVENT_SIZE = 64;
const TIMER_ABSTIME = 1n;
/** Most timers of a process. */
const MAX_TIMERS = 256;
const CPU_CLOCKS: readonly bigint[] = [2n, 3n];

const own = ({ world, pid }: Process<Task>): Timer[] =>
  world.timers.filter((timer) => timer.kind === 'posix' && timer.pid === pid);
const find = (task: Task, id: bigint): Timer | undefined =>
  own(task.process).find((timer) => timer.id === Number(BigInt.asIntN(32, id)));

type Notification = Pick<Timer, 'signo' | 'value' | 'tid'>;

/** How the program wants to be told, or −errno. */
function* readSigevent(task: Task, event: bigint, id: number): Steps<Notification | number> {
  if (event === 0n) return { signo: SIGALRM, value: BigInt(id), tid: undefined };
  const bytes = yield* copy_from_user(task, event, SIGEVENT_SIZE);
  if (bytes.length < SIGEVENT_SIZE) return -EFAULT;
  const { word } = task.abi;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIGEVENT_SIZE);
  const [value] = wordsOf(word, bytes);
  const signo = view.getInt32(word, true);
  const notify = view.getInt32(word + 4, true);
  if (notify === SIGEV_NONE) return { signo: 0, value, tid: undefined };
  const tid = notify === SIGEV_THREAD_ID ? view.getInt32(word + 8, true) : undefined;
  const known = tid === undefined || task.process.tasks.some((other) => other.tid === tid);
  const meant = notify === SIGEV_SIGNAL || notify === SIGEV_THREAD_ID;
  return meant && known && signo >= 1 && signo <= NSIG ? { signo, value, tid } : -EINVAL;
}

/** The clock each timer was made for is needed for absolute times. */
export const sys_timer_create = kernelFunction(
  'sys_timer_create',
  function* (frame, task: Task, clock: bigint, event: bigint, created: bigint): Steps<number> {
    yield frame.at('sys_timer_create: make a timer', { clock, event });
    const { process } = task;
    if (readClock(task, clock) === undefined) return -EINVAL;
    const mine = own(process);
    if (mine.length >= MAX_TIMERS) return -EAGAIN;
    let id = 0;
    while (mine.some((timer) => timer.id === id)) id++;
    const notification = yield* readSigevent(task, event, id);
    if (typeof notification === 'number') return notification;
    if ((yield* put_user(task, created, 4, BigInt(id))) !== 0) return -EFAULT;
    const isCpu = CPU_CLOCKS.includes(clock);
    process.world.timers.push({
      pid: process.pid,
      id,
      kind: 'posix',
      clock: isCpu ? 'cpu' : 'world',
      source: clock,
      expires: undefined,
      interval: 0n,
      overrun: 0,
      ...notification,
    });
    return 0;
  },
);

const itimerspec = ({ process, abi }: Task, timer: Timer): Uint8Array =>
  timePairBytes(abi, timer.interval, remaining(process, timer));

export const sys_timer_settime = kernelFunction(
  'sys_timer_settime',
  function* (frame, task: Task, id: bigint, flags: bigint, value: bigint, old: bigint): Steps<number> {
    yield frame.at('sys_timer_settime: set the timer', { id, flags, value });
    const { process } = task;
    const interval = yield* readTimespec(task, value);
    if (typeof interval === 'number') return interval;
    const first = yield* readTimespec(task, value + BigInt(timeSize(task.abi)));
    if (typeof first === 'number') return first;
    const timer = find(task, id);
    if (!timer) return -EINVAL;
    const before = itimerspec(task, timer);
    const absolute = (flags & TIMER_ABSTIME) !== 0n;
    const at = !absolute
      ? timerNow(process, timer) + first
      : timer.clock === 'cpu'
        ? first
        : worldTime(task, timer.source ?? 1n, first);
    timer.expires = first > 0n ? at : undefined;
    timer.interval = interval;
    return old === 0n || (yield* copy_to_user(task, old, before)) === 0 ? 0 : -EFAULT;
  },
);

export const sys_timer_gettime = kernelFunction(
  'sys_timer_gettime',
  function* (frame, task: Task, id: bigint, value: bigint): Steps<number> {
    yield frame.at('sys_timer_gettime: tell the timer', { id, value });
    const timer = find(task, id);
    if (!timer) return -EINVAL;
    return (yield* copy_to_user(task, value, itimerspec(task, timer))) === 0 ? 0 : -EFAULT;
  },
);

export const sys_timer_getoverrun = kernelFunction(
  'sys_timer_getoverrun',
  function* (frame, task: Task, id: bigint): Steps<number> {
    yield frame.at('sys_timer_getoverrun: tell how often it expired unseen', { id });
    return find(task, id)?.overrun ?? -EINVAL;
  },
);

export const sys_timer_delete = kernelFunction(
  'sys_timer_delete',
  function* (frame, task: Task, id: bigint): Steps<number> {
    yield frame.at('sys_timer_delete: take the timer away', { id });
    const timer = find(task, id);
    if (!timer) return -EINVAL;
    const { timers } = task.process.world;
    timers.splice(timers.indexOf(timer), 1);
    return 0;
  },
);
