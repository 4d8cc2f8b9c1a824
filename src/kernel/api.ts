/** What the kernel floor offers to the debugger: an emulated process whose threads enter and leave the kernel step by step. */

import type { Machine, Stop, Unimplemented, Vcpu } from '../machine/api.ts';
import type { FileChange } from './files/directory.ts';
import type { KernelFrame, KernelStack, KernelStep } from './steps.ts';

/** A release of Linux (the ideal one calls itself the last). */
export type KernelVersion = 'v4.1' | 'v4.19' | 'v5.5' | 'ideal';
/** What one can choose: a release for x86-64, or 4.1 built for i386. */
export type ProfileId = KernelVersion | 'v4.1-i386';

/** A mapping, as /proc/PID/maps shows it. */
export interface VmaView {
  start: bigint;
  end: bigint;
  /** `rwxp` text. */
  protection: string;
  offset: bigint;
  /** `[heap]`, `[stack]`, `[mpx]`, a file name or ''. */
  name: string;
  mpx: boolean;
}

/** siginfo of a delivered or fatal signal. */
export interface SignalInfo {
  signo: number;
  code: number;
  errno: number;
  address: bigint;
  /** Only for SEGV_BNDERR. */
  lower?: bigint;
  upper?: bigint;
}

/** Happenings worth a line in a timeline. `instruction` is the world's retired count when it happened; `tid` the thread it happened in. */
export type KernelEvent = { instruction: bigint; pc: bigint; pid: number; tid: number } & (
  | { kind: 'bounds-violation'; bndstatus: bigint; bndcfgu: bigint; kernelReport?: SignalInfo }
  | { kind: 'table-allocated'; table: bigint; entry: bigint; area: bigint; areaSize: bigint }
  | { kind: 'table-race-lost'; table: bigint; entry: bigint }
  | { kind: 'table-zapped'; table: bigint; start: bigint; end: bigint; area: bigint; areaSize: bigint }
  | { kind: 'table-freed'; table: bigint; entry: bigint; area: bigint; areaSize: bigint }
  | { kind: 'table-failed'; reason: string; entry: bigint }
  | { kind: 'management'; enabled: boolean; bdAddr: bigint; result: number }
  | { kind: 'signal'; info: SignalInfo; action: 'handler' | 'kill' | 'ignore' | 'stop' }
  | { kind: 'sigreturn' }
  | { kind: 'syscall-unknown'; number: number; args: bigint[] }
  | { kind: 'mpx-log'; text: string }
  /** The limit of the launch option `limits.memory` was reached: a mapping was refused, or a page could not be had. */
  | { kind: 'memory-limit'; what: 'mmap' | 'page'; address: bigint }
  | { kind: 'thread-started'; child: number }
  | { kind: 'thread-exited' }
  | { kind: 'process-started'; child: number }
  | { kind: 'exec'; path: string }
  /** A file was mapped so that it may be run as code (the program's own libraries), or is no longer. */
  | { kind: 'code-mapped' | 'code-unmapped'; path: string; address: bigint }
  | { kind: 'oops'; function: string; reason: string }
  | { kind: 'exit'; status: ExitStatus }
);

export type ExitStatus = { code: number } | { signal: number };

/** A system call the kernel does not have: its number in the table of `abi`. */
export interface UnknownCall {
  syscall: number;
  args: bigint[];
  pc: bigint;
  abi: 'x86-64' | 'i386';
}

/** A thread of the emulated process. */
export interface TaskView extends KernelStack {
  readonly tid: number;
  readonly name: string;
  readonly cpu: Vcpu;
  /** Innermost last; empty while in user mode. */
  readonly kernelFrames: KernelFrame[];
  /** Whether a kernel handler is in progress. */
  readonly inKernel: boolean;
  /** Whether it sleeps in the kernel. */
  readonly asleep: boolean;
  /** A signal waits to be delivered: the task has to enter the kernel before it goes on in user mode. */
  readonly signalled: boolean;
  readonly process: ProcessView;
}

/** Whose turn it is, and for how many instructions at most. */
export interface Turn<T = TaskView> {
  task: T;
  budget: number;
}

/** The emulated computer. */
export interface WorldView {
  /** What its programs have done to files. */
  readonly fileSystem: { changes(): FileChange[] };
  readonly processes: readonly ProcessView[];
  /** Instructions retired by all CPUs: the world's time. */
  readonly retired: bigint;
  /** Whose turn it is; undefined if all tasks sleep and only input could wake one. */
  turn(): Turn | undefined;
  readonly scheduler: {
    /** The task whose turn it was has run so many instructions. */
    charge(instructions: number): void;
    /** Sleepers may find something new: input has come. */
    noteProgress(): void;
    /** The next turn is this task's. */
    prefer(task: TaskView): void;
  };
}

export interface ProcessView {
  readonly world: WorldView;
  readonly pid: number;
  /** Word size of its program; execve may change it. */
  readonly bits: 32 | 64;
  readonly machine: Machine;
  readonly tasks: readonly TaskView[];
  /** undefined while alive. */
  readonly exit: ExitStatus | undefined;
  /** Set when the emulated kernel died (B.11 "Kernel oops"). */
  readonly oops: { function: string; reason: string } | undefined;
  /**
   * Serves a stop of the machine: makes the handler (trap, system call) of `task`. It has not run yet;
   * `advance` runs it step by step.
   */
  enter(task: TaskView, stop: Stop): void;
  /** Advances the task's handler to its next step; undefined when it has finished (or the process is gone). */
  advance(task: TaskView): KernelStep | undefined;
  /** Runs the task's handler to its end. */
  finish(task: TaskView): void;
  vmas(): VmaView[];
  readonly mpx: { bdAddr: bigint | undefined; mapCount: number };
  readonly lastSiginfo: SignalInfo | undefined;
  readonly unimplemented: readonly (Unimplemented | UnknownCall)[];
}

/** Everything non-deterministic enters here (recorded on the first pass, replayed on the next). */
export interface Inputs {
  /** `count` bytes for AT_RANDOM, getrandom, /dev/urandom. */
  random(count: number): Uint8Array;
  /** Up to `count` bytes of standard input; empty at end of file; undefined when none is there yet. */
  stdin(count: number): Uint8Array | undefined;
  /** Wall-clock seconds at process start. */
  startTime(): bigint;
}

/** Where the process's output goes: bytes as written. */
export interface Outputs {
  /** → −errno if none of the bytes could be delivered (−EPIPE: nobody reads any more), else nothing. */
  write(fd: 1 | 2, bytes: Uint8Array): number | undefined;
}
