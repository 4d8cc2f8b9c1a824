/** FUTEX_WAIT: sleeps while a word in memory has the expected value. */
import { EAGAIN, EFAULT, ETIMEDOUT } from '../errno.ts';
import type { FutexWait } from '../sched/wait.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTART_RESTARTBLOCK, ERESTARTSYS } from '../signal/restart.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { get_user } from '../user.ts';
import { get_futex_key } from './key.ts';

export interface FutexWaitRequest {
  uaddr: bigint;
  val: bigint;
  bitset: number;
  /** On the world's clock. */
  until?: bigint;
}

/** The wait in progress, or a new one. */
export function futexWait(task: Task, fields: Pick<FutexWait, 'key' | 'bitset' | 'pi' | 'until'>): FutexWait {
  const { wait } = task;
  if (wait?.kind === 'futex') return wait;
  const started: FutexWait = { kind: 'futex', order: task.process.world.nextOrder(), woken: false, ...fields };
  task.wait = started;
  return started;
}

/** → 0 once woken, −EAGAIN if the word differs, −ETIMEDOUT, −EFAULT; restarted after a signal */
export const futex_wait: (task: Task, request: FutexWaitRequest) => Steps<number> = kernelFunction(
  'futex_wait',
  function* (frame, task: Task, { uaddr, val, bitset, until }: FutexWaitRequest) {
    if (!task.wait) {
      yield frame.at('futex_wait: compare the word', { uaddr, val });
      const value = yield* get_user(task, uaddr, 4);
      if (value === undefined) return -EFAULT;
      if (value !== BigInt.asUintN(32, val)) return -EAGAIN;
    }
    const wait = futexWait(task, { key: get_futex_key(task, uaddr), bitset, pi: false, until });
    for (;;) {
      if (wait.woken) return 0;
      if (wait.until !== undefined && task.process.world.now >= wait.until) return -ETIMEDOUT;
      if (signal_pending(task)) {
        if (until === undefined) return -ERESTARTSYS;
        task.restartBlock = { kind: 'futex', uaddr, val, bitset, until: wait.until };
        return -ERESTART_RESTARTBLOCK;
      }
      yield blocked(frame.at('futex_wait: sleep', { until: wait.until }));
    }
  },
);
