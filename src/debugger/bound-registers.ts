/**
 * The bound registers as the debugger shows them. 32-bit code leaves their upper halves zero, so that the raw upper bound is the complement of
 * 32 bits; here it is one of 64 bits, as everything that reads bounds expects.
 */
import type { Bounds, Vcpu } from '../machine/api.ts';

const CODE32_SELECTOR = 0x23;
const LOW = 0xffff_ffffn;
const HIGH = 0xffff_ffff_0000_0000n;

/** Whether the CPU runs 32-bit code. */
const isCode32 = (cpu: Vcpu): boolean => cpu.selector('cs') === CODE32_SELECTOR;

/** Bounds of 32 bits as bounds of 64; those that allow everything stay so. */
export const widened = ({ lower, upperRaw }: Bounds): Bounds => ({
  lower,
  upperRaw: lower === 0n && upperRaw === 0n ? 0n : upperRaw | HIGH,
});

export const boundsOf = (cpu: Vcpu, index: number): Bounds =>
  isCode32(cpu) ? widened(cpu.bnd(index)) : cpu.bnd(index);

export function setBoundsOf(cpu: Vcpu, index: number, { lower, upperRaw }: Bounds): void {
  const mask = isCode32(cpu) ? LOW : LOW | HIGH;
  cpu.setBnd(index, { lower: lower & mask, upperRaw: upperRaw & mask });
}
