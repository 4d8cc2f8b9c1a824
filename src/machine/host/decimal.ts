/** Decimal arithmetic on AL and AX, in 32-bit code only (SDM Vol. 2). Flags that the manual leaves undefined keep what the sum gives. */
import { Flag } from '../../isa/emit/flags.ts';
import { Vector } from '../api.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { RAX } from './registers.ts';

const CF = BigInt(Flag.CF);
const AF = BigInt(Flag.AF);
const RESULT_FLAGS = BigInt(Flag.PF | Flag.ZF | Flag.SF);

const al = (cpu: HostContext): number => Number(cpu.gpr(RAX) & 0xffn);
const ah = (cpu: HostContext): number => Number((cpu.gpr(RAX) >> 8n) & 0xffn);
const setAx = (cpu: HostContext, high: number, low: number): void =>
  cpu.setGpr(RAX, BigInt(((high & 0xff) << 8) | (low & 0xff)), 2);

/** PF, ZF and SF of a byte. */
function resultFlags(byte: number): bigint {
  let parity = byte;
  for (const shift of [4, 2, 1]) parity ^= parity >> shift;
  return BigInt((parity & 1 ? 0 : Flag.PF) | (byte ? 0 : Flag.ZF) | (byte & 0x80 ? Flag.SF : 0));
}
function setFlags(cpu: HostContext, byte: number, carry: boolean, adjust: boolean): void {
  const kept = cpu.rflags & ~(RESULT_FLAGS | CF | AF);
  cpu.rflags = kept | resultFlags(byte) | (carry ? CF : 0n) | (adjust ? AF : 0n);
}

/** DAA and DAS: the decimal digits of AL after an addition (`sign` 1) or subtraction (−1). */
const adjustPacked =
  (sign: 1 | -1): HostFunction =>
  (cpu) => {
    const old = al(cpu);
    const hadCarry = (cpu.rflags & CF) !== 0n;
    const low = (old & 0xf) > 9 || (cpu.rflags & AF) !== 0n;
    const high = old > 0x99 || hadCarry;
    let value = old;
    let carry = high;
    if (low) {
      value += sign * 6;
      if (sign < 0) carry ||= old < 6;
    }
    if (high) value += sign * 0x60;
    value &= 0xff;
    cpu.setGpr(RAX, BigInt(value), 1);
    setFlags(cpu, value, carry, low);
    return 'next';
  };
export const decimalAfterAddition = adjustPacked(1);
export const decimalAfterSubtraction = adjustPacked(-1);

/** AAA and AAS: one digit in AL, the carry into AH. */
const adjustUnpacked =
  (sign: 1 | -1): HostFunction =>
  (cpu) => {
    const adjust = (al(cpu) & 0xf) > 9 || (cpu.rflags & AF) !== 0n;
    if (adjust) {
      const ax = Number(cpu.gpr(RAX) & 0xffffn) + sign * 0x106;
      setAx(cpu, (ax >> 8) & 0xff, ax & 0xff);
    }
    const digit = al(cpu) & 0xf;
    cpu.setGpr(RAX, BigInt(digit), 1);
    setFlags(cpu, digit, adjust, adjust);
    return 'next';
  };
export const asciiAfterAddition = adjustUnpacked(1);
export const asciiAfterSubtraction = adjustUnpacked(-1);

/** AAM: AL divided by the immediate, quotient to AH. */
export const asciiAfterMultiplication: HostFunction = (cpu, insn) => {
  const base = Number(cpu.read(insn.a, 1));
  if (base === 0) throw new GuestFault(Vector.DE);
  const value = al(cpu);
  const rest = value % base;
  setAx(cpu, Math.floor(value / base), rest);
  setFlags(cpu, rest, false, false);
  return 'next';
};

/** AAD: AL ← AL + AH × the immediate. */
export const asciiBeforeDivision: HostFunction = (cpu, insn) => {
  const value = (al(cpu) + ah(cpu) * Number(cpu.read(insn.a, 1))) & 0xff;
  setAx(cpu, 0, value);
  setFlags(cpu, value, false, false);
  return 'next';
};
