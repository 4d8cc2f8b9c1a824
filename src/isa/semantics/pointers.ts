/**
 * Registers that address memory without being named as operands: the stack pointer, the registers of string operations and their counter. They
 * are as wide as `Insn.addressSize` says: 64 bits in 64-bit code, 32 in 32-bit code.
 */
import type { Emit } from '../emit/emit.ts';
import type { I64 } from '../emit/value.ts';
import type { Insn } from '../insn.ts';

/** A general register that addresses implicit memory: RSP and ESP, RSI, EDI … by the instruction's address size. */
export function pointer(e: Emit, u: Insn, number: number): I64 {
  return e.let(u.addressSize === 8 ? e.reg(number) : e.zx(e.rd(e.gpr(number, u.addressSize), u.addressSize)));
}
/** Sets such a register; the value wraps at its width. */
export function setPointer(e: Emit, u: Insn, number: number, v: I64): void {
  if (u.addressSize === 8) e.setReg(number, v);
  else e.wr(e.gpr(number, u.addressSize), u.addressSize, e.trunc(u.addressSize, e.wrap(v)));
}
/** The address `bytes` behind such a register's value. */
export function moved(e: Emit, u: Insn, from: I64, bytes: I64): I64 {
  const sum = e.add(from, bytes);
  return e.let(u.addressSize === 8 ? sum : e.zx(e.trunc(u.addressSize, e.wrap(sum))));
}
