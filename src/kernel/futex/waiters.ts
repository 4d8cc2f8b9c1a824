/** Who waits for a futex: the waits are data of the tasks, so there is no queue that could get out of step with them. */
import type { FutexWait } from '../sched/wait.ts';
import type { Task } from '../task.ts';

export const FUTEX_BITSET_MATCH_ANY = 0xffffffff;

/** A task in a futex wait. */
export interface Waiter {
  task: Task;
  wait: FutexWait;
}

/** Waiters of a word, in the order in which they came. `pi`: those for a lock with priority inheritance. */
export function waitersOf(task: Task, key: string, pi = false): Waiter[] {
  const found: Waiter[] = [];
  for (const other of task.process.world.scheduler.tasks) {
    const { wait } = other;
    if (wait?.kind === 'futex' && wait.key === key && wait.pi === pi && !wait.woken) found.push({ task: other, wait });
  }
  return found.sort((a, b) => a.wait.order - b.wait.order);
}

/** Wakes at most `count` waiters whose bits match. → how many */
export function futex_wake(task: Task, key: string, count: number, bitset = FUTEX_BITSET_MATCH_ANY): number {
  const woken = waitersOf(task, key)
    .filter(({ wait }) => (wait.bitset & bitset) !== 0)
    .slice(0, Math.max(0, count));
  for (const { wait } of woken) wait.woken = true;
  return woken.length;
}
