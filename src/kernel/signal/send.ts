/** Queueing signals: sent ones, and forced ones that cannot be dodged (spec B.3). */
import type { Process } from '../process.ts';
import type { Task } from '../task.ts';
import {
  ignoredByDefault,
  type KernelSiginfo,
  SI_KERNEL,
  SIG_DFL,
  SIG_IGN,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  sigbit,
  siginfo,
} from './types.ts';

/** First real-time signal: these queue, the others are only pending or not. */
const SIGRTMIN = 32;
/** Most queued signals of a process (RLIMIT_SIGPENDING). */
const MAX_QUEUED = 4096;
/** Signals a fault raises are delivered before all others. */
const SYNCHRONOUS = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE];

function queue(list: KernelSiginfo[], info: KernelSiginfo): void {
  const pending = list.some(({ signo }) => signo === info.signo);
  if (pending && (info.signo < SIGRTMIN || list.length >= MAX_QUEUED)) return;
  list.push(info);
}

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

function take(list: KernelSiginfo[], blocked: bigint): KernelSiginfo | undefined {
  const ready = list.filter(({ signo }) => (blocked & sigbit(signo)) === 0n);
  if (ready.length === 0) return undefined;
  const rank = ({ signo }: KernelSiginfo) => (SYNCHRONOUS.includes(signo) ? signo - 100 : signo);
  const chosen = ready.reduce((best, info) => (rank(info) < rank(best) ? info : best));
  list.splice(list.indexOf(chosen), 1);
  return chosen;
}

/** Takes the next signal to deliver: the task's own first, faults before others, then by number. */
export function dequeue_signal(task: Task): KernelSiginfo | undefined {
  return take(task.pending, task.blocked) ?? take(task.process.sharedPending, task.blocked);
}

/** Whether a signal waits that the task does not block. */
export function signal_pending(task: Task): boolean {
  const unblocked = ({ signo }: KernelSiginfo) => (task.blocked & sigbit(signo)) === 0n;
  return task.pending.some(unblocked) || task.process.sharedPending.some(unblocked);
}

/** Signals pending for the task or its process, as a set. */
export function pending_set(task: Task): bigint {
  return [...task.pending, ...task.process.sharedPending].reduce((set, { signo }) => set | sigbit(signo), 0n);
}
