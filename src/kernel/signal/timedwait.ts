/** rt_sigtimedwait: takes a pending signal of a set, or waits for one. */
import { EAGAIN, EFAULT, EINTR, EINVAL } from '../errno.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { readTimespec } from '../time/timespec.ts';
import { copy_to_user, get_user } from '../user.ts';
import { siginfoImage } from './layout.ts';
import { dequeue_signal, signal_pending } from './pending.ts';
import { UNBLOCKABLE } from './types.ts';

export const sys_rt_sigtimedwait = kernelFunction(
  'sys_rt_sigtimedwait',
  function* (frame, task: Task, set: bigint, uinfo: bigint, timeout: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_rt_sigtimedwait: look for a pending signal', { set, timeout });
    if (size !== 8n) return -EINVAL;
    const wanted = yield* get_user(task, set, 8);
    if (wanted === undefined) return -EFAULT;
    const time = timeout === 0n ? undefined : yield* readTimespec(task, timeout);
    if (typeof time === 'number') return time;
    const { world } = task.process;
    const others = BigInt.asUintN(64, ~(wanted & ~UNBLOCKABLE));
    // While it waits, signals of the set are not for handlers: they are kept from being thrown away.
    task.wait ??= { kind: 'signal', until: time === undefined ? undefined : world.now + time, wanted: ~others };
    for (;;) {
      const info = dequeue_signal(task, others);
      if (info) {
        if (uinfo !== 0n && (yield* copy_to_user(task, uinfo, siginfoImage(info, task.abi.word))) !== 0) return -EFAULT;
        return info.signo;
      }
      if (task.wait.until !== undefined && world.now >= task.wait.until) return -EAGAIN;
      if (signal_pending(task)) return -EINTR;
      yield blocked(frame.at('sys_rt_sigtimedwait: sleep', { until: task.wait.until }));
    }
  },
);
