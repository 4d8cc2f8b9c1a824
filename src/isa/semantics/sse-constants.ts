import type { Emit } from '../emit/emit.ts';
import type { V128 } from '../emit/value.ts';

/** A vector constant from its bytes. */
export function vectorConstant(e: Emit, byte: (index: number) => number): V128 {
  return e.v128(Uint8Array.from({ length: 16 }, (_, i) => byte(i)));
}

/** The same 64-bit value in both halves. */
export function splat64(e: Emit, value: bigint): V128 {
  return vectorConstant(e, (i) => Number((value >> BigInt(8 * (i % 8))) & 0xffn));
}

/** The same 32-bit value in all four lanes. */
export function splat32(e: Emit, value: number): V128 {
  return vectorConstant(e, (i) => (value >>> (8 * (i % 4))) & 0xff);
}
