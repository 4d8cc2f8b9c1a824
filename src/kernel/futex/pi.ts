/** Futexes with priority inheritance: the word holds the owner's thread number. All priorities are equal here, so nothing is inherited. */
import { EAGAIN, EDEADLK, EFAULT, EPERM, ESRCH, ETIMEDOUT } from '../errno.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTARTNOINTR } from '../signal/restart.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { get_user, put_user } from '../user.ts';
import { get_futex_key } from './key.ts';
import { futexWait } from './wait.ts';
import { FUTEX_BITSET_MATCH_ANY, waitersOf } from './waiters.ts';

export const FUTEX_WAITERS = 0x80000000n;
export const FUTEX_OWNER_DIED = 0x40000000n;
export const FUTEX_TID_MASK = 0x3fffffffn;

/** Takes the lock; waits for its owner unless it is only tried. → 0, −EDEADLK, −EAGAIN, −ETIMEDOUT … */
export const futex_lock_pi: (task: Task, uaddr: bigint, until: bigint | undefined, tryOnly: boolean) => Steps<number> =
  kernelFunction(
    'futex_lock_pi',
    function* (frame, task: Task, uaddr: bigint, until: bigint | undefined, tryOnly: boolean) {
      const tid = BigInt(task.tid);
      if (!task.wait) {
        yield frame.at('futex_lock_pi: who owns it', { uaddr });
        const word = yield* get_user(task, uaddr, 4);
        if (word === undefined) return -EFAULT;
        const owner = word & FUTEX_TID_MASK;
        if (owner === tid) return -EDEADLK;
        if (owner === 0n) return yield* put_user(task, uaddr, 4, tid | (word & (FUTEX_OWNER_DIED | FUTEX_WAITERS)));
        if (!task.process.world.scheduler.tasks.some((other) => BigInt(other.tid) === owner)) return -ESRCH;
        if (tryOnly) return -EAGAIN;
        if ((yield* put_user(task, uaddr, 4, word | FUTEX_WAITERS)) !== 0) return -EFAULT;
      }
      const key = get_futex_key(task, uaddr);
      const wait = futexWait(task, { key, bitset: FUTEX_BITSET_MATCH_ANY, pi: true, until });
      for (;;) {
        // The owner that let go has put our number into the word.
        if (wait.woken) return 0;
        if (wait.until !== undefined && task.process.world.now >= wait.until) return -ETIMEDOUT;
        if (signal_pending(task)) return -ERESTARTNOINTR;
        yield blocked(frame.at('futex_lock_pi: sleep', { until: wait.until }));
      }
    },
  );

/** Hands the lock to the first waiter, or leaves it free. `died`: bits to set because its owner has ended. */
export function* pass_pi_lock(task: Task, uaddr: bigint, died = 0n): Steps<number> {
  const [next, ...others] = waitersOf(task, get_futex_key(task, uaddr), true);
  const word = next ? BigInt(next.task.tid) | (others.length > 0 ? FUTEX_WAITERS : 0n) : 0n;
  if ((yield* put_user(task, uaddr, 4, word | died)) !== 0) return -EFAULT;
  if (next) next.wait.woken = true;
  return 0;
}

export const futex_unlock_pi: (task: Task, uaddr: bigint) => Steps<number> = kernelFunction(
  'futex_unlock_pi',
  function* (frame, task: Task, uaddr: bigint) {
    yield frame.at('futex_unlock_pi: hand the lock on', { uaddr });
    const word = yield* get_user(task, uaddr, 4);
    if (word === undefined) return -EFAULT;
    if ((word & FUTEX_TID_MASK) !== BigInt(task.tid)) return -EPERM;
    return yield* pass_pi_lock(task, uaddr);
  },
);
