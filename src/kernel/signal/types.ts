/** Signal numbers, codes and the state a task and a process keep about signals (names of Linux). */
import type { SignalInfo } from '../api.ts';

export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const NSIG = 64;

export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const SEGV_BNDERR = 3;
export const SI_KERNEL = 0x80;
export const SI_USER = 0;
export const SI_TKILL = -6;

/** A queued signal: what siginfo will say. */
export interface KernelSiginfo extends SignalInfo {
  /** Sender, for signals sent by a process. */
  pid?: number;
  uid?: number;
  /** SIGCHLD: exit code or signal of the child. */
  status?: number;
  /** What rt_sigqueueinfo or a timer's owner sent along (sigval). */
  value?: bigint;
  /** Signals of POSIX timers: which timer, and expirations missed. */
  timer?: { id: number; overrun: number };
}

/** A kernel siginfo of a fault with everything else zero. */
export const siginfo = (signo: number, code: number, address = 0n): KernelSiginfo => ({
  signo,
  code,
  errno: 0,
  address,
});

export const SIG_DFL = 0n;
export const SIG_IGN = 1n;

/** What rt_sigaction sets: addresses and the mask as 64-bit sets (bit n−1 is signal n). */
export interface SigAction {
  handler: bigint;
  flags: bigint;
  restorer: bigint;
  mask: bigint;
}

export const sigbit = (signo: number): bigint => 1n << BigInt(signo - 1);

export const SA_NOCLDSTOP = 0x1n;
export const SA_NOCLDWAIT = 0x2n;
export const SA_SIGINFO = 0x4n;
export const SA_RESTORER = 0x04000000n;
export const SA_ONSTACK = 0x08000000n;
export const SA_RESTART = 0x10000000n;
export const SA_NODEFER = 0x40000000n;
export const SA_RESETHAND = 0x80000000n;

/** Signals that cannot be blocked, ignored or caught. */
export const UNBLOCKABLE = sigbit(SIGKILL) | sigbit(SIGSTOP);

const DEFAULT_IGNORED = new Set([SIGCHLD, SIGCONT, SIGURG, SIGWINCH]);
/** Signals whose default is to stop the process. */
export const STOPPING = new Set([SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);

/** Whether the default action of a signal is to do nothing. */
export const ignoredByDefault = (signo: number): boolean => DEFAULT_IGNORED.has(signo);
