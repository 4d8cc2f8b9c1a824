/** Shifts, rotates and double shifts. The count is masked to 5 or 6 bits; a count of zero changes no flag. */
import type { Emit } from '../emit/emit.ts';
import { CC } from '../emit/flags.ts';
import type { I32, I64, IntV } from '../emit/value.ts';
import type { Insn, Operand } from '../insn.ts';
import { ALL_SIZES, semantics, WORD_SIZES } from './table.ts';

/** Masked count, in the operand's natural type. */
function countOf(e: Emit, o: Operand | undefined, u: Insn): IntV {
  return e.let(e.and(e.natural(u.size, e.zx(e.rd(o, 1))), e.k(e.typeOf(u.size), u.size === 8 ? 63 : 31)));
}

/** Whether the count is other than zero: known for the immediates of form `n`, whose pattern value is 1. */
function counts(e: Emit, o: Operand | undefined, count: IntV): I32 {
  return o?.kind === 'imm' && o.value !== 0n ? e.i32(1) : e.eqz(e.eqz(count));
}

/** A 32-bit register is zero-extended even if the count is zero. */
function keepZeroExtended(e: Emit, u: Insn, o: Operand | undefined, count: IntV, old: IntV): void {
  if (u.size === 4 && u.a?.kind === 'reg' && !(o?.kind === 'imm' && o.value !== 0n))
    e.if(e.eqz(count), () => e.wr(u.a, 4, old));
}

const bit = (e: Emit, v: IntV, n: number): I32 => e.and(e.wrap(e.shr(v, e.k(v.ty, n))), e.i32(1));

export const shift = semantics((define) => {
  define('shl shr sar', 'r,n r,s m,s', ALL_SIZES, (e, u, op) => {
    const kind = op as 'shl' | 'shr' | 'sar';
    const [a, write] = e.modify(u.a, u.size, u);
    const count = countOf(e, u.b, u);
    const source = op === 'sar' ? e.sx(u.size, a) : a;
    e.flagsIf(counts(e, u.b, count), () => {
      write(e.trunc(u.size, e.bin(kind, source, count)));
      e.setFlags(kind, u.size, a, count);
    });
    keepZeroExtended(e, u, u.b, count, a);
  });

  define('rol ror', 'r,n r,s m,s', ALL_SIZES, (e, u, op) => {
    const left = op === 'rol';
    const width = u.size * 8;
    const [a, write] = e.modify(u.a, u.size, u);
    const count = countOf(e, u.b, u);
    const result = e.let(rotated(e, u, a, count, left));
    e.flagsIf(counts(e, u.b, count), () => {
      const top = e.let(bit(e, result, width - 1));
      const other = bit(e, result, left ? 0 : width - 2);
      const carry = e.let(left ? bit(e, result, 0) : top);
      write(result);
      e.overrideCarry(carry, e.xor(top, other));
    });
    keepZeroExtended(e, u, u.b, count, a);
  });

  // Rotates through the carry: operand and CF as one value of width + 1 bits.
  define('rcl rcr', 'r,s m,s', ALL_SIZES, (e, u, op) => {
    const left = op === 'rcl';
    const width = u.size * 8;
    const [a, write] = e.modify(u.a, u.size, u);
    const masked = countOf(e, u.b, u);
    const count = u.size < 4 ? e.let(e.bin('remU', masked, e.k(masked.ty, width + 1))) : masked;
    const carryIn = e.let(e.cc(CC.B));
    e.flagsIf(e.eqz(e.eqz(count)), () => {
      const [value, carry] = throughCarry(e, u, a, count, carryIn, left);
      const result = e.let(value);
      const carryOut = e.let(carry);
      const top = e.let(bit(e, result, width - 1));
      write(result);
      e.overrideCarry(carryOut, e.xor(top, left ? carryOut : bit(e, result, width - 2)));
    });
    keepZeroExtended(e, u, u.b, count, a);
  });

  define('shld shrd', 'r,s,n r,s,l r,s,i m,s,n m,s,l m,s,i', WORD_SIZES, (e, u, op) => {
    const left = op === 'shld';
    const width = u.size * 8;
    const [a, write] = e.modify(u.a, u.size, u);
    const fill = e.rd(u.b, u.size);
    const count = countOf(e, u.c, u);
    e.flagsIf(counts(e, u.c, count), () => {
      const [value, carry] = doubleShift(e, u, a, fill, count, left);
      const result = e.let(value);
      const carryOut = e.let(carry);
      write(result);
      e.setFlags('logic', u.size, result);
      e.overrideCarry(carryOut, e.xor(bit(e, result, width - 1), bit(e, a, width - 1)));
    });
    keepZeroExtended(e, u, u.c, count, a);
  });
});

