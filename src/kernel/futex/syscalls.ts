/** futex and the system calls about robust lists. */
import { EFAULT, EINVAL, ENOSYS, ESRCH } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { CLOCK_MONOTONIC, CLOCK_REALTIME, worldTime } from '../time/clocks.ts';
import { readTimespec } from '../time/timespec.ts';
import { put_user } from '../user.ts';
import { get_futex_key } from './key.ts';
import { futex_lock_pi, futex_unlock_pi } from './pi.ts';
import { futex_requeue, futex_wake_op } from './requeue.ts';
import { futex_wait } from './wait.ts';
import { FUTEX_BITSET_MATCH_ANY, futex_wake } from './waiters.ts';

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_REQUEUE = 3;
const FUTEX_CMP_REQUEUE = 4;
const FUTEX_WAKE_OP = 5;
const FUTEX_LOCK_PI = 6;
const FUTEX_UNLOCK_PI = 7;
const FUTEX_TRYLOCK_PI = 8;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_WAKE_BITSET = 10;
const FUTEX_CLOCK_REALTIME = 0x100;
const FUTEX_CMD_MASK = 0x7f;
/** Operations whose fourth argument is a time. */
const TIMED = new Set([FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_LOCK_PI]);

const int = (value: bigint): number => Number(BigInt.asIntN(32, value));
const unsigned = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** The moment the timeout names, on the world's clock; undefined without one; −errno. */
function* deadline(
  task: Task,
  operation: number,
  realtime: boolean,
  address: bigint,
): Steps<bigint | number | undefined> {
  if (!TIMED.has(operation) || address === 0n) return undefined;
  const time = yield* readTimespec(task, address);
  if (typeof time === 'number') return time;
  // FUTEX_WAIT gives a duration, the others a moment.
  if (operation === FUTEX_WAIT) return task.process.world.now + time;
  const clock = operation === FUTEX_LOCK_PI || realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  return worldTime(task, clock, time);
}

export const sys_futex = kernelFunction(
  'sys_futex',
  function* (
    frame,
    task: Task,
    uaddr: bigint,
    op: bigint,
    val: bigint,
    timeout: bigint,
    uaddr2: bigint,
    val3: bigint,
  ): Steps<number> {
    const operation = int(op) & FUTEX_CMD_MASK;
    yield frame.at('sys_futex: choose by operation', { uaddr, op: operation, val, timeout, uaddr2, val3 });
    if (uaddr & 3n || (operation >= FUTEX_REQUEUE && operation <= FUTEX_WAKE_OP && uaddr2 & 3n)) return -EINVAL;
    const until = yield* deadline(task, operation, (int(op) & FUTEX_CLOCK_REALTIME) !== 0, timeout);
    if (typeof until === 'number') return until;
    switch (operation) {
      case FUTEX_WAIT:
        return yield* futex_wait(task, { uaddr, val, bitset: FUTEX_BITSET_MATCH_ANY, until });
      case FUTEX_WAIT_BITSET:
        return unsigned(val3) === 0 ? -EINVAL : yield* futex_wait(task, { uaddr, val, bitset: unsigned(val3), until });
      case FUTEX_WAKE:
        return futex_wake(task, get_futex_key(task, uaddr), Math.max(1, int(val)));
      case FUTEX_WAKE_BITSET:
        return unsigned(val3) === 0
          ? -EINVAL
          : futex_wake(task, get_futex_key(task, uaddr), Math.max(1, int(val)), unsigned(val3));
      case FUTEX_REQUEUE:
      case FUTEX_CMP_REQUEUE: {
        if (int(val) < 0 || int(timeout) < 0) return -EINVAL;
        const expected = operation === FUTEX_CMP_REQUEUE ? val3 : undefined;
        return yield* futex_requeue(task, { uaddr, uaddr2, wake: int(val), requeue: int(timeout), expected });
      }
      case FUTEX_WAKE_OP:
        return yield* futex_wake_op(task, uaddr, uaddr2, int(val), int(timeout), BigInt.asUintN(32, val3));
      case FUTEX_LOCK_PI:
        return yield* futex_lock_pi(task, uaddr, until, false);
      case FUTEX_TRYLOCK_PI:
        return yield* futex_lock_pi(task, uaddr, undefined, true);
      case FUTEX_UNLOCK_PI:
        return yield* futex_unlock_pi(task, uaddr);
      default:
        return -ENOSYS;
    }
  },
);

/** Size of struct robust_list_head: three words. */
const robustListHead = ({ abi }: Task): bigint => BigInt(3 * abi.word);

export const sys_set_robust_list = kernelFunction(
  'sys_set_robust_list',
  function* (frame, task: Task, head: bigint, len: bigint): Steps<number> {
    yield frame.at('sys_set_robust_list: note the list');
    if (len !== robustListHead(task)) return -EINVAL;
    task.robust_list = head;
    return 0;
  },
);

export const sys_get_robust_list = kernelFunction(
  'sys_get_robust_list',
  function* (frame, task: Task, pid: bigint, head: bigint, len: bigint): Steps<number> {
    yield frame.at('sys_get_robust_list: tell the list', { pid });
    const tid = int(pid);
    const target = tid === 0 ? task : task.process.world.scheduler.tasks.find((other) => other.tid === tid);
    if (!target) return -ESRCH;
    if ((yield* put_user(task, len, task.abi.word, robustListHead(task))) !== 0) return -EFAULT;
    return yield* put_user(task, head, task.abi.word, target.robust_list);
  },
);
