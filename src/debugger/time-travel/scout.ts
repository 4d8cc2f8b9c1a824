/** What somebody wants to hear of while the past is run again, silently, to find something there. */
import type { TaskView } from '../../kernel/api.ts';
import type { MpxEvent, WatchHit, WatchRange } from '../../machine/api.ts';

export interface Scout {
  /** Memory whose accesses are told to `accessed`. */
  readonly ranges?: readonly WatchRange[];
  /** By the instruction at `pc`, which has retired, or (without) by the kernel. */
  accessed?(task: TaskView, hits: readonly WatchHit[], pc?: bigint): void;
  /** The MPX unit has lost bounds. Only asked for if needed: observed code is not translated. */
  observed?(task: TaskView, event: MpxEvent): void;
  /** The kernel is about to act for a task. */
  entersKernel?(task: TaskView): void;
  /** The kernel has done a step for a task. */
  kernelStep?(task: TaskView): void;
}
