/** A thread of the emulated process, as the kernel sees it (Linux: task_struct). */
import type { Vcpu } from '../machine/api.ts';
import { type Abi, X86_64 } from './abi.ts';
import type { TaskView } from './api.ts';
import type { Mm } from './mm/mm.ts';
import type { Process } from './process.ts';
import type { RestartBlock, Wait } from './sched/wait.ts';
import { signal_pending } from './signal/pending.ts';
import type { RestartCode } from './signal/restart.ts';
import type { KernelSiginfo } from './signal/types.ts';
import type { KernelFrame, Steps } from './steps.ts';

export interface AltStack {
  ss_sp: bigint;
  ss_size: bigint;
  ss_flags: number;
}

export class Task implements TaskView {
  readonly kernelFrames: KernelFrame[] = [];
  /** The trap or system call being served. */
  handler: Steps<void> | undefined;
  /** What signal frames report of the last fault that ended in a signal (spec H). */
  readonly thread = { trap_nr: 0, error_code: 0, cr2: 0n };
  /** Blocked signals: bit n−1 is signal n. */
  blocked = 0n;
  /** The mask sigsuspend replaced for its wait. */
  savedMask: bigint | undefined;
  /** A system call a signal cut short, until it is known whether it restarts. */
  interruptedSyscall: { number: bigint; code: RestartCode; restart: bigint } | undefined;
  restartBlock: RestartBlock | undefined;
  /** Signals pending for this task alone. */
  readonly pending: KernelSiginfo[] = [];
  /** Alternate signal stack; a size of 0 means none. */
  sas: AltStack = { ss_sp: 0n, ss_size: 0n, ss_flags: 0 };
  /** How the task last entered the kernel: a fault leaves RF set in the saved flags, a system call may be restarted. */
  entered: 'syscall' | 'fault' | 'trap' = 'trap';
  /** Greater than 0: user accesses must not fault pages in (pagefault_disable). */
  pagefault_disabled = 0;
  /** What the system call in progress waits for. */
  wait: Wait | undefined;
  sleptAt: number | undefined;
  /** How the system call in progress lays out what it exchanges. */
  abi: Abi = X86_64;
  clear_child_tid = 0n;
  robust_list = 0n;

  constructor(
    readonly process: Process<Task>,
    /** Changes when a thread that is not the first one calls execve. */
    public tid: number,
    public cpu: Vcpu,
    public name: string,
  ) {}

  get mm(): Mm {
    return this.process.mm;
  }

  get inKernel(): boolean {
    return this.handler !== undefined;
  }

  get asleep(): boolean {
    return this.sleptAt !== undefined;
  }

  get signalled(): boolean {
    return signal_pending(this);
  }
}
