/** SIMD floating-point exceptions: those of all lanes are raised together (SDM Vol. 1, 11.5). */
import { State } from '../../isa/emit/state.ts';
import { Vector } from '../api.ts';
import { BinaryContext } from '../float/binary.ts';
import { Abandoned } from '../float/context.ts';
import { GuestFault, type HostContext } from './context.ts';

/** IE, DE, ZE. */
const BEFORE_COMPUTATION = 7;

/**
 * Computes `lanes` results one by one. Their exceptions are raised together; an unmasked one is #XM and leaves the destination alone. `control`: MXCSR as
 * the instruction sees it.
 */
export function eachLane(
  cpu: HostContext,
  lanes: number,
  compute: (context: BinaryContext, n: number) => void,
  control: (mxcsr: number) => number = (mxcsr) => mxcsr,
): void {
  const mxcsr = cpu.registers.getUint32(State.MXCSR, true);
  let flags = 0;
  for (let n = 0; n < lanes; n++) {
    const context = new BinaryContext(control(mxcsr));
    try {
      compute(context, n);
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error;
    }
    flags |= context.flags;
  }
  const unmasked = flags & ~(mxcsr >> 7);
  // Where one lane must not be computed, none is: nothing is known of their results then.
  const raised = unmasked & BEFORE_COMPUTATION ? flags & BEFORE_COMPUTATION : flags;
  cpu.registers.setUint32(State.MXCSR, mxcsr | raised, true);
  if (unmasked) throw new GuestFault(Vector.XM);
}
