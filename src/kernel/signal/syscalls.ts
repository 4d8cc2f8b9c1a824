/** System calls about signals. */
import { type Abi, wordBytes, wordsOf } from '../abi.ts';
import { EFAULT, EINVAL, ENOMEM, EPERM } from '../errno.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { AltStack, Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, put_user } from '../user.ts';
import { MINSIGSTKSZ, on_sig_stack, SS_DISABLE, SS_ONSTACK, sas_ss_flags } from './altstack.ts';
import { pending_set, signal_pending } from './pending.ts';
import { ERESTARTNOHAND } from './restart.ts';
import { flush_signal } from './send.ts';
import { ignoredByDefault, NSIG, SIG_DFL, SIG_IGN, SIGKILL, SIGSTOP, type SigAction, UNBLOCKABLE } from './types.ts';

const RSP = 4;
const SIGSET_SIZE = 8n;

/** struct sigaction as the kernel has it: three words and the mask. undefined is −EFAULT. */
function* readSigaction(task: Task, at: bigint): Steps<SigAction | undefined> {
  const { word } = task.abi;
  const size = 3 * word + 8;
  const bytes = yield* copy_from_user(task, at, size);
  if (bytes.length < size) return undefined;
  const [handler, flags, restorer] = wordsOf(word, bytes);
  const [mask] = wordsOf(8, bytes.subarray(3 * word));
  return { handler, flags, restorer, mask };
}

function sigactionImage({ word }: Abi, { handler, flags, restorer, mask }: SigAction): Uint8Array {
  const image = new Uint8Array(3 * word + 8);
  image.set(wordBytes(word, [handler, flags, restorer]));
  image.set(wordBytes(8, [mask]), 3 * word);
  return image;
}

/** Replaces the action if another is wanted. → the one before, or −EINVAL */
export function do_sigaction({ process }: Task, sig: bigint, wanted: SigAction | undefined): SigAction | number {
  const signo = Number(BigInt.asIntN(32, sig));
  if (signo < 1 || signo > NSIG) return -EINVAL;
  if (wanted && (signo === SIGKILL || signo === SIGSTOP)) return -EINVAL;
  const action = process.actions[signo];
  const old = { ...action };
  if (wanted) {
    Object.assign(action, { ...wanted, mask: wanted.mask & ~UNBLOCKABLE });
    const { handler } = wanted;
    if (handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(signo))) flush_signal(process, signo);
  }
  return old;
}

export const sys_rt_sigaction = kernelFunction(
  'sys_rt_sigaction',
  function* (frame, task: Task, sig: bigint, act: bigint, oldact: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_rt_sigaction: read and replace the action', { sig, act, oldact });
    if (size !== SIGSET_SIZE) return -EINVAL;
    const wanted = act === 0n ? undefined : yield* readSigaction(task, act);
    if (act !== 0n && !wanted) return -EFAULT;
    const old = do_sigaction(task, sig, wanted);
    if (typeof old === 'number') return old;
    return oldact !== 0n && (yield* copy_to_user(task, oldact, sigactionImage(task.abi, old))) !== 0 ? -EFAULT : 0;
  },
);

const SIG_BLOCK = 0n;
const SIG_UNBLOCK = 1n;
const SIG_SETMASK = 2n;

export const sys_rt_sigprocmask = kernelFunction(
  'sys_rt_sigprocmask',
  function* (frame, task: Task, how: bigint, set: bigint, oldset: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_rt_sigprocmask: change the mask', { how, set, blocked: task.blocked });
    if (size !== SIGSET_SIZE) return -EINVAL;
    const old = task.blocked;
    if (set !== 0n) {
      const change = yield* get_user(task, set, 8);
      if (change === undefined) return -EFAULT;
      const operation = BigInt.asUintN(32, how);
      if (operation === SIG_BLOCK) task.blocked |= change & ~UNBLOCKABLE;
      else if (operation === SIG_UNBLOCK) task.blocked &= ~change;
      else if (operation === SIG_SETMASK) task.blocked = change & ~UNBLOCKABLE;
      else return -EINVAL;
    }
    return oldset === 0n ? 0 : yield* put_user(task, oldset, 8, old);
  },
);

export const sys_rt_sigpending = kernelFunction(
  'sys_rt_sigpending',
  function* (frame, task: Task, set: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_rt_sigpending: tell what is pending and blocked', { set });
    if (size > SIGSET_SIZE) return -EINVAL;
    const value = wordBytes(8, [pending_set(task) & task.blocked]).subarray(0, Number(size));
    return (yield* copy_to_user(task, set, value)) === 0 ? 0 : -EFAULT;
  },
);

export const sys_rt_sigsuspend = kernelFunction(
  'sys_rt_sigsuspend',
  function* (frame, task: Task, set: bigint, size: bigint): Steps<number> {
    if (size !== SIGSET_SIZE) return -EINVAL;
    const mask = yield* get_user(task, set, 8);
    if (mask === undefined) return -EFAULT;
    if (!task.wait) {
      task.wait = { kind: 'signal' };
      task.savedMask = task.blocked;
      task.blocked = mask & ~UNBLOCKABLE;
    }
    while (!signal_pending(task)) yield blocked(frame.at('sys_rt_sigsuspend: wait for a signal', { mask }));
    // A handler makes this −EINTR; without one the wait starts again.
    return -ERESTARTNOHAND;
  },
);

export const sys_pause = kernelFunction('sys_pause', function* (frame, task: Task): Steps<number> {
  while (!signal_pending(task)) yield blocked(frame.at('sys_pause: wait for a signal'));
  return -ERESTARTNOHAND;
});

/** Installs an alternate stack. → 0, −EINVAL, −ENOMEM (too small) or −EPERM (the present one is in use). */
export function set_altstack(task: Task, wanted: AltStack): number {
  if (on_sig_stack(task.sas, task.cpu.gpr(RSP)) && task.sas.ss_size !== 0n) return -EPERM;
  const mode = wanted.ss_flags;
  if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) return -EINVAL;
  if (mode === SS_DISABLE) task.sas = { ss_sp: 0n, ss_size: 0n, ss_flags: mode };
  else if (wanted.ss_size < MINSIGSTKSZ) return -ENOMEM;
  else task.sas = { ...wanted };
  return 0;
}

export const sys_sigaltstack = kernelFunction(
  'sys_sigaltstack',
  function* (frame, task: Task, ss: bigint, oss: bigint): Steps<number> {
    yield frame.at('sys_sigaltstack: read and replace the stack', { ss, oss });
    const { word } = task.abi;
    const { ss_sp, ss_size } = task.sas;
    const flags = BigInt(sas_ss_flags(task.sas, task.cpu.gpr(RSP)));
    if (ss !== 0n) {
      const bytes = yield* copy_from_user(task, ss, 3 * word);
      if (bytes.length < 3 * word) return -EFAULT;
      const [sp, mode, size] = wordsOf(word, bytes);
      const result = set_altstack(task, { ss_sp: sp, ss_flags: Number(BigInt.asIntN(32, mode)), ss_size: size });
      if (result !== 0) return result;
    }
    if (oss !== 0n && (yield* copy_to_user(task, oss, wordBytes(word, [ss_sp, flags, ss_size]))) !== 0) return -EFAULT;
    return 0;
  },
);
