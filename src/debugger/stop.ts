/** Why the program stopped for the user. */
import type { ExitStatus } from '../kernel/api.ts';
import type { Stop as MachineStop } from '../machine/api.ts';

/** Exception filters of the user interface (docs/MANUAL.md). */
export type FilterId =
  | 'bounds-violation'
  | 'missing-table'
  | 'bounds-lost'
  | 'bndldx-mismatch'
  | 'segmentation-fault'
  | 'signal'
  | 'kernel-refused';

export type StopReason =
  | { kind: 'entry' }
  | { kind: 'pause' }
  | { kind: 'step' }
  /** At the first step of a kernel handler, or at a later one. */
  | { kind: 'kernel-step' }
  | { kind: 'goto' }
  | { kind: 'breakpoint'; ids: number[]; breakpoint: 'source' | 'function' | 'instruction'; problem?: string }
  /** `text` is one line for the user; `details` what exceptionInfo adds, one line each. */
  | { kind: 'exception'; filter: FilterId; text: string; details: string[] }
  | { kind: 'limit'; text: string }
  /** Watched memory was accessed; going backwards, it is about to be. */
  | { kind: 'data'; ids: number[]; text: string; problem?: string }
  /** Going backwards, at the earliest moment there is. */
  | { kind: 'recording-start' }
  /** At a moment the user has asked for. */
  | { kind: 'travelled' }
  /** The only task that may run sleeps, in the kernel function `at`. */
  | { kind: 'asleep'; at: string };

/** A trap that the user sees before the kernel acts on it. */
export type TrapStop = Extract<MachineStop, { kind: 'trap' }>;

/** What a slice of running came to. */
export type Outcome =
  | { kind: 'running' }
  /** Every task waits, for input that only the user can give. */
  | { kind: 'waiting' }
  | { kind: 'stopped'; reason: StopReason }
  /** A replay has come to its destination. */
  | { kind: 'arrived' }
  | { kind: 'exited'; status: ExitStatus };
