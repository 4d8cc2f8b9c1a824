/** Futex operations on two words: moving waiters, and a change of one word with waking on both. */
import { EAGAIN, EFAULT, ENOSYS } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { get_user, put_user } from '../user.ts';
import { get_futex_key } from './key.ts';
import { futex_wake, waitersOf } from './waiters.ts';

export interface RequeueRequest {
  uaddr: bigint;
  uaddr2: bigint;
  wake: number;
  requeue: number;
  /** The first word must have this value (FUTEX_CMP_REQUEUE). */
  expected?: bigint;
}

/** Wakes some waiters of the first word and lets others wait for the second. → how many of both, or −errno */
export const futex_requeue: (task: Task, request: RequeueRequest) => Steps<number> = kernelFunction(
  'futex_requeue',
  function* (frame, task: Task, { uaddr, uaddr2, wake, requeue, expected }: RequeueRequest) {
    yield frame.at('futex_requeue: wake some, move the others', { uaddr, uaddr2, wake, requeue, expected });
    const value = yield* get_user(task, uaddr, 4);
    if (value === undefined) return -EFAULT;
    if (expected !== undefined && value !== BigInt.asUintN(32, expected)) return -EAGAIN;
    const key = get_futex_key(task, uaddr);
    const woken = futex_wake(task, key, wake);
    const moved = waitersOf(task, key).slice(0, Math.max(0, requeue));
    const target = get_futex_key(task, uaddr2);
    for (const { wait } of moved) wait.key = target;
    return woken + moved.length;
  },
);

const signed12 = (value: bigint): bigint => BigInt.asIntN(12, value);

/** The second word after the operation that `encoded` names; undefined if there is no such operation. */
function changed(encoded: bigint, old: bigint): bigint | undefined {
  const shifted = (encoded >> 28n) & 8n;
  const argument = signed12((encoded >> 12n) & 0xfffn);
  const operand = shifted ? 1n << (argument & 31n) : argument;
  switch ((encoded >> 28n) & 7n) {
    case 0n:
      return operand;
    case 1n:
      return old + operand;
    case 2n:
      return old | operand;
    case 3n:
      return old & ~operand;
    case 4n:
      return old ^ operand;
    default:
      return undefined;
  }
}

/** Whether the old value satisfies the comparison that `encoded` names; undefined if there is no such comparison. */
function compares(encoded: bigint, value: bigint): boolean | undefined {
  const old = BigInt.asIntN(32, value);
  const argument = signed12(encoded & 0xfffn);
  switch ((encoded >> 24n) & 0xfn) {
    case 0n:
      return old === argument;
    case 1n:
      return old !== argument;
    case 2n:
      return old < argument;
    case 3n:
      return old <= argument;
    case 4n:
      return old > argument;
    case 5n:
      return old >= argument;
    default:
      return undefined;
  }
}

/** Changes the second word, wakes waiters of the first, and of the second if its old value compares. → how many, or −errno */
export const futex_wake_op: (
  task: Task,
  uaddr: bigint,
  uaddr2: bigint,
  wake: number,
  wake2: number,
  encoded: bigint,
) => Steps<number> = kernelFunction(
  'futex_wake_op',
  function* (frame, task: Task, uaddr: bigint, uaddr2: bigint, wake: number, wake2: number, encoded: bigint) {
    yield frame.at('futex_wake_op: change the second word', { uaddr, uaddr2, encoded });
    const old = yield* get_user(task, uaddr2, 4);
    if (old === undefined) return -EFAULT;
    const value = changed(encoded, old);
    if (value === undefined) return -ENOSYS;
    if ((yield* put_user(task, uaddr2, 4, BigInt.asUintN(32, value))) !== 0) return -EFAULT;
    const woken = futex_wake(task, get_futex_key(task, uaddr), wake);
    const also = compares(encoded, old);
    if (also === undefined) return -ENOSYS;
    return woken + (also ? futex_wake(task, get_futex_key(task, uaddr2), wake2) : 0);
  },
);
