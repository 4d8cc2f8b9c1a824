/**
 * SSE and SSE2 floating-point arithmetic, comparison and conversion, with x86's rules for NaNs on every host.
 * Limits: rounding is to nearest, denormals are kept (MXCSR.RC, FTZ, DAZ have no effect), the sticky exception flags are not set and
 * no exception is unmasked; RCPPS/RSQRTPS are not implemented.
 */
import type { Emit } from '../emit/emit.ts';
import type { SimdOp } from '../emit/simd.ts';
import type { I32, I64, IntV, V128 } from '../emit/value.ts';
import type { Insn } from '../insn.ts';
import { splat32, splat64 } from './sse-constants.ts';
import { scalar, source128, zero128 } from './sse-move.ts';
import { semantics } from './table.ts';

const XMM_OR_MEMORY = 'x,y x,m';

/** Single (4) or double (8) precision. */
type Precision = 4 | 8;
const lanes = (p: Precision): 'f32x4' | 'f64x2' => (p === 4 ? 'f32x4' : 'f64x2');
const simd = (e: Emit, p: Precision, op: string, ...args: V128[]): V128 =>
  e.simd(`${lanes(p)}.${op}` as SimdOp, ...args) as V128;
const splat = (e: Emit, p: Precision, single: number, double: bigint): V128 =>
  p === 4 ? splat32(e, single) : splat64(e, double);

const quietBit = (e: Emit, p: Precision): V128 => splat(e, p, 0x00400000, 0x0008000000000000n);
/** The real indefinite: a negative quiet NaN. */
const indefinite = (e: Emit, p: Precision): V128 => splat(e, p, 0xffc00000, 0xfff8000000000000n);
const isNan = (e: Emit, p: Precision, v: V128): V128 => simd(e, p, 'ne', v, v);
const quiet = (e: Emit, p: Precision, v: V128): V128 => e.simd('v128.or', v, quietBit(e, p));

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

