/** Signal calls from before real-time signals: sets of 32 bits, and signal(). */
import { wordBytes, wordsOf } from '../abi.ts';
import { EFAULT, EINVAL } from '../errno.ts';
import { pending_set, signal_pending } from '../signal/pending.ts';
import { ERESTARTNOHAND } from '../signal/restart.ts';
import { do_sigaction } from '../signal/syscalls.ts';
import { SA_NODEFER, SA_RESETHAND, UNBLOCKABLE } from '../signal/types.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, put_user } from '../user.ts';

const LOW = 0xffff_ffffn;
/** struct old_sigaction: handler, mask, flags, restorer. */
const OLD_SIGACTION_SIZE = 16;

export const sys_sigaction = kernelFunction(
  'sys_sigaction',
  function* (frame, task: Task, sig: bigint, act: bigint, oldact: bigint): Steps<number> {
    yield frame.at('sys_sigaction: read and replace the action', { sig, act, oldact });
    const bytes = act === 0n ? undefined : yield* copy_from_user(task, act, OLD_SIGACTION_SIZE);
    if (bytes && bytes.length < OLD_SIGACTION_SIZE) return -EFAULT;
    const [handler, mask, flags, restorer] = bytes ? wordsOf(4, bytes) : [];
    const old = do_sigaction(task, sig, bytes && { handler, mask, flags, restorer });
    if (typeof old === 'number') return old;
    const image = wordBytes(4, [old.handler, old.mask, old.flags, old.restorer]);
    return oldact !== 0n && (yield* copy_to_user(task, oldact, image)) !== 0 ? -EFAULT : 0;
  },
);

export const sys_signal = kernelFunction(
  'sys_signal',
  function* (frame, task: Task, sig: bigint, handler: bigint): Steps<number | bigint> {
    yield frame.at('sys_signal: replace the action', { sig, handler });
    const old = do_sigaction(task, sig, { handler, mask: 0n, flags: SA_RESETHAND | SA_NODEFER, restorer: 0n });
    return typeof old === 'number' ? old : old.handler;
  },
);

const SIG_BLOCK = 0n;
const SIG_UNBLOCK = 1n;
const SIG_SETMASK = 2n;

export const sys_sigprocmask = kernelFunction(
  'sys_sigprocmask',
  function* (frame, task: Task, how: bigint, set: bigint, oldset: bigint): Steps<number> {
    yield frame.at('sys_sigprocmask: change the mask', { how, set, blocked: task.blocked });
    const old = task.blocked;
    if (set !== 0n) {
      const read = yield* get_user(task, set, 4);
      if (read === undefined) return -EFAULT;
      const change = read & ~UNBLOCKABLE;
      if (how === SIG_BLOCK) task.blocked |= change;
      else if (how === SIG_UNBLOCK) task.blocked &= ~change;
      else if (how === SIG_SETMASK) task.blocked = (old & ~LOW) | change;
      else return -EINVAL;
    }
    return oldset === 0n ? 0 : yield* put_user(task, oldset, 4, old & LOW);
  },
);

export const sys_sigpending = kernelFunction(
  'sys_sigpending',
  function* (frame, task: Task, set: bigint): Steps<number> {
    yield frame.at('sys_sigpending: tell what is pending and blocked', { set });
    return yield* put_user(task, set, 4, pending_set(task) & task.blocked & LOW);
  },
);

/** The mask itself is the third argument. */
export const sys_sigsuspend = kernelFunction(
  'sys_sigsuspend',
  function* (frame, task: Task, _unused: bigint, _unused2: bigint, mask: bigint): Steps<number> {
    if (!task.wait) {
      task.wait = { kind: 'signal' };
      task.savedMask = task.blocked;
      task.blocked = mask & ~UNBLOCKABLE;
    }
    while (!signal_pending(task)) yield blocked(frame.at('sys_sigsuspend: wait for a signal', { mask }));
    return -ERESTARTNOHAND;
  },
);
