import { Vector } from '../api.ts';
import { GuestFault, type HostContext } from './context.ts';

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const R11 = 11;

/** EDX:EAX, the instruction mask of the XSAVE family. */
export function edxEax(cpu: HostContext): bigint {
  return (BigInt.asUintN(32, cpu.gpr(RDX)) << 32n) | BigInt.asUintN(32, cpu.gpr(RAX));
}

/** Sets EDX:EAX; the upper halves become zero. */
export function setEdxEax(cpu: HostContext, value: bigint): void {
  cpu.setGpr(RAX, value & 0xffffffffn, 4);
  cpu.setGpr(RDX, (value >> 32n) & 0xffffffffn, 4);
}

export const generalProtection = (errorCode = 0): GuestFault => new GuestFault(Vector.GP, errorCode);
