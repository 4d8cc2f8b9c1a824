/** Between the extended format and integers, single and double precision, and packed BCD. */
import { bitLength } from './bits.ts';
import { Flag, type FloatContext } from './context.ts';
import {
  BIAS,
  type Extended,
  finiteOf,
  fromInteger,
  INTEGER_BIT,
  infinity,
  isNan,
  kindOf,
  MAX_EXPONENT,
  magnitude,
  quieted,
  type Sign,
  zero,
} from './extended.ts';
import { DOUBLE, roundDigits, roundTo, SINGLE } from './round.ts';

interface Layout {
  fraction: number;
  exponents: number;
}
const SINGLE_LAYOUT: Layout = { fraction: 23, exponents: 255 };
const DOUBLE_LAYOUT: Layout = { fraction: 52, exponents: 2047 };

/** A single (size 4) or double (size 8) as an operand: raises nothing, and says of a denormal that it is one. */
export function floatOperand(bits: bigint, size: 4 | 8): Extended {
  const { fraction, exponents } = size === 4 ? SINGLE_LAYOUT : DOUBLE_LAYOUT;
  const sign = Number(bits >> BigInt(8 * size - 1)) as Sign;
  const exponent = Number(bits >> BigInt(fraction)) & exponents;
  const digits = bits & ((1n << BigInt(fraction)) - 1n);
  const significand = INTEGER_BIT | (digits << BigInt(63 - fraction));
  if (exponent === exponents) {
    if (digits === 0n) return infinity(sign);
    return { sign, exponent: MAX_EXPONENT, significand };
  }
  const bias = exponents >> 1;
  if (exponent) return { sign, exponent: exponent - bias + BIAS, significand };
  if (digits === 0n) return zero(sign);
  const length = bitLength(digits);
  return {
    sign,
    exponent: length - fraction - bias + BIAS,
    significand: digits << BigInt(64 - length),
    denormal: true,
  };
}

/** Loads a single or double as FLD does: DE for a denormal, IE for a signalling NaN. */
export function loadFloat(context: FloatContext, bits: bigint, size: 4 | 8): Extended {
  const x = floatOperand(bits, size);
  const kind = kindOf(x);
  if (kind === 'denormal') context.raise(Flag.DE);
  if (kind === 'signalling') context.raise(Flag.IE);
  const { sign, exponent, significand } = x;
  return isNan(kind) ? quieted(x) : { sign, exponent, significand };
}

/** The bits of `x` as a single (size 4) or double (size 8). */
export function toFloat(context: FloatContext, x: Extended, size: 4 | 8): bigint {
  const { fraction, exponents } = size === 4 ? SINGLE_LAYOUT : DOUBLE_LAYOUT;
  const pack = (sign: number, exponent: number, digits: bigint) =>
    (BigInt(sign) << BigInt(8 * size - 1)) | (BigInt(exponent) << BigInt(fraction)) | digits;
  const quiet = 1n << BigInt(fraction - 1);
  const kind = kindOf(x);
  if (kind === 'unsupported') {
    context.raise(Flag.IE);
    return pack(1, exponents, quiet);
  }
  if (isNan(kind)) {
    if (kind === 'signalling') context.raise(Flag.IE);
    return pack(x.sign, exponents, quiet | ((x.significand ^ INTEGER_BIT) >> BigInt(63 - fraction)));
  }
  if (kind === 'infinity') return pack(x.sign, exponents, 0n);
  const format = size === 4 ? SINGLE : DOUBLE;
  const rounded = roundTo(context, finiteOf(x), format, true);
  if (rounded.infinite) return pack(x.sign, exponents, 0n);
  const length = bitLength(rounded.digits);
  const exponent = rounded.scale + length - 1 - format.least + 1;
  if (rounded.digits === 0n || exponent < 1) return pack(x.sign, 0, rounded.digits);
  const digits = rounded.digits << BigInt(fraction + 1 - length);
  return pack(x.sign, exponent, digits & ((1n << BigInt(fraction)) - 1n));
}

/** `x` rounded to a whole number, or undefined (after IE) where that does not fit. */
function wholeNumber(
  context: FloatContext,
  x: Extended,
  fits: (value: bigint) => boolean,
  rounding = context.rounding,
): bigint | undefined {
  const kind = kindOf(x);
  const finite = kind === 'zero' || kind === 'normal' || kind === 'denormal';
  if (finite) {
    const number = finiteOf(x);
    if (number.digits === 0n) return 0n;
    if (magnitude(number) < 80) {
      const step = roundDigits(number.digits, -number.scale, x.sign, rounding);
      const value = x.sign ? -step.digits : step.digits;
      if (fits(value)) {
        if (step.inexact) context.flags |= Flag.PE;
        context.roundedUp = step.up;
        return value;
      }
    }
  }
  context.raise(Flag.IE);
  return undefined;
}

/** A signed integer of 16, 32 or 64 bits; what does not fit becomes the most negative one. */
export function toInteger(context: FloatContext, x: Extended, bits: 16 | 32 | 64, rounding = context.rounding): bigint {
  return wholeNumber(context, x, (v) => v === BigInt.asIntN(bits, v), rounding) ?? -(1n << BigInt(bits - 1));
}

const BCD_DIGITS = 18;
const BCD_LIMIT = 10n ** BigInt(BCD_DIGITS);
/** "Packed BCD indefinite". */
export const BCD_INDEFINITE = 0xffffc000000000000000n;

/** 80 bits: 18 digits and the sign in bit 79. */
export function toBcd(context: FloatContext, x: Extended): bigint {
  const value = wholeNumber(context, x, (v) => v < BCD_LIMIT && v > -BCD_LIMIT);
  if (value === undefined) return BCD_INDEFINITE;
  const magnitude = value < 0n ? -value : value;
  return (BigInt(x.sign) << 79n) | BigInt(`0x${magnitude.toString()}`);
}

/** Nibbles that are no decimal digits count as their value (undefined by the manual). */
export function fromBcd(bits: bigint): Extended {
  let value = 0n;
  for (let i = BCD_DIGITS - 1; i >= 0; i--) value = value * 10n + ((bits >> BigInt(4 * i)) & 15n);
  return { ...fromInteger(value), sign: Number(bits >> 79n) as Sign };
}
