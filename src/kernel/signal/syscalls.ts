/** System calls about signals. */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH } from '../errno.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { AltStack, Task } from '../task.ts';
import { copy_from_user, copy_to_user, get_user, put_user } from '../user.ts';
import { MINSIGSTKSZ, on_sig_stack, SS_DISABLE, SS_ONSTACK, sas_ss_flags } from './altstack.ts';
import { ERESTARTNOHAND } from './deliver.ts';
import { pending_set, signal_pending } from './pending.ts';
import { send_sig_to_process, send_sig_to_task } from './send.ts';
import {
  ignoredByDefault,
  NSIG,
  SI_TKILL,
  SI_USER,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  SIGSTOP,
  sigbit,
  UNBLOCKABLE,
} from './types.ts';

const RSP = 4;
const UID = 0;
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
      if (handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(signo))) flush(task, signo);
    }
    if (oldact !== 0n) {
      const image = wordBytes(old.handler, old.flags, old.restorer, old.mask);
      if ((yield* copy_to_user(task, oldact, image)) !== 0) return -EFAULT;
    }
    return 0;
  },
);

/** Pending signals that have become ignored are forgotten. */
function flush(task: Task, signo: number): void {
  for (const list of [task.process.sharedPending, ...task.process.tasks.map((other) => other.pending)]) {
    for (let i = list.length - 1; i >= 0; i--) if (list[i].signo === signo) list.splice(i, 1);
  }
}

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

/** Signal number of an argument; undefined if there is none such. 0 only probes. */
function signalOf(sig: bigint): number | undefined {
  const signo = Number(BigInt.asIntN(32, sig));
  return signo >= 0 && signo <= NSIG ? signo : undefined;
}

export const sys_kill = kernelFunction(
  'sys_kill',
  function* (frame, task: Task, pid: bigint, sig: bigint): Steps<number> {
    yield frame.at('sys_kill: send to the process', { pid, sig });
    const { process } = task;
    const to = Number(BigInt.asIntN(32, pid));
    const signo = signalOf(sig);
    if (signo === undefined) return -EINVAL;
    // The process is alone: its group (0, −1 leaves the caller out, −pid) is itself.
    if (to !== process.pid && to !== 0 && to !== -process.pid) return -ESRCH;
    if (signo > 0)
      send_sig_to_process(process, { signo, code: SI_USER, errno: 0, address: 0n, pid: process.pid, uid: UID });
    return 0;
  },
);

function sendTo(task: Task, tid: bigint, sig: bigint): number {
  const { process } = task;
  const signo = signalOf(sig);
  const wanted = Number(BigInt.asIntN(32, tid));
  if (signo === undefined || wanted <= 0) return -EINVAL;
  const target = process.tasks.find((other) => other.tid === wanted);
  if (!target) return -ESRCH;
  if (signo > 0) send_sig_to_task(target, { signo, code: SI_TKILL, errno: 0, address: 0n, pid: process.pid, uid: UID });
  return 0;
}

export const sys_tkill = kernelFunction(
  'sys_tkill',
  function* (frame, task: Task, tid: bigint, sig: bigint): Steps<number> {
    yield frame.at('sys_tkill: send to the thread', { tid, sig });
    return sendTo(task, tid, sig);
  },
);

export const sys_tgkill = kernelFunction(
  'sys_tgkill',
  function* (frame, task: Task, tgid: bigint, tid: bigint, sig: bigint): Steps<number> {
    yield frame.at('sys_tgkill: send to the thread', { tgid, tid, sig });
    const group = Number(BigInt.asIntN(32, tgid));
    if (group <= 0) return -EINVAL;
    return group === task.process.pid ? sendTo(task, tid, sig) : -ESRCH;
  },
);

/** rt_sigtimedwait: takes a pending signal of the set; never waits, because nothing else could send one. */
export const sys_rt_sigtimedwait = kernelFunction(
  'sys_rt_sigtimedwait',
  function* (frame, task: Task, set: bigint): Steps<number> {
    yield frame.at('sys_rt_sigtimedwait: look for a pending signal', { set });
    const wanted = yield* get_user(task, set, 8);
    if (wanted === undefined) return -EFAULT;
    for (const list of [task.pending, task.process.sharedPending]) {
      const at = list.findIndex(({ signo }) => (wanted & sigbit(signo)) !== 0n);
      if (at >= 0) return list.splice(at, 1)[0].signo;
    }
    return -EAGAIN;
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
