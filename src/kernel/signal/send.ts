/** Queueing signals: sent ones, and forced ones that cannot be dodged (spec B.3). */
import type { Process } from '../process.ts';
import type { Task } from '../task.ts';
import { queue } from './pending.ts';
import {
  ignoredByDefault,
  type KernelSiginfo,
  SI_KERNEL,
  SIG_DFL,
  SIG_IGN,
  SIGSEGV,
  sigbit,
  siginfo,
} from './types.ts';

/** Queues a fault's signal to its task. If it is blocked or ignored it is unblocked and reset to its default: it cannot be dodged. */
export function force_sig_info(task: Task, info: KernelSiginfo): void {
  const action = task.process.actions[info.signo];
  const blocked = (task.blocked & sigbit(info.signo)) !== 0n;
  if (blocked || action.handler === SIG_IGN) action.handler = SIG_DFL;
  if (blocked) task.blocked &= ~sigbit(info.signo);
  queue(task.pending, info);
}

/** Forces a signal of the kernel: si_code SI_KERNEL, si_addr 0. */
export function force_sig(task: Task, signo: number): void {
  force_sig_info(task, siginfo(signo, SI_KERNEL));
}

/** Forces SIGSEGV after the frame of `signo` could not be made; a failing SIGSEGV handler is taken away first. */
export function force_sigsegv(task: Task, signo: number): void {
  if (signo === SIGSEGV) task.process.actions[SIGSEGV].handler = SIG_DFL;
  force_sig(task, SIGSEGV);
}

/** Sends a signal to one task. Ignored signals are dropped unless blocked. */
export function send_sig_to_task(task: Task, info: KernelSiginfo): void {
  if (!dropped(task, info.signo)) queue(task.pending, info);
}

/** Sends a signal to the process; it is taken by whichever task does not block it. */
export function send_sig_to_process(process: Process<Task>, info: KernelSiginfo): void {
  if (process.tasks.some((task) => !dropped(task, info.signo))) queue(process.sharedPending, info);
}

function dropped(task: Task, signo: number): boolean {
  const { handler } = task.process.actions[signo];
  const ignored = handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(signo));
  return ignored && (task.blocked & sigbit(signo)) === 0n;
}
