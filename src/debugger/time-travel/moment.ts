/** Points of a run, in the order in which it passes them. */

/** Where a run stands: after so many instructions, and so many steps of the kernel since the last of them. */
export interface Moment {
  readonly instruction: bigint;
  readonly step: number;
}

export const START: Moment = { instruction: 0n, step: 0 };

/** Negative if `a` comes first, 0 if they are the same. */
export function compareMoments(a: Moment, b: Moment): number {
  if (a.instruction !== b.instruction) return a.instruction < b.instruction ? -1 : 1;
  return a.step - b.step;
}
export const isBefore = (a: Moment, b: Moment): boolean => compareMoments(a, b) < 0;

/** Counts the steps of the kernel between two instructions. */
export class MomentCounter {
  private step = 0;
  private since = 0n;

  constructor(private readonly retired: () => bigint) {}

  get now(): Moment {
    const instruction = this.retired();
    return { instruction, step: instruction === this.since ? this.step : 0 };
  }

  /** The kernel has done a step. */
  count(): void {
    const { instruction, step } = this.now;
    this.since = instruction;
    this.step = step + 1;
  }

  /** The run was brought to another moment. */
  set({ instruction, step }: Moment): void {
    this.since = instruction;
    this.step = step;
  }
}
