/**
 * SSE floating-point arithmetic, comparison and conversion. What is ordinary is done here (float-check.ts), the rest by the host with all of MXCSR.
 */
import type { Emit } from '../emit/emit.ts';
import type { I32, I64, IntV, V128 } from '../emit/value.ts';
import type { Insn } from '../insn.ts';
import {
  any,
  demandExact,
  demandOrdinary,
  denormal,
  isNan,
  isUnusual,
  isZero,
  or,
  type Precision,
  simd,
} from './float-check.ts';
import { splat32, splat64 } from './sse-constants.ts';
import { scalar, source128, zero128 } from './sse-move.ts';
import { everySecond } from './ssse3.ts';
import { semantics } from './table.ts';

const XMM_OR_MEMORY = 'x,y x,m';

/** The second operand: of a scalar instruction only its own bytes are read. */
function source(e: Emit, u: Insn, p: Precision, packed: boolean): V128 {
  if (packed || u.b?.kind !== 'mem') return source128(e, u, u.b);
  return e.let(scalar(e, p, e.rd(u.b, p)));
}

/** Stores the result: all of it, or its lowest lane. */
function store(e: Emit, u: Insn, p: Precision, packed: boolean, v: V128): void {
  if (packed) e.wr128(u.a, v);
  else e.wr(u.a, p, e.let(low(e, p, v)));
}
const low = (e: Emit, p: Precision, v: V128): IntV => (p === 4 ? e.extract('i32x4', 0, v) : e.extract('i64x2', 0, v));

/** Stores the result of an operation on `operands`, if all of it is ordinary. */
function arithmetic(e: Emit, u: Insn, p: Precision, packed: boolean, kind: Kind, a: V128, b: V128): void {
  const result = e.let(kind === 'sqrt' ? simd(e, p, 'sqrt', b) : simd(e, p, kind, a, b));
  const operands = kind === 'sqrt' ? [b] : [a, b];
  const exactZero = () => {
    if (kind === 'mul') return or(e, isZero(e, p, a), isZero(e, p, b));
    // A zero quotient of a finite divisor; zero sums and roots are exact.
    return kind === 'div' ? isZero(e, p, a) : splat64(e, 0xffffffffffffffffn);
  };
  const inexact = (): V128 => {
    if (kind === 'add') return e.call(`inexactSum${p}`, 'v128', [a, b]);
    if (kind === 'sub') return e.call(`inexactSum${p}`, 'v128', [a, simd(e, p, 'neg', b)]);
    const product = kind === 'mul' ? [a, b, result] : kind === 'div' ? [result, b, a] : [result, result, b];
    return e.call(`inexactProduct${p}`, 'v128', product);
  };
  demandOrdinary(e, { p, packed, operands, result, exactZero, inexact }, () => e.host(u));
  store(e, u, p, packed, result);
}
type Kind = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

/** Comparisons and their kin raise something for NaNs and denormals only. */
function demandNumbers(e: Emit, u: Insn, p: Precision, packed: boolean, a: V128, b: V128): void {
  const strange = or(e, isNan(e, p, a), isNan(e, p, b), denormal(e, p, a), denormal(e, p, b));
  e.if(any(e, packed, strange), () => e.host(u));
}

/** `addps` … by suffix. */
function family(op: string): { p: Precision; packed: boolean } {
  return { p: op.endsWith('s') ? 4 : 8, packed: op.at(-2) === 'p' };
}
const names = (...stems: string[]): string =>
  stems.flatMap((s) => ['ps', 'pd', 'ss', 'sd'].map((x) => s + x)).join(' ');
const sizeOf = (op: string): 4 | 8 | 16 => {
  const { p, packed } = family(op);
  return packed ? 16 : p;
};

/**
 * Comparison by the low three bits of the immediate: equal, less, less or equal, unordered; bit 2 inverts. In VEX forms (`extended`) bit 3 makes
 * the first three true for unordered operands too and the fourth false; what bit 4 changes is when a quiet NaN is an invalid operand.
 */
function compare(e: Emit, p: Precision, a: V128, b: V128, immediate: I32, extended: boolean): V128 {
  const bit = (n: number) => e.and(e.shr(immediate, e.i32(n)), e.i32(1));
  const unordered = e.let(e.simd('v128.or', isNan(e, p, a), isNan(e, p, b)));
  const upper = e.select(bit(0), unordered, simd(e, p, 'le', a, b));
  const lower = e.select(bit(0), simd(e, p, 'lt', a, b), simd(e, p, 'eq', a, b));
  const invert = e.select(bit(2), splat64(e, 0xffffffffffffffffn), zero128(e));
  const relation = e.simd('v128.xor', e.select(bit(1), upper, lower), invert);
  return extended ? e.simd('v128.xor', relation, e.select(bit(3), unordered, zero128(e))) : relation;
}

