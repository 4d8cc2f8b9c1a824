/** Rounding of exact results to a format, with overflow, underflow and precision exceptions (SDM Vol. 1, 8.5.4–8.5.6). */
import { bitLength, shift } from './bits.ts';
import { Abandoned, Flag, type FloatContext, Rounding } from './context.ts';
import { BIAS, type Extended, type Finite, infinity, type Sign, zero } from './extended.ts';

export interface Format {
  /** Bits of the significand. */
  precision: number;
  /** Exponents of the leading bit of normal numbers. */
  least: number;
  greatest: number;
}

export const SINGLE: Format = { precision: 24, least: -126, greatest: 127 };
export const DOUBLE: Format = { precision: 53, least: -1022, greatest: 1023 };
/** Registers keep their exponent range whatever the precision control says. */
export const registerFormat = (precision: number): Format => ({ precision, least: 1 - BIAS, greatest: BIAS });

/** What unmasked overflow and underflow move the exponent of a register result by. */
const ADJUSTMENT = 24576;

/** digits · 2^scale of the wanted scale, or an infinity. */
export interface Rounded {
  sign: Sign;
  digits: bigint;
  scale: number;
  infinite: boolean;
}

interface Step {
  digits: bigint;
  inexact: boolean;
  up: boolean;
}

/** Rounds `digits` · 2^−drop to a whole number. */
export function roundDigits(digits: bigint, drop: number, sign: Sign, rounding: number): Step {
  if (drop <= 0) return { digits: digits << BigInt(-drop), inexact: false, up: false };
  const kept = digits >> BigInt(drop);
  const rest = digits - (kept << BigInt(drop));
  if (rest === 0n) return { digits: kept, inexact: false, up: false };
  const half = 1n << BigInt(drop - 1);
  const up =
    rounding === Rounding.NEAREST
      ? rest > half || (rest === half && (kept & 1n) === 1n)
      : rounding === (sign ? Rounding.DOWN : Rounding.UP);
  return { digits: up ? kept + 1n : kept, inexact: true, up };
}

function overflow(context: FloatContext, sign: Sign, format: Format): Rounded {
  context.flags |= Flag.OE | Flag.PE;
  const { rounding } = context;
  const infinite = rounding === Rounding.NEAREST || rounding === (sign ? Rounding.DOWN : Rounding.UP);
  context.roundedUp = infinite;
  const scale = format.greatest - format.precision + 1;
  return { sign, digits: (1n << BigInt(format.precision)) - 1n, scale, infinite };
}

/**
 * Rounds an exact number to a format. A digit string that is not exact ends in a 1 below everything that counts. `toMemory`: an unmasked
 * overflow or underflow has no result; in a register it has one with an adjusted exponent.
 */
export function roundTo(context: FloatContext, x: Finite, format: Format, toMemory: boolean): Rounded {
  const { sign, digits } = x;
  if (digits === 0n) return { sign, digits, scale: 0, infinite: false };
  const { precision, least, greatest } = format;
  const length = bitLength(digits);
  let top = x.scale + length - 1;
  const free = roundDigits(digits, length - precision, sign, context.rounding);
  if (bitLength(free.digits) > precision) top++;
  const settle = (step: Step, scale: number): Rounded => {
    if (step.inexact) context.flags |= Flag.PE;
    context.roundedUp = step.up;
    return { sign, digits: step.digits, scale, infinite: false };
  };
  const scale = x.scale + length - precision;
  if (top < least) {
    if (context.isMasked(Flag.UE)) {
      const step = roundDigits(digits, least - precision + 1 - x.scale, sign, context.rounding);
      if (step.inexact) context.flags |= Flag.UE;
      return settle(step, least - precision + 1);
    }
    context.flags |= Flag.UE;
    if (toMemory) throw new Abandoned();
    if (top + ADJUSTMENT >= least) return settle(free, scale + ADJUSTMENT);
    context.flags |= Flag.PE;
    return { sign, digits: 0n, scale: 0, infinite: false };
  }
  if (top > greatest) {
    if (context.isMasked(Flag.OE)) return overflow(context, sign, format);
    context.flags |= Flag.OE;
    if (toMemory) throw new Abandoned();
    if (top - ADJUSTMENT <= greatest) return settle(free, scale - ADJUSTMENT);
    context.flags |= Flag.PE;
    context.roundedUp = true;
    return { sign, digits: 1n, scale: 0, infinite: true };
  }
  return settle(free, scale);
}

/** Rounds to a register of `precision` significant bits. */
export function roundToRegister(context: FloatContext, x: Finite, precision: number): Extended {
  const { sign, digits, scale, infinite } = roundTo(context, x, registerFormat(precision), false);
  if (infinite) return infinity(sign);
  if (digits === 0n) return zero(sign);
  const length = bitLength(digits);
  const exponent = scale + length - 1 + BIAS;
  // Denormal: the integer bit is below its place.
  if (exponent < 1) return { sign, exponent: 0, significand: shift(digits, scale + BIAS + 62) };
  return { sign, exponent, significand: shift(digits, 64 - length) };
}
