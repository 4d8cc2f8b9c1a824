import { Vector } from '../api.ts';
import { GuestFault, type HostFunction } from './context.ts';
import { RAX, RDX } from './registers.ts';

const divideError = (): GuestFault => new GuestFault(Vector.DE);

/** DIV r/m64: RDX:RAX by the operand. The flags are undefined and stay. */
export const divide: HostFunction = (cpu, insn) => {
  const divisor = cpu.read(insn.a, 8);
  const dividend = (cpu.gpr(RDX) << 64n) | cpu.gpr(RAX);
  if (divisor === 0n || dividend / divisor > 0xffffffffffffffffn) throw divideError();
  cpu.setGpr(RAX, dividend / divisor);
  cpu.setGpr(RDX, dividend % divisor);
  return 'next';
};

/** IDIV r/m64: signed, truncating towards zero; the remainder has the dividend's sign. */
export const divideSigned: HostFunction = (cpu, insn) => {
  const divisor = BigInt.asIntN(64, cpu.read(insn.a, 8));
  const dividend = BigInt.asIntN(128, (cpu.gpr(RDX) << 64n) | cpu.gpr(RAX));
  if (divisor === 0n) throw divideError();
  const quotient = dividend / divisor;
  if (quotient !== BigInt.asIntN(64, quotient)) throw divideError();
  cpu.setGpr(RAX, BigInt.asUintN(64, quotient));
  cpu.setGpr(RDX, BigInt.asUintN(64, dividend % divisor));
  return 'next';
};
