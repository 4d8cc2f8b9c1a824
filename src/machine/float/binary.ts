/** Single and double precision as SSE and AVX have them: denormals-are-zero, flush-to-zero, all exceptions (SDM Vol. 1, 10.2.3 and 11.5). */
import { bitLength } from './bits.ts';
import { Flag, FloatContext } from './context.ts';
import { floatOperand } from './convert.ts';
import { type Extended, type Finite, type Sign, zero } from './extended.ts';
import { DOUBLE, type Format, registerFormat, roundTo, SINGLE } from './round.ts';

/** Bytes of a number: half, single, double precision. */
export type BinarySize = 2 | 4 | 8;

interface Layout {
  format: Format;
  fraction: bigint;
  /** All exponent bits. */
  special: bigint;
}
const LAYOUTS: Readonly<Record<BinarySize, Layout>> = {
  2: { format: { precision: 11, least: -14, greatest: 15 }, fraction: 10n, special: 0x1fn << 10n },
  4: { format: SINGLE, fraction: 23n, special: 0xffn << 23n },
  8: { format: DOUBLE, fraction: 52n, special: 0x7ffn << 52n },
};
const layoutOf = (size: BinarySize): Layout => LAYOUTS[size];

const SIGNIFICANT = 64;

/** What arithmetic depends on, from MXCSR. */
export class BinaryContext extends FloatContext {
  readonly denormalsAreZero: boolean;
  readonly flushToZero: boolean;

  constructor(mxcsr: number) {
    super((mxcsr >> 13) & 3, SIGNIFICANT, (mxcsr >> 7) & 0x3f);
    this.denormalsAreZero = (mxcsr & 0x40) !== 0;
    this.flushToZero = (mxcsr & 0x8000) !== 0;
  }
}

/** An operand; says of a denormal that it is one, and raises nothing. */
export function binaryOperand(context: BinaryContext, bits: bigint, size: 4 | 8): Extended {
  const x = floatOperand(bits, size);
  return x.denormal && context.denormalsAreZero ? zero(x.sign) : x;
}

const signed = (sign: Sign, magnitude: bigint, size: BinarySize): bigint =>
  (BigInt(sign) << BigInt(8 * size - 1)) | magnitude;

export const infinityBits = (sign: Sign, size: BinarySize): bigint => signed(sign, layoutOf(size).special, size);
export const zeroBits = (sign: Sign, size: BinarySize): bigint => signed(sign, 0n, size);
export function quietBits(bits: bigint, size: BinarySize): bigint {
  return bits | (1n << (layoutOf(size).fraction - 1n));
}
/** The real indefinite. */
export const indefiniteBits = (size: BinarySize): bigint => quietBits(infinityBits(1, size), size);

/** An exact number, not zero, rounded as if exponents had no limit: the exponent of its leading bit, and whether it is inexact. */
function roundedFreely(context: BinaryContext, x: Finite, { precision }: Format): { top: number; inexact: boolean } {
  const free = new FloatContext(context.rounding, SIGNIFICANT, 0x3f);
  const { digits, scale } = roundTo(free, x, registerFormat(precision), true);
  return { top: scale + bitLength(digits) - 1, inexact: free.flags !== 0 };
}

/** Rounds an exact number; throws Abandoned where an unmasked overflow or underflow allows no result. */
export function roundToBinary(context: BinaryContext, x: Finite, size: BinarySize): bigint {
  const { format, fraction } = layoutOf(size);
  if (x.digits !== 0n) {
    const { top, inexact } = roundedFreely(context, x, format);
    const tiny = top < format.least;
    if (tiny && context.flushToZero && context.isMasked(Flag.UE)) {
      context.flags |= Flag.UE | Flag.PE;
      return zeroBits(x.sign, size);
    }
    // An overflow or underflow that leaves no result is reported together with the loss of precision.
    const refused = tiny ? Flag.UE : top > format.greatest ? Flag.OE : 0;
    if (inexact && refused && !context.isMasked(refused)) context.flags |= Flag.PE;
  }
  const { sign, digits, scale, infinite } = roundTo(context, x, format, true);
  if (infinite) return infinityBits(sign, size);
  const length = bitLength(digits);
  const exponent = scale + length - format.least;
  if (digits === 0n || exponent < 1) return signed(sign, digits, size);
  const significand = digits << BigInt(format.precision - length);
  return signed(sign, (BigInt(exponent - 1) << fraction) + significand, size);
}
