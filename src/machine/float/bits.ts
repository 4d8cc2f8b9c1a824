/** Whole-number helpers of the soft-float. */

/** Number of bits of `v` ≥ 0: 0 for 0. */
export function bitLength(v: bigint): number {
  if (v === 0n) return 0;
  const digits = v.toString(16);
  return 4 * digits.length - (Math.clz32(Number.parseInt(digits[0], 16)) - 28);
}

/** `v` · 2^`by`, dropping what falls below the units. */
export const shift = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));

/** ⌊√v⌋ by Newton's method. */
export function squareRoot(v: bigint): bigint {
  if (v < 2n) return v;
  let x = 1n << BigInt((bitLength(v) + 1) >> 1);
  for (;;) {
    const y = (x + v / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}
