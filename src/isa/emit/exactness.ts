/**
 * Whether a sum, product, quotient or root rounded to nearest is exact, for operands and results that are normal or zero. Lanes of the answer are
 * set where it is not, or where that cannot be told.
 */
import { Doubles, twoSum } from './fused.ts';
import type { Statements } from './statements.ts';
import type { V128 } from './value.ts';

/** Above 2^−900 the error of a product is a number, and so are the parts that make it; below infinity. */
const PRODUCT_RANGE: readonly [least: bigint, greatest: bigint] = [0x07b0000000000000n, 0x7fefffffffffffffn];
const HIGH = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
/** 32-bit lanes 0 and 2 of both. */
const EVEN = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];

/** Sums a + b of doubles or singles. The error is a number of the same format; a NaN where its computation overflows. */
export function inexactSum(e: Statements, shape: 'f32x4' | 'f64x2', a: V128, b: V128): V128 {
  const [, error] = twoSum(e, shape, a, b);
  return e.simd(`${shape}.ne`, error, e.v128(new Uint8Array(16)));
}

/** Doubles: whether a · b is other than `product`. So are quotients and roots told: quotient · divisor, root · root. */
export function inexactDoubles(e: Statements, a: V128, b: V128, product: V128): V128 {
  const d = new Doubles(e);
  const [p, error] = d.twoProduct(a, b);
  const other = e.simd('v128.or', e.simd('f64x2.ne', p, product), e.simd('f64x2.ne', error, d.splat(0n)));
  return e.simd('v128.or', other, e.simd('v128.not', d.within(product, PRODUCT_RANGE, true)));
}

/** The same of singles: as doubles their products are exact. */
export function inexactSingles(e: Statements, a: V128, b: V128, product: V128): V128 {
  const pair = (high: boolean): V128 => {
    const [x, y, z] = [a, b, product].map((v) => e.simd('f64x2.promote_low_f32x4', high ? e.shuffle(HIGH, v, v) : v));
    return e.simd('f64x2.ne', e.simd('f64x2.mul', x, y), z);
  };
  return e.shuffle(EVEN, pair(false), pair(true));
}
