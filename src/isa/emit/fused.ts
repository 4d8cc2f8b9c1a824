/**
 * Fused multiply-add on two doubles or four singles, rounded to nearest, from operations that round each: exact where it gives a number. A lane that
 * it cannot do exactly, or that would raise more than the precision exception, comes out as NaN.
 */
import type { Statements } from './statements.ts';
import type { V128 } from './value.ts';

/** Splits a double into two of 26 bits (Veltkamp): 2^27 + 1. */
const SPLITTER = 0x41a0000002000000n;
/** Exponents between which products, their parts and sums stay normal: 2^−255 and 2^255. */
const DOUBLE_RANGE: readonly [least: bigint, greatest: bigint] = [0x3000000000000000n, 0x4fe0000000000000n];
/** The least normal single and the greatest, as doubles. */
const SINGLE_RANGE: readonly [least: bigint, greatest: bigint] = [0x3810000000000000n, 0x47efffffe0000000n];
const NAN = 0x7ff8000000000000n;
const HIGH = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const LOW_QUADWORDS = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** a + b = s + error, exactly (Knuth). */
export function twoSum(e: Statements, shape: 'f32x4' | 'f64x2', a: V128, b: V128): [s: V128, error: V128] {
  const sub = (x: V128, y: V128): V128 => e.let(e.simd(`${shape}.sub`, x, y));
  const s = e.let(e.simd(`${shape}.add`, a, b));
  const part = sub(s, a);
  return [s, e.let(e.simd(`${shape}.add`, sub(a, sub(s, part)), sub(b, part)))];
}

export class Doubles {
  constructor(private readonly e: Statements) {}

  splat(value: bigint): V128 {
    return this.e.v128(Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * (i % 8))) & 0xffn)));
  }
  add(a: V128, b: V128): V128 {
    return this.e.let(this.e.simd('f64x2.add', a, b));
  }
  sub(a: V128, b: V128): V128 {
    return this.e.let(this.e.simd('f64x2.sub', a, b));
  }
  mul(a: V128, b: V128): V128 {
    return this.e.let(this.e.simd('f64x2.mul', a, b));
  }

  twoSum(a: V128, b: V128): [s: V128, error: V128] {
    return twoSum(this.e, 'f64x2', a, b);
  }

  private split(x: V128): [high: V128, low: V128] {
    const t = this.mul(x, this.splat(SPLITTER));
    const high = this.sub(t, this.sub(t, x));
    return [high, this.sub(x, high)];
  }

  /** a · b = p + error, exactly (Dekker). */
  twoProduct(a: V128, b: V128): [p: V128, error: V128] {
    const p = this.mul(a, b);
    const [ah, al] = this.split(a);
    const [bh, bl] = this.split(b);
    const cross = this.add(this.add(this.sub(this.mul(ah, bh), p), this.mul(ah, bl)), this.mul(al, bh));
    return [p, this.add(cross, this.mul(al, bl))];
  }

  /** a + b rounded to odd: of the two neighbours of an inexact sum, the one with an odd significand. */
  oddSum(a: V128, b: V128): V128 {
    const { e } = this;
    const [s, error] = this.twoSum(a, b);
    const inexact = e.simd('f64x2.ne', error, this.splat(0n));
    const even = e.simd('i64x2.sub', e.simd('v128.and', s, this.splat(1n)), this.splat(1n));
    const step = e.simd('v128.or', e.simd('i64x2.shr_s', e.simd('v128.xor', s, error), e.i32(63)), this.splat(1n));
    return e.let(e.simd('i64x2.add', s, e.simd('v128.and', step, e.simd('v128.and', inexact, even))));
  }

  /** Lanes that are zero or between the limits in magnitude. */
  within(x: V128, [least, greatest]: readonly [bigint, bigint], includingLeast: boolean): V128 {
    const { e } = this;
    const magnitude = e.let(e.simd('f64x2.abs', x));
    const above = e.simd(includingLeast ? 'f64x2.le' : 'f64x2.lt', this.splat(least), magnitude);
    const inside = e.simd('v128.and', above, e.simd('f64x2.le', magnitude, this.splat(greatest)));
    return e.simd('v128.or', inside, e.simd('f64x2.eq', magnitude, this.splat(0n)));
  }

  orNan(value: V128, good: V128): V128 {
    return this.e.let(this.e.simd('v128.bitselect', value, this.splat(NAN), good));
  }
}

/** a · b + c of two doubles (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008). */
export function fusedDoubles(e: Statements, a: V128, b: V128, c: V128): V128 {
  const d = new Doubles(e);
  const [product, lower] = d.twoProduct(a, b);
  const [th, tl] = d.twoSum(c, lower);
  const [vh, vl] = d.twoSum(product, th);
  const sum = d.add(vh, d.oddSum(tl, vl));
  // Zero only if it is exact; then its sign follows from the product's.
  const zero = e.simd('f64x2.eq', sum, d.splat(0n));
  const result = e.simd('v128.bitselect', d.add(product, c), sum, zero);
  const good = [a, b, c].map((x) => d.within(x, DOUBLE_RANGE, true)).reduce((x, y) => e.simd('v128.and', x, y));
  return d.orNan(result, good);
}

/** The same of two singles as doubles: the product is exact there, and a sum rounded to odd rounds to a single as if it were exact. */
function fusedPair(e: Statements, a: V128, b: V128, c: V128): V128 {
  const d = new Doubles(e);
  const sum = d.oddSum(d.mul(a, b), c);
  const rounded = e.let(e.simd('f64x2.promote_low_f32x4', e.simd('f32x4.demote_f64x2_zero', sum)));
  const exactZero = e.simd('f64x2.eq', sum, d.splat(0n));
  // The least normal one may have been rounded up from a denormal.
  const inRange = e.simd(
    'v128.and',
    d.within(rounded, SINGLE_RANGE, false),
    e.simd('v128.or', exactZero, e.simd('f64x2.ne', rounded, d.splat(0n))),
  );
  const good = [a, b, c]
    .map((x) => d.within(x, SINGLE_RANGE, true))
    .reduce((x, y) => e.simd('v128.and', x, y), inRange);
  return d.orNan(rounded, good);
}

/** a · b + c of four singles. */
export function fusedSingles(e: Statements, a: V128, b: V128, c: V128): V128 {
  const pair = (high: boolean): V128 => {
    const [x, y, z] = [a, b, c].map((v) => e.let(e.simd('f64x2.promote_low_f32x4', high ? e.shuffle(HIGH, v, v) : v)));
    return e.let(e.simd('f32x4.demote_f64x2_zero', fusedPair(e, x, y, z)));
  };
  const low = pair(false);
  return e.shuffle(LOW_QUADWORDS, low, pair(true));
}
