/** What /proc tells of. */
import type { Process } from '../../process.ts';
import type { Task } from '../../task.ts';
import type { KernelProfile } from '../../world.ts';

export type AnyProcess = Process<Task>;

export interface ProcessList {
  readonly processes: readonly AnyProcess[];
  readonly profile: KernelProfile;
  /** Nanoseconds since the start. */
  readonly now: bigint;
}
