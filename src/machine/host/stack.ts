/** The stack as host functions see it: its pointer is as wide as the code's addresses, RSP in 64-bit code and ESP in 32-bit code. */
import type { Insn } from '../../isa/insn.ts';
import type { HostContext } from './context.ts';
import { RSP } from './registers.ts';

/** `address`, wrapped at the stack pointer's width. */
export const stackAddress = (insn: Insn, address: bigint): bigint => BigInt.asUintN(8 * insn.addressSize, address);

/** The stack pointer. */
export const stackPointer = (cpu: HostContext, insn: Insn): bigint => stackAddress(insn, cpu.gpr(RSP));

export function setStackPointer(cpu: HostContext, insn: Insn, address: bigint): void {
  cpu.setGpr(RSP, stackAddress(insn, address), insn.addressSize);
}

/** Size in bytes of what the instruction pushes or pops. */
export const stackSize = (insn: Insn): 2 | 4 | 8 => (insn.size === 2 || insn.size === 4 ? insn.size : 8);