function rotated(e: Emit, u: Insn, a: IntV, count: IntV, left: boolean): IntV {
  if (u.size >= 4) return e.bin(left ? 'rotl' : 'rotr', a, count);
  const mask = e.k(a.ty, u.size * 8 - 1);
  const near = e.let(e.and(count, mask));
  const far = e.let(e.and(e.sub(e.k(a.ty, u.size * 8), near), mask));
  const [up, down] = left ? [near, far] : [far, near];
  return e.trunc(u.size, e.or(e.shl(a, up), e.shr(a, down)));
}

/** Count is 1 … width (width + 1 rotations change nothing). Gives the value and the new carry. */
function throughCarry(e: Emit, u: Insn, a: IntV, count: IntV, carryIn: I32, left: boolean): [value: IntV, carry: I32] {
  const width = u.size * 8;
  if (u.size === 8) {
    const [v, n] = [a as I64, count as I64];
    const carry64 = e.zx(carryIn);
    const back = e.let(e.sub(e.i64(64), n));
    // A shift by 64 must give zero, but WebAssembly takes the count modulo 64: shift twice.
    if (left) {
      const wrapped = e.shr(e.shr(v, back), e.i64(1));
      const value = e.or(e.or(e.shl(v, n), e.shl(carry64, e.sub(n, e.i64(1)))), wrapped);
      return [value, e.and(e.wrap(e.shr(v, back)), e.i32(1))];
    }
    const wrapped = e.shl(e.shl(v, back), e.i64(1));
    const value = e.or(e.or(e.shr(v, n), e.shl(carry64, back)), wrapped);
    return [value, e.and(e.wrap(e.shr(v, e.sub(n, e.i64(1)))), e.i32(1))];
  }
  const n = e.let(e.zx(count));
  const joined = e.let(e.or(e.zx(a), e.shl(e.zx(carryIn), e.i64(width))));
  const total = e.i64(width + 1);
  const back = e.sub(total, n);
  const value = e.let(left ? e.or(e.shl(joined, n), e.shr(joined, back)) : e.or(e.shr(joined, n), e.shl(joined, back)));
  return [e.trunc(u.size, e.wrap(value)), e.and(e.wrap(e.shr(value, e.i64(width))), e.i32(1))];
}

/**
 * Count is 1 … width − 1. In the 16-bit form it reaches 31: CPUs then take bits of the first operand again, so the operands are
 * laid out as first, fill, first in 48 bits.
 */
function doubleShift(e: Emit, u: Insn, a: IntV, fill: IntV, count: IntV, left: boolean): [value: IntV, carry: I32] {
  const lowBit = (v: I64) => e.and(e.wrap(v), e.i32(1));
  const width = u.size * 8;
  if (u.size === 8) {
    const n = count as I64;
    const back = e.let(e.sub(e.i64(64), n));
    if (left) return [e.or(e.shl(a, n), e.shr(fill, back)), lowBit(e.shr(a as I64, back))];
    return [e.or(e.shr(a, n), e.shl(fill, back)), lowBit(e.shr(a as I64, e.sub(n, e.i64(1))))];
  }
  const n = e.let(e.zx(count));
  const again = u.size === 2 ? e.shl(e.zx(a), e.i64(32)) : e.i64(0);
  if (left) {
    const below = e.or(e.shl(e.zx(a), e.i64(width)), e.zx(fill));
    const joined = e.let(u.size === 2 ? e.or(e.shl(below, e.i64(16)), e.zx(a)) : below);
    const value = e.shr(joined, e.sub(e.i64(32), n));
    // The result is the top operand's place, at bit 32 in both layouts, after the shift.
    const carry = e.shr(joined, e.sub(e.i64(32 + width), n));
    return [e.trunc(u.size, e.wrap(value)), lowBit(carry)];
  }
  const joined = e.let(e.or(e.or(e.zx(a), e.shl(e.zx(fill), e.i64(width))), again));
  return [e.trunc(u.size, e.wrap(e.shr(joined, n))), lowBit(e.shr(joined, e.sub(n, e.i64(1))))];
}
