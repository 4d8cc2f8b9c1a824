/** What all x87 instructions but the control instructions share. */
import type { Insn, Operand } from '../../../isa/insn.ts';
import { Abandoned } from '../../float/context.ts';
import { floatOperand } from '../../float/convert.ts';
import { type Extended, fromInteger } from '../../float/extended.ts';
import type { HostFunction } from '../context.ts';
import { checkPending, Fpu } from './fpu.ts';

/** `control`: leaves the unit's instruction pointer alone. An unmasked exception may end `body` early (Abandoned): what it has done to the stack by then stays, with the flags. */
export function x87(body: (fpu: Fpu, insn: Insn) => void, { control } = { control: false }): HostFunction {
  return (cpu, insn) => {
    checkPending(cpu);
    const fpu = new Fpu(cpu);
    try {
      body(fpu, insn);
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error;
    }
    fpu.writeBack();
    if (!control) fpu.notePointers(insn);
    return 'next';
  };
}

/** Number of an explicit stack register; `otherwise` where the operand is left out. */
export function stackRegister(o: Operand | undefined, otherwise: number): number {
  return o?.kind === 'st' ? o.number : otherwise;
}

/** Bits of a memory operand, read at once: the value is made later, because a stack fault comes first. */
export function memoryOperand(fpu: Fpu, insn: Insn): { bits: bigint; size: number } | undefined {
  if (insn.a?.kind !== 'mem') return undefined;
  return { bits: fpu.cpu.read(insn.a, insn.a.size), size: insn.a.size };
}

export const realOperand = ({ bits, size }: { bits: bigint; size: number }): Extended =>
  floatOperand(bits, size === 4 ? 4 : 8);

export const integerOperand = ({ bits, size }: { bits: bigint; size: number }): Extended =>
  fromInteger(BigInt.asIntN(8 * size, bits));
