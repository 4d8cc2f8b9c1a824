import type { CpuModel } from '../../src/isa/model.ts';
import type { X87Result } from './forms/form.ts';
import type { InputState } from './protocol.ts';

/** One instruction with the state it starts from, and what may differ afterwards. */
export interface Case extends InputState {
  name: string;
  /** What the machine has to be. */
  model: CpuModel;
  undefinedFlags: number;
  /** The destination register (or memory) is undefined. */
  undefinedResult: boolean;
  /** The sticky exception flags of MXCSR are not compared. */
  floating: boolean;
  looseFaults: boolean;
  /** How the x87 registers are compared. */
  x87Result: X87Result;
}