/** A float's bits (as i32 or i64) to an integer. What does not fit, NaN, and an inexact result that would be news are the host's. */
function toInteger(e: Emit, u: Insn, bits: IntV, from: Precision, to: 4 | 8, nearest: boolean): IntV {
  const suffix = nearest ? 'Nearest' : '';
  const value = e.let(e.convertFloat(`i64FromF${from === 4 ? 32 : 64}${suffix}` as 'i64FromF32', bits));
  const back = e.let(e.convertFloat(`f${from === 4 ? 32 : 64}FromI64` as 'f64FromI64', value) as IntV);
  const size = from === 4 ? e.and(bits as I32, e.i32(0x7fffffff)) : e.and(bits as I64, e.i64(0x7fffffffffffffffn));
  const nan = e.cmp('gtU', size as IntV, from === 4 ? e.i32(0x7f800000) : e.i64(0x7ff0000000000000n));
  const narrow = to === 4 ? e.let(e.wrap(value)) : value;
  // Saturated results; −2^63 itself is left to the host with them.
  const saturated = e.cmp('leU', e.sub(value, e.i64((1n << 63n) - 1n)), e.i64(1));
  const outside = to === 8 ? saturated : e.cmp('ne', e.sx64(4, e.wrap(value)), value);
  const inexact = e.and(isUnusual(e), e.cmp('ne', back, bits));
  e.if(e.or(e.or(nan, outside), inexact), () => e.host(u));
  return narrow;
}

/** 32-bit lanes 0 and 2 in the low half, zeros above. */
const EVEN_LOW = [0, 1, 2, 3, 8, 9, 10, 11, 16, 16, 16, 16, 16, 16, 16, 16];

/** Loads what a conversion that widens reads: half a vector, without alignment. */
const half = (e: Emit, u: Insn): V128 => source(e, u, 8, false);
/** Rounded by MXCSR: integers of up to `bits` bits are exact. */
const fits = (e: Emit, v: IntV, bits: number): I32 => e.cmp('leU', e.add(v, power(e, v, bits)), power(e, v, bits + 1));
const power = (e: Emit, v: IntV, bits: number): IntV => (v.ty === 'i64' ? e.i64(1n << BigInt(bits)) : e.i32(2 ** bits));

const ONES = 0xffffffffffffffffn;
const ALTERNATING: Readonly<Record<Precision, bigint>> = { 4: 0x80000000n, 8: 1n << 63n };

