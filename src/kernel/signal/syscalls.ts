/** System calls about signals. */
import { EFAULT, EINVAL, ENOMEM, EPERM } from '../errno.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { AltStack, Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, put_user } from '../user.ts';
import { MINSIGSTKSZ, on_sig_stack, SS_DISABLE, SS_ONSTACK, sas_ss_flags } from './altstack.ts';
import { pending_set, signal_pending } from './pending.ts';
import { ERESTARTNOHAND } from './restart.ts';
import { flush_signal } from './send.ts';
import { ignoredByDefault, NSIG, SIG_DFL, SIG_IGN, SIGKILL, SIGSTOP, UNBLOCKABLE } from './types.ts';

const RSP = 4;
const SIGSET_SIZE = 8n;
const KERNEL_SIGACTION_SIZE = 32;
const STACK_T_SIZE = 24;

export const sys_rt_sigaction = kernelFunction(
  'sys_rt_sigaction',
  function* (frame, task: Task, sig: bigint, act: bigint, oldact: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_rt_sigaction: read and replace the action', { sig, act, oldact });
    const signo = Number(BigInt.asIntN(32, sig));
    if (size !== SIGSET_SIZE || signo < 1 || signo > NSIG) return -EINVAL;
    if (act !== 0n && (signo === SIGKILL || signo === SIGSTOP)) return -EINVAL;
    const action = task.process.actions[signo];
    const old = { ...action };
    if (act !== 0n) {
      const bytes = yield* copy_from_user(task, act, KERNEL_SIGACTION_SIZE);
      if (bytes.length < KERNEL_SIGACTION_SIZE) return -EFAULT;
      const [handler, flags, restorer, mask] = words(bytes);
      Object.assign(action, { handler, flags, restorer, mask: mask & ~UNBLOCKABLE });
      if (handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(signo))) flush_signal(task.process, signo);
    }
    if (oldact !== 0n) {
      const image = wordBytes(old.handler, old.flags, old.restorer, old.mask);
      if ((yield* copy_to_user(task, oldact, image)) !== 0) return -EFAULT;
    }
    return 0;
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
    const value = wordBytes(pending_set(task) & task.blocked).subarray(0, Number(size));
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
    const { ss_sp, ss_size } = task.sas;
    const flags = BigInt(sas_ss_flags(task.sas, task.cpu.gpr(RSP)));
    if (ss !== 0n) {
      const bytes = yield* copy_from_user(task, ss, STACK_T_SIZE);
      if (bytes.length < STACK_T_SIZE) return -EFAULT;
      const [sp, mode, size] = words(bytes);
      const result = set_altstack(task, { ss_sp: sp, ss_flags: Number(BigInt.asIntN(32, mode)), ss_size: size });
      if (result !== 0) return result;
    }
    if (oss !== 0n && (yield* copy_to_user(task, oss, wordBytes(ss_sp, flags, ss_size))) !== 0) return -EFAULT;
    return 0;
  },
);

function words(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length >> 3 }, (_, i) => view.getBigUint64(8 * i, true));
}

function wordBytes(...values: bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [i, value] of values.entries()) view.setBigUint64(8 * i, value, true);
  return new Uint8Array(view.buffer);
}
