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
  SIGCONT,
  SIGKILL,
  SIGSEGV,
  STOPPING,
  sigbit,
  siginfo,
} from './types.ts';

const SIGCONT_BIT = sigbit(SIGCONT);
const STOP_BITS = [...STOPPING].reduce((set, signo) => set | sigbit(signo), 0n);

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

/** What stop and continue signals do at once, before anybody takes them. */
function prepare_signal(process: Process<Task>, signo: number): void {
  if (STOPPING.has(signo)) forget(process, SIGCONT_BIT);
  if (signo === SIGCONT) {
    forget(process, STOP_BITS);
    if (process.stopped) process.news = { kind: 'continued' };
  }
  if (signo !== SIGCONT && signo !== SIGKILL) return;
  process.stopped = false;
}

/** Drops pending signals of the set `bits`. */
function forget(process: Process<Task>, bits: bigint): void {
  for (const list of [process.sharedPending, ...process.tasks.map((task) => task.pending)])
    for (let i = list.length - 1; i >= 0; i--) if (sigbit(list[i].signo) & bits) list.splice(i, 1);
}

/** Sends a signal to one task. Ignored signals are dropped unless blocked. False if the queue is full. */
export function send_sig_to_task(task: Task, info: KernelSiginfo): boolean {
  prepare_signal(task.process, info.signo);
  return dropped(task, info.signo) || queue(task.pending, info);
}

/** Sends a signal to the process; it is taken by whichever task does not block it. False if the queue is full. */
export function send_sig_to_process(process: Process<Task>, info: KernelSiginfo): boolean {
  prepare_signal(process, info.signo);
  return process.tasks.every((task) => dropped(task, info.signo)) || queue(process.sharedPending, info);
}

/** Pending signals that have become ignored are forgotten. */
export function flush_signal(process: Process<Task>, signo: number): void {
  forget(process, sigbit(signo));
}

function dropped({ process, blocked, wait }: Task, signo: number): boolean {
  const { handler } = process.actions[signo];
  const ignored = handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(signo));
  const wanted = wait?.kind === 'signal' ? (wait.wanted ?? 0n) : 0n;
  return ignored && ((blocked | wanted) & sigbit(signo)) === 0n;
}