export const sseFloat = semantics((define) => {
  for (const op of names('add', 'sub', 'mul', 'div', 'sqrt').split(' ')) {
    const { p, packed } = family(op);
    define(op, XMM_OR_MEMORY, [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      const kind = op.slice(0, -2) as Kind;
      arithmetic(e, u, p, packed, kind, kind === 'sqrt' ? b : e.let(e.rd128(u.a)), b);
    });
  }

  // The second operand if both are zero.
  for (const op of names('min', 'max').split(' ')) {
    const { p, packed } = family(op);
    define(op, XMM_OR_MEMORY, [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      const a = e.let(e.rd128(u.a));
      demandNumbers(e, u, p, packed, a, b);
      store(e, u, p, packed, simd(e, p, `p${op.slice(0, 3)}`, b, a));
    });
  }

  for (const op of names('cmp').split(' ')) {
    const { p, packed } = family(op);
    define(op, 'x,y,i x,m,i', [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      const a = e.let(e.rd128(u.a));
      const immediate = e.let(e.wrap(e.rd(u.c, 1)));
      demandNumbers(e, u, p, packed, a, b);
      store(e, u, p, packed, compare(e, p, a, b, immediate, u.v !== undefined));
    });
  }

  // CF: less; ZF: equal.
  for (const op of ['comiss', 'comisd', 'ucomiss', 'ucomisd']) {
    const p: Precision = op.endsWith('ss') ? 4 : 8;
    define(op, XMM_OR_MEMORY, [p], (e, u) => {
      const b = source(e, u, p, false);
      const a = e.let(e.rd128(u.a));
      demandNumbers(e, u, p, false, a, b);
      const flag = (v: V128, bits: number) => e.and(e.wrap(low(e, p, v)), e.i32(bits));
      e.setFlagsWord(e.let(e.or(flag(simd(e, p, 'lt', a, b), 1), flag(simd(e, p, 'eq', a, b), 0x40))));
    });
  }

  define('cvtsi2ss cvtsi2sd', 'x,s x,m', [4, 8], (e, u, op) => {
    const integer = u.size === 8 ? 'I64' : 'I32';
    const value = e.rd(u.b, u.size);
    const single = op === 'cvtsi2ss';
    if (single || u.size === 8) e.if(e.and(isUnusual(e), e.eqz(fits(e, value, single ? 24 : 53))), () => e.host(u));
    if (single) e.wr(u.a, 4, e.let(e.convertFloat(`f32From${integer}`, value)));
    else e.wr(u.a, 8, e.let(e.convertFloat(`f64From${integer}`, value)));
  });

  define('cvttss2si cvtss2si cvttsd2si cvtsd2si', 'r,y r,m', [4, 8], (e, u, op) => {
    const p: Precision = op.includes('ss2') ? 4 : 8;
    const to = u.size === 8 ? 8 : 4;
    e.wr(u.a, to, toInteger(e, u, e.rd(u.b, p), p, to, !op.startsWith('cvtt')));
  });

  // Widening is exact.
  const widened = (e: Emit, u: Insn, b: V128, packed: boolean): V128 => {
    const strange = e.simd('v128.or', isNan(e, 4, b), denormal(e, 4, b));
    // Of the four singles only those in the lower half count.
    const counted = packed ? e.simd('i64x2.extend_low_i32x4_u', strange) : strange;
    e.if(any(e, packed, counted), () => e.host(u));
    return e.let(e.simd('f64x2.promote_low_f32x4', b));
  };
  define('cvtss2sd', XMM_OR_MEMORY, [4], (e, u) => {
    e.wr(u.a, 8, e.let(e.extract('i64x2', 0, widened(e, u, source(e, u, 4, false), false))));
  });
  define('cvtps2pd', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, widened(e, u, half(e, u), true));
  });

  // A zero is exact only if it was one: other numbers come out normal or are the host's.
  const narrowed = (e: Emit, u: Insn, b: V128, packed: boolean): V128 => {
    const result = e.let(e.simd('f32x4.demote_f64x2_zero', b));
    const zero = () => e.shuffle(EVEN_LOW, isZero(e, 8, b), splat64(e, ONES));
    const own = packed ? result : e.let(e.replace('i64x2', 1, result, e.i64(0)));
    const inexact = () => e.simd('f64x2.ne', e.simd('f64x2.promote_low_f32x4', own), b);
    demandOrdinary(e, { p: 4, packed, operands: [], result: own, exactZero: zero, inexact }, () => e.host(u));
    return result;
  };
  define('cvtsd2ss', XMM_OR_MEMORY, [8], (e, u) => {
    e.wr(u.a, 4, e.let(e.extract('i32x4', 0, narrowed(e, u, source(e, u, 8, false), false))));
  });
  define('cvtpd2ps', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, narrowed(e, u, source128(e, u, u.b), true));
  });

  define('cvtdq2ps', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const result = e.let(e.simd('f32x4.convert_i32x4_s', b));
    const inexact = () => {
      // What saturates on the way back may look exact.
      const outside = e.simd('f32x4.le', splat32(e, 0x4f000000), e.simd('f32x4.abs', result));
      const same = e.simd('i32x4.eq', e.simd('i32x4.trunc_sat_f32x4_s', result), b);
      return e.simd('v128.or', outside, e.simd('v128.not', same));
    };
    demandExact(e, true, inexact, () => e.host(u));
    e.wr128(u.a, result);
  });
  define('cvtdq2pd', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, e.simd('f64x2.convert_low_i32x4_s', half(e, u)));
  });

  // What saturates (and −2^31, which looks so), NaN and unusual rounding are the host's.
  define('cvtps2dq cvttps2dq', XMM_OR_MEMORY, [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const rounded = e.let(op === 'cvtps2dq' ? e.simd('f32x4.nearest', b) : b);
    const inside = e.simd('f32x4.lt', e.simd('f32x4.abs', rounded), splat32(e, 0x4f000000));
    e.if(e.simd('v128.any_true', e.simd('v128.not', inside)), () => e.host(u));
    demandExact(
      e,
      true,
      () => simd(e, 4, 'ne', simd(e, 4, 'nearest', b), b),
      () => e.host(u),
    );
    e.wr128(u.a, e.simd('i32x4.trunc_sat_f32x4_s', rounded));
  });
  define('cvtpd2dq cvttpd2dq', XMM_OR_MEMORY, [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const rounded = e.let(op === 'cvttpd2dq' ? b : e.simd('f64x2.nearest', b));
    const inside = e.simd('f64x2.lt', e.simd('f64x2.abs', rounded), splat64(e, 0x41e0000000000000n));
    e.if(e.simd('v128.any_true', e.simd('v128.not', inside)), () => e.host(u));
    demandExact(
      e,
      true,
      () => simd(e, 8, 'ne', simd(e, 8, 'nearest', b), b),
      () => e.host(u),
    );
    e.wr128(u.a, e.simd('i32x4.trunc_sat_f64x2_s_zero', rounded));
  });

  // SSE3: even lanes are differences.
  define('addsubps addsubpd', XMM_OR_MEMORY, [16], (e, u, op) => {
    const { p } = family(op);
    const b = source128(e, u, u.b);
    const even = p === 4 ? splat64(e, ALTERNATING[4]) : e.replace('i64x2', 0, zero128(e), e.i64(ALTERNATING[8]));
    arithmetic(e, u, p, true, 'add', e.let(e.rd128(u.a)), e.let(e.simd('v128.xor', b, even)));
  });
  define('haddps haddpd hsubps hsubpd', XMM_OR_MEMORY, [16], (e, u, op) => {
    const { p } = family(op);
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const [first, second] = ([0, 1] as const).map((n) => e.let(e.shuffle(everySecond(p, n), a, b)));
    arithmetic(e, u, p, true, op.startsWith('hadd') ? 'add' : 'sub', first, second);
  });
});
