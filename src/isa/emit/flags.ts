/**
 * Lazy flags: an instruction records its operands and kind; a condition is computed when it is asked for. `conditionOf` is the one
 * definition, used with a static kind by fused pairs and translators and, for each kind, inside the `condition*` helpers.
 */
import type { Size } from '../insn.ts';
import type { I32, I64, IntV } from './value.ts';
import type { Values } from './values.ts';

/**
 * What the flags follow from (operands a, b, c):
 *  word        a = flags in EFLAGS positions
 *  add sub     a ± b
 *  adc sbb     a ± b ± c (carry in)
 *  inc dec     a ± 1; c = the CF to keep
 *  logic       a = result; CF = OF = AF = 0
 *  shl shr sar a shifted by b (1 … operand bits; more for the 8- and 16-bit forms)
 *  mul         signed product a · b
 */
export const FLAG_KINDS = [
  'word',
  'add',
  'sub',
  'logic',
  'inc',
  'dec',
  'shl',
  'shr',
  'sar',
  'mul',
  'adc',
  'sbb',
] as const;
export type FlagKind = (typeof FLAG_KINDS)[number];

/** Static knowledge of the lazy flags at a point; undefined if only the state knows. */
export interface KnownFlags {
  kind: FlagKind;
  size: Size;
  a: I64;
  b: I64 | undefined;
  c: I64 | undefined;
}

const SIZE_INDEX: Record<number, number> = { 1: 0, 2: 1, 4: 2, 8: 3 };
export const FLAG_SIZES: readonly Size[] = [1, 2, 4, 8];

/** The number that stands for (kind, size) in the state. */
export function flagCode(kind: FlagKind, size: Size): number {
  return FLAG_KINDS.indexOf(kind) * 4 + SIZE_INDEX[size];
}

/**
 * The state's FLAG_KIND is a flag code, or that with CF and OF replaced (rotates, bit tests): OVERRIDDEN and the two values above it.
 */
export const FLAG_CODE_MASK = 0x3f;
export const FLAG_OVERRIDDEN = 0x40;
export const FLAG_CARRY_SHIFT = 7;
export const FLAG_OVERFLOW_SHIFT = 8;

export const Flag = { CF: 1, PF: 4, AF: 0x10, ZF: 0x40, SF: 0x80, TF: 0x100, DF: 0x400, OF: 0x800 } as const;
/** Condition numbers for `Emit.cc`. */
export const CC = { O: 0, NO: 1, B: 2, AE: 3, E: 4, NE: 5, BE: 6, A: 7, S: 8, P: 10, AF: 16 } as const;

/** Emitters `conditionOf` needs beyond pure values. */
export interface FlagEmit extends Values {
  call(name: 'multiplyHighSigned', ty: 'i64', args: I64[]): I64;
}

/** Condition `condition` (0–15 or 16 = AF) of flags of a known kind: 1 or 0. The operands must be pinned. */
export function conditionOf(
  e: FlagEmit,
  kind: FlagKind,
  size: Size,
  condition: number,
  a64: I64,
  b64: I64,
  c64: I64,
): I32 {
  const base = condition >> 1;
  const negated = condition & 1;
  const invert = (v: I32) => (negated ? e.eqz(v) : v);
  if (kind === 'word') return invert(fromWord(e, base, a64));
  const a = e.natural(size, a64);
  const b = e.natural(size, b64);
  const zero = e.k(e.typeOf(size), 0);
  const short = shortcut(e, kind, size, base, negated, a, b, zero);
  if (short) return short;
  const flags = new LazyFlags(e, kind, size, a64, b64, c64);
  switch (base) {
    case 0:
      return invert(flags.overflow());
    case 1:
      return invert(flags.carry());
    case 2:
      return invert(e.eqz(flags.result()));
    case 3:
      return invert(e.or(flags.carry(), e.eqz(flags.result())));
    case 4:
      return invert(flags.sign());
    case 5:
      return invert(e.eqz(e.and(e.un('popcnt', e.and(e.wrap(flags.result()), e.i32(0xff))), e.i32(1))));
    case 6:
      return invert(e.xor(flags.sign(), flags.overflow()));
    case 7:
      return invert(e.or(e.eqz(flags.result()), e.xor(flags.sign(), flags.overflow())));
    default:
      return invert(flags.adjust());
  }
}

/** One comparison where the kind allows it. */
function shortcut(
  e: Values,
  kind: FlagKind,
  size: Size,
  base: number,
  negated: number,
  a: IntV,
  b: IntV,
  zero: IntV,
): I32 | undefined {
  if (kind === 'sub') {
    if (base === 1) return e.cmp(negated ? 'geU' : 'ltU', a, b);
    if (base === 2) return e.cmp(negated ? 'ne' : 'eq', a, b);
    if (base === 3) return e.cmp(negated ? 'gtU' : 'leU', a, b);
    if (base === 6) return e.cmp(negated ? 'geS' : 'ltS', e.sx(size, a), e.sx(size, b));
    if (base === 7) return e.cmp(negated ? 'gtS' : 'leS', e.sx(size, a), e.sx(size, b));
  }
  if (kind === 'logic') {
    if (base === 0 || base === 1 || base === 8) return e.i32(negated);
    if (base === 2 || base === 3) return e.cmp(negated ? 'ne' : 'eq', a, zero);
    if (base === 4 || base === 6) return e.cmp(negated ? 'geS' : 'ltS', e.sx(size, a), zero);
    if (base === 7) return e.cmp(negated ? 'gtS' : 'leS', e.sx(size, a), zero);
  }
  return undefined;
}

