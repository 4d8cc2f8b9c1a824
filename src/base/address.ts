/** Arithmetic on unsigned 64-bit addresses held as bigint. */

export const ADDRESS_MAX = 0xffff_ffff_ffff_ffffn;

/** `value` modulo 2^64. */
export function wrap64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The two's-complement reading of a 64-bit value. */
export function signed64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Greatest multiple of `alignment` (a power of two) that is ≤ `value`. */
export function alignDown(value: bigint, alignment: bigint): bigint {
  return value & ~(alignment - 1n);
}

/** Least multiple of `alignment` (a power of two) that is ≥ `value`. */
export function alignUp(value: bigint, alignment: bigint): bigint {
  return (value + alignment - 1n) & ~(alignment - 1n);
}

/** The smaller of two addresses (Math.min takes no bigint). */
export function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** The greater of two addresses. */
export function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