/** First operand NaN → it, quiet; else second NaN → it, quiet; else an invalid operation → indefinite. */
function withNanRules(e: Emit, p: Precision, result: V128, a: V128, b: V128): V128 {
  const r = e.let(result);
  const bad = e.let(isNan(e, p, r));
  const chosen = e.simd('v128.bitselect', quiet(e, p, b), indefinite(e, p), isNan(e, p, b));
  const nan = e.simd('v128.bitselect', quiet(e, p, a), chosen, isNan(e, p, a));
  return e.simd('v128.bitselect', nan, r, bad);
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

/** A float's bits (as i32 or i64) to an integer; what does not fit, and NaN, gives the integer indefinite. */
function toInteger(e: Emit, bits: IntV, from: Precision, to: 4 | 8, nearest: boolean): IntV {
  const nan =
    from === 4
      ? e.cmp('gtU', e.and(bits as I32, e.i32(0x7fffffff)), e.i32(0x7f800000))
      : e.cmp('gtU', e.and(bits as I64, e.i64(0x7fffffffffffffffn)), e.i64(0x7ff0000000000000n));
  const suffix = nearest ? 'Nearest' : '';
  const value = e.let(e.convertFloat(`i64FromF${from === 4 ? 32 : 64}${suffix}` as 'i64FromF32', bits));
  if (to === 8) {
    const bad = e.or(nan, e.cmp('eq', value, e.i64(0x7fffffffffffffffn)));
    return e.select(bad, e.i64(1n << 63n), value);
  }
  const narrow = e.let(e.wrap(value));
  const bad = e.or(nan, e.cmp('ne', e.sx64(4, narrow), value));
  return e.select(bad, e.i32(0x80000000), narrow);
}

/** NaNs among two singles, as doubles: payload kept, quiet. */
function promotedNan(e: Emit, v: V128): V128 {
  const bits = e.let(e.simd('i64x2.extend_low_i32x4_u', v));
  const sign = e.simd('i64x2.shl', e.simd('v128.and', bits, splat64(e, 0x80000000n)), e.i32(32));
  const payload = e.simd('i64x2.shl', e.simd('v128.and', bits, splat64(e, 0x3fffffn)), e.i32(29));
  return e.simd('v128.or', e.simd('v128.or', sign, payload), splat64(e, 0x7ff8000000000000n));
}
function promote(e: Emit, v: V128): V128 {
  const r = e.let(e.simd('f64x2.promote_low_f32x4', v));
  return e.simd('v128.bitselect', promotedNan(e, v), r, isNan(e, 8, r));
}

/** 32-bit lanes 0 and 2 in the low half, zeros above. */
const EVEN_LOW = [0, 1, 2, 3, 8, 9, 10, 11, 16, 16, 16, 16, 16, 16, 16, 16];

function demote(e: Emit, v: V128): V128 {
  const r = e.let(e.simd('f32x4.demote_f64x2_zero', v));
  const sign = e.simd('v128.and', e.simd('i64x2.shr_u', v, e.i32(32)), splat64(e, 0x80000000n));
  const payload = e.simd('v128.and', e.simd('i64x2.shr_u', v, e.i32(29)), splat64(e, 0x3fffffn));
  const wide = e.simd('v128.or', e.simd('v128.or', sign, payload), splat64(e, 0x7fc00000n));
  return e.simd('v128.bitselect', e.shuffle(EVEN_LOW, wide, zero128(e)), r, isNan(e, 4, r));
}

export const sseFloat = semantics((define) => {
  for (const op of names('add', 'sub', 'mul', 'div').split(' ')) {
    const { p, packed } = family(op);
    define(op, XMM_OR_MEMORY, [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      const a = e.let(e.rd128(u.a));
      store(e, u, p, packed, withNanRules(e, p, simd(e, p, op.slice(0, 3), a, b), a, b));
    });
  }

  // The second operand if either is NaN or both are zero.
  for (const op of names('min', 'max').split(' ')) {
    const { p, packed } = family(op);
    define(op, XMM_OR_MEMORY, [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      store(e, u, p, packed, simd(e, p, `p${op.slice(0, 3)}`, b, e.rd128(u.a)));
    });
  }

  for (const op of names('sqrt').split(' ')) {
    const { p, packed } = family(op);
    define(op, XMM_OR_MEMORY, [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      store(e, u, p, packed, withNanRules(e, p, simd(e, p, 'sqrt', b), b, b));
    });
  }

  for (const op of names('cmp').split(' ')) {
    const { p, packed } = family(op);
    define(op, 'x,y,i x,m,i', [sizeOf(op)], (e, u) => {
      const b = source(e, u, p, packed);
      const a = e.let(e.rd128(u.a));
      const immediate = e.let(e.wrap(e.rd(u.c, 1)));
      store(e, u, p, packed, compare(e, p, a, b, immediate, u.v !== undefined));
    });
  }

  // ZF PF CF: 111 unordered, 000 greater, 001 less, 100 equal.
  for (const op of ['comiss', 'comisd', 'ucomiss', 'ucomisd']) {
    const p: Precision = op.endsWith('ss') ? 4 : 8;
    define(op, XMM_OR_MEMORY, [p], (e, u) => {
      const b = source(e, u, p, false);
      const a = e.let(e.rd128(u.a));
      const flag = (v: V128, bits: number) => e.and(e.wrap(low(e, p, v)), e.i32(bits));
      const unordered = e.simd('v128.or', isNan(e, p, a), isNan(e, p, b));
      const relation = e.or(flag(simd(e, p, 'lt', a, b), 1), flag(simd(e, p, 'eq', a, b), 0x40));
      e.setFlagsWord(e.let(e.or(relation, flag(unordered, 0x45))));
    });
  }

  define('cvtsi2ss cvtsi2sd', 'x,s x,m', [4, 8], (e, u, op) => {
    const integer = u.size === 8 ? 'I64' : 'I32';
    const value = e.rd(u.b, u.size);
    if (op === 'cvtsi2ss') e.wr(u.a, 4, e.let(e.convertFloat(`f32From${integer}`, value)));
    else e.wr(u.a, 8, e.let(e.convertFloat(`f64From${integer}`, value)));
  });

  define('cvttss2si cvtss2si cvttsd2si cvtsd2si', 'r,y r,m', [4, 8], (e, u, op) => {
    const p: Precision = op.includes('ss2') ? 4 : 8;
    const to = u.size === 8 ? 8 : 4;
    e.wr(u.a, to, e.let(toInteger(e, e.rd(u.b, p), p, to, !op.startsWith('cvtt'))));
  });

  define('cvtss2sd', XMM_OR_MEMORY, [4], (e, u) => {
    const b = source(e, u, 4, false);
    e.wr(u.a, 8, e.let(e.extract('i64x2', 0, promote(e, b))));
  });
  define('cvtsd2ss', XMM_OR_MEMORY, [8], (e, u) => {
    const b = source(e, u, 8, false);
    e.wr(u.a, 4, e.let(e.extract('i32x4', 0, demote(e, b))));
  });
  define('cvtps2pd', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, promote(e, source(e, u, 8, false)));
  });
  define('cvtpd2ps', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, demote(e, source128(e, u, u.b)));
  });
  define('cvtdq2ps', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, e.simd('f32x4.convert_i32x4_s', source128(e, u, u.b)));
  });
  define('cvtdq2pd', XMM_OR_MEMORY, [16], (e, u) => {
    e.wr128(u.a, e.simd('f64x2.convert_low_i32x4_s', source(e, u, 8, false)));
  });

  // Saturation below −2^31 is the integer indefinite already; above it, and for NaN, it is put in.
  define('cvtps2dq cvttps2dq', XMM_OR_MEMORY, [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const rounded = e.let(op === 'cvtps2dq' ? e.simd('f32x4.nearest', b) : b);
    const fits = e.simd('f32x4.lt', rounded, splat32(e, 0x4f000000));
    const integers = e.simd('i32x4.trunc_sat_f32x4_s', rounded);
    e.wr128(u.a, e.simd('v128.bitselect', integers, splat32(e, 0x80000000), fits));
  });
  define('cvtpd2dq cvttpd2dq', XMM_OR_MEMORY, [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const truncates = op === 'cvttpd2dq';
    const rounded = e.let(truncates ? b : e.simd('f64x2.nearest', b));
    const fits = e.shuffle(EVEN_LOW, e.simd('f64x2.lt', rounded, splat64(e, 0x41e0000000000000n)), zero128(e));
    const integers = e.simd('i32x4.trunc_sat_f64x2_s_zero', rounded);
    const bad = e.shuffle(EVEN_LOW, splat32(e, 0x80000000), zero128(e));
    e.wr128(u.a, e.simd('v128.bitselect', integers, bad, fits));
  });
});
