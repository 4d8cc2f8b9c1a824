/** Lists of pending signals: those of a task and those of its process. */
import { type KernelSiginfo, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, sigbit } from './types.ts';

/** First real-time signal: these queue, the others are only pending or not. */
const SIGRTMIN = 32;
/** Most queued signals of a process (RLIMIT_SIGPENDING). */
const MAX_QUEUED = 4096;
/** Signals a fault raises are delivered before all others. */
const SYNCHRONOUS = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE];

/** A task with its signals. */
export interface SignalTarget {
  /** Blocked signals: bit n−1 is signal n. */
  readonly blocked: bigint;
  readonly pending: KernelSiginfo[];
  readonly process: { readonly sharedPending: KernelSiginfo[] };
}

/** Adds a signal to a list of pending ones. False if a real-time signal finds the queue full. */
export function queue(list: KernelSiginfo[], info: KernelSiginfo): boolean {
  const isRealTime = info.signo >= SIGRTMIN;
  if (!isRealTime && list.some(({ signo }) => signo === info.signo)) return true;
  if (isRealTime && list.length >= MAX_QUEUED) return false;
  list.push(info);
  return true;
}

function take(list: KernelSiginfo[], blocked: bigint): KernelSiginfo | undefined {
  const ready = list.filter(({ signo }) => (blocked & sigbit(signo)) === 0n);
  if (ready.length === 0) return undefined;
  const rank = ({ signo }: KernelSiginfo) => (SYNCHRONOUS.includes(signo) ? signo - 100 : signo);
  const chosen = ready.reduce((best, info) => (rank(info) < rank(best) ? info : best));
  list.splice(list.indexOf(chosen), 1);
  return chosen;
}

/** Takes the next signal that is not in `blocked`: the task's own first, faults before others, then by number. */
export function dequeue_signal(task: SignalTarget, blocked = task.blocked): KernelSiginfo | undefined {
  return take(task.pending, blocked) ?? take(task.process.sharedPending, blocked);
}

/** Whether a signal waits that is not in `blocked`. */
export function signal_pending(task: SignalTarget, blocked = task.blocked): boolean {
  const { pending, process } = task;
  if (pending.length === 0 && process.sharedPending.length === 0) return false;
  const unblocked = ({ signo }: KernelSiginfo) => (blocked & sigbit(signo)) === 0n;
  return pending.some(unblocked) || process.sharedPending.some(unblocked);
}

/** Signals pending for the task or its process, as a set. */
export function pending_set(task: SignalTarget): bigint {
  return [...task.pending, ...task.process.sharedPending].reduce((set, { signo }) => set | sigbit(signo), 0n);
}