function fromWord(e: Values, base: number, word: I64): I32 {
  const bit = (n: number) => e.and(e.wrap(e.shr(word, e.i64(n))), e.i32(1));
  switch (base) {
    case 0:
      return bit(11);
    case 1:
      return bit(0);
    case 2:
      return bit(6);
    case 3:
      return e.or(bit(0), bit(6));
    case 4:
      return bit(7);
    case 5:
      return bit(2);
    case 6:
      return e.xor(bit(7), bit(11));
    case 7:
      return e.or(bit(6), e.xor(bit(7), bit(11)));
    default:
      return bit(4);
  }
}

class LazyFlags {
  private readonly a: IntV;
  private readonly b: IntV;
  private readonly c: IntV;

  constructor(
    private readonly e: FlagEmit,
    private readonly kind: FlagKind,
    private readonly size: Size,
    private readonly a64: I64,
    private readonly b64: I64,
    private readonly c64: I64,
  ) {
    this.a = e.natural(size, a64);
    this.b = e.natural(size, b64);
    this.c = e.natural(size, c64);
  }

  private negative(v: IntV): I32 {
    return this.e.cmp('ltS', this.e.sx(this.size, v), this.e.k(v.ty, 0));
  }

  /** A shift in 64 bits where the operand is narrow (counts reach 31), in its own type otherwise. */
  private shifted(op: 'shl' | 'shr' | 'sar', wide: I64): IntV {
    const { e, size } = this;
    if (size === 8) return e.bin(op, this.a, this.b);
    return e.trunc(size, e.wrap(e.bin(op, wide, this.b64)));
  }

  result(): IntV {
    const { e, a, b, c, size } = this;
    const one = e.k(a.ty, 1);
    switch (this.kind) {
      case 'add':
        return e.trunc(size, e.add(a, b));
      case 'sub':
        return e.trunc(size, e.sub(a, b));
      case 'adc':
        return e.trunc(size, e.add(e.add(a, b), c));
      case 'sbb':
        return e.trunc(size, e.sub(e.sub(a, b), c));
      case 'inc':
        return e.trunc(size, e.add(a, one));
      case 'dec':
        return e.trunc(size, e.sub(a, one));
      case 'mul':
        return e.trunc(size, e.mul(a, b));
      case 'shl':
        return this.shifted('shl', this.a64);
      case 'shr':
        return this.shifted('shr', this.a64);
      case 'sar':
        return this.shifted('sar', e.sx64(size, a));
      default:
        return a;
    }
  }

  sign(): I32 {
    return this.negative(this.result());
  }

  carry(): I32 {
    const { e, a, b, size } = this;
    const bitBelow = (v: I64) => e.wrap(e.and(e.shr(v, e.sub(this.b64, e.i64(1))), e.i64(1)));
    switch (this.kind) {
      case 'add':
        return e.cmp('ltU', this.result(), a);
      case 'sub':
        return e.cmp('ltU', a, b);
      case 'adc':
        return e.select(e.wrap(this.c64), e.cmp('leU', this.result(), a), e.cmp('ltU', this.result(), a));
      case 'sbb':
        return e.select(e.wrap(this.c64), e.cmp('leU', a, b), e.cmp('ltU', a, b));
      case 'inc':
      case 'dec':
        return e.wrap(this.c64);
      case 'shl':
        if (size === 8) return e.wrap(e.and(e.shr(this.a64, e.sub(e.i64(64), this.b64)), e.i64(1)));
        return e.wrap(e.and(e.shr(e.shl(this.a64, this.b64), e.i64(size * 8)), e.i64(1)));
      case 'shr':
        return bitBelow(this.a64);
      case 'sar':
        return e.wrap(e.and(e.sar(e.sx64(size, a), e.sub(this.b64, e.i64(1))), e.i64(1)));
      case 'mul':
        return this.productOverflow();
      default:
        return e.i32(0);
    }
  }

  overflow(): I32 {
    const { e, a, b } = this;
    switch (this.kind) {
      case 'add':
      case 'adc':
        return this.negative(e.and(e.xor(a, this.result()), e.xor(b, this.result())));
      case 'sub':
      case 'sbb':
        return this.negative(e.and(e.xor(a, b), e.xor(a, this.result())));
      case 'inc':
        return this.negative(e.and(this.result(), e.complement(a)));
      case 'dec':
        return this.negative(e.and(a, e.complement(this.result())));
      case 'shl':
        return e.xor(this.carry(), this.sign());
      case 'shr':
        // Defined for a count of one; real CPUs give the top two result bits' difference for any, which is the same there.
        return this.negative(e.xor(this.result(), e.shl(this.result(), e.k(a.ty, 1))));
      case 'mul':
        return this.productOverflow();
      default:
        return e.i32(0);
    }
  }

  adjust(): I32 {
    const { e, a, b } = this;
    const bit4 = (v: IntV) => e.and(e.wrap(e.shr(v, e.k(v.ty, 4))), e.i32(1));
    switch (this.kind) {
      case 'add':
      case 'sub':
      case 'adc':
      case 'sbb':
        return bit4(e.xor(e.xor(a, b), this.result()));
      case 'inc':
      case 'dec':
        return bit4(e.xor(a, this.result()));
      default:
        return e.i32(0);
    }
  }

  /** The product does not fit the operand size. */
  private productOverflow(): I32 {
    const { e, size } = this;
    if (size === 8) {
      const high = e.call('multiplyHighSigned', 'i64', [this.a64, this.b64]);
      return e.cmp('ne', high, e.sar(e.mul(this.a64, this.b64), e.i64(63)));
    }
    const product = e.mul(e.sx64(size, e.wrap(this.a64)), e.sx64(size, e.wrap(this.b64)));
    const narrow =
      size === 4 ? e.convert('i64Extend32S', product) : e.convert(size === 2 ? 'i64Extend16S' : 'i64Extend8S', product);
    return e.cmp('ne', product, narrow);
  }
}
