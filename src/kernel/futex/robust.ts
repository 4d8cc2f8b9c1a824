/** The locks a thread held when it ended: whoever waits for one is told that its owner died. */
import { wordsOf } from '../abi.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, get_user, put_user } from '../user.ts';
import { get_futex_key } from './key.ts';
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, pass_pi_lock } from './pi.ts';
import { futex_wake } from './waiters.ts';

/** A list may be circular by mistake or ill will. */
const ROBUST_LIST_LIMIT = 2048;

/** `entry` has bit 0 set for a lock with priority inheritance. */
function* handle_futex_death(task: Task, entry: bigint, offset: bigint, pending: boolean): Steps<boolean> {
  const uaddr = BigInt.asUintN(64, (entry & ~1n) + offset);
  if (uaddr & 3n) return false;
  const word = yield* get_user(task, uaddr, 4);
  if (word === undefined) return false;
  if ((word & FUTEX_TID_MASK) !== BigInt(task.tid)) {
    // It died between unlocking and waking: the waiter must not be left behind.
    if (pending && (word & FUTEX_TID_MASK) === 0n) futex_wake(task, get_futex_key(task, uaddr), 1);
    return true;
  }
  if (entry & 1n) return (yield* pass_pi_lock(task, uaddr, FUTEX_OWNER_DIED)) === 0;
  if ((yield* put_user(task, uaddr, 4, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED)) !== 0) return false;
  if (word & FUTEX_WAITERS) futex_wake(task, get_futex_key(task, uaddr), 1);
  return true;
}

export const exit_robust_list: (task: Task) => Steps<void> = kernelFunction(
  'exit_robust_list',
  function* (frame, task: Task) {
    const head = task.robust_list;
    if (head === 0n) return;
    yield frame.at('exit_robust_list: walk the list', { head });
    // The list is the program's, whatever call ends the thread.
    const word = task.mm.ia32 ? 4 : 8;
    const bytes = yield* copy_from_user(task, head, 3 * word);
    if (bytes.length < 3 * word) return;
    const [first, displacement, pending] = wordsOf(word, bytes);
    const offset = BigInt.asIntN(8 * word, displacement);
    let entry = first;
    for (let i = 0; i < ROBUST_LIST_LIMIT && (entry & ~1n) !== head; i++) {
      const next = yield* get_user(task, entry & ~1n, word);
      if (entry !== pending && !(yield* handle_futex_death(task, entry, offset, false))) return;
      if (next === undefined) return;
      entry = next;
    }
    if (pending & ~1n) yield* handle_futex_death(task, pending, offset, true);
  },
);
