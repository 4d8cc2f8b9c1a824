/** The end of threads and processes: exit, exit_group. */
import type { ExitStatus } from '../api.ts';
import { get_futex_key } from '../futex/key.ts';
import { exit_robust_list } from '../futex/robust.ts';
import { futex_wake } from '../futex/waiters.ts';
import { TaskGone } from '../process.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { put_user } from '../user.ts';

/** What a thread leaves behind in memory that others still use: its locks, and the word that says it lives. */
export const mm_release: (task: Task) => Steps<void> = kernelFunction('mm_release', function* (frame, task: Task) {
  const { clear_child_tid } = task;
  yield* exit_robust_list(task);
  if (clear_child_tid === 0n) return;
  yield frame.at('mm_release: clear the word and wake who waits for it', { clear_child_tid });
  task.clear_child_tid = 0n;
  if ((yield* put_user(task, clear_child_tid, 4, 0n)) === 0) futex_wake(task, get_futex_key(task, clear_child_tid), 1);
});

const exitCode = (code: bigint): ExitStatus => ({ code: Number(code & 0xffn) });

export const sys_exit_group = kernelFunction(
  'sys_exit_group',
  function* (frame, task: Task, code: bigint): Steps<never> {
    yield frame.at('sys_exit_group: end the process', { code });
    yield* mm_release(task);
    return task.process.die(task, exitCode(code));
  },
);

/** exit: ends the thread, and the process with its last one. */
export const sys_exit = kernelFunction('sys_exit', function* (frame, task: Task, code: bigint): Steps<never> {
  yield frame.at('sys_exit: end the thread', { code, clear_child_tid: task.clear_child_tid });
  const { process } = task;
  yield* mm_release(task);
  if (task.tid === process.pid) process.leaderExit = exitCode(code);
  // The status of a process is its first thread's.
  if (process.tasks.length <= 1) process.die(task, process.leaderExit ?? exitCode(code));
  process.removeTask(task);
  throw new TaskGone();
});
