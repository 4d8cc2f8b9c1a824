import type { MachineSnapshot } from '../api.ts';
import type { Cpu } from '../vcpu.ts';
import { type Changes, sizeOf } from './undo-log.ts';

/** Where the machine stood, besides memory and registers. */
export interface Progress {
  readonly retired: number;
  /** The instruction that a CPU has begun and not finished. */
  readonly unfinished: { cpu: Cpu; rip: bigint; retired: bigint } | undefined;
  readonly xcr0: bigint;
}

export class EngineSnapshot implements MachineSnapshot {
  constructor(
    /** What memory has seen since. */
    readonly changes: Changes,
    readonly registers: ReadonlyMap<Cpu, Uint8Array>,
    readonly progress: Progress,
  ) {}

  get retired(): bigint {
    return BigInt(this.progress.retired);
  }
  get bytes(): number {
    return sizeOf(this.changes);
  }
}
