/** Half precision, which is only a format in memory (SDM Vol. 1, 4.2.2 and 14.4). */
import { type BinaryContext, binaryOperand, infinityBits, roundToBinary, zeroBits } from './binary.ts';
import { bitLength } from './bits.ts';
import { Flag } from './context.ts';
import { finiteOf, isNan, kindOf } from './extended.ts';

const QUIET = 1n << 22n;

/** The same number as a single: exact. Raises IE for a signalling NaN, nothing for a denormal. */
export function halfToSingle(context: BinaryContext, bits: bigint): bigint {
  const sign = (bits & 0x8000n) << 16n;
  const exponent = (bits >> 10n) & 31n;
  const fraction = bits & 0x3ffn;
  if (exponent === 31n) {
    if (fraction === 0n) return sign | 0x7f800000n;
    if (!(fraction & 0x200n)) context.raise(Flag.IE);
    return sign | 0x7f800000n | QUIET | (fraction << 13n);
  }
  if (exponent) return sign | ((exponent + 112n) << 23n) | (fraction << 13n);
  if (fraction === 0n) return sign;
  const length = bitLength(fraction);
  return sign | (BigInt(length + 102) << 23n) | ((fraction << BigInt(24 - length)) & 0x7fffffn);
}

/** Rounds a single; the context's flush-to-zero must be off. */
export function singleToHalf(context: BinaryContext, bits: bigint): bigint {
  const x = binaryOperand(context, bits, 4);
  const kind = kindOf(x);
  if (isNan(kind)) {
    if (kind === 'signalling') context.raise(Flag.IE);
    return ((bits >> 16n) & 0x8000n) | 0x7e00n | ((bits >> 13n) & 0x3ffn);
  }
  if (kind === 'infinity') return infinityBits(x.sign, 2);
  if (kind === 'zero') return zeroBits(x.sign, 2);
  if (kind === 'denormal') context.raise(Flag.DE);
  return roundToBinary(context, finiteOf(x), 2);
}
