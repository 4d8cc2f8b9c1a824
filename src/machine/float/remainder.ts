/** FPREM, FPREM1, FRNDINT, FSCALE and FXTRACT. */
import { checkDenormal, invalid, nanOf } from './arithmetic.ts';
import { bitLength } from './bits.ts';
import { Flag, type FloatContext } from './context.ts';
import {
  BIAS,
  type Extended,
  finiteOf,
  fromInteger,
  INTEGER_BIT,
  infinity,
  kindOf,
  magnitude,
  type Sign,
  zero,
} from './extended.ts';
import { roundDigits, roundToRegister } from './round.ts';

export interface Remainder {
  value: Extended;
  /** The low bits of the quotient, if the reduction is complete; undefined where there is none (NaN). */
  quotient: bigint | 'continues' | undefined;
}

/** a − b·q, q truncated (FPREM) or rounded to nearest (FPREM1); at most 63 exponent steps at once. Exact whatever the precision control. */
export function remainder(context: FloatContext, a: Extended, b: Extended, nearest: boolean): Remainder {
  const nan = nanOf(context, a, b);
  if (nan) return { value: nan, quotient: undefined };
  const [ka, kb] = [kindOf(a), kindOf(b)];
  if (ka === 'infinity' || kb === 'zero') return { value: invalid(context), quotient: undefined };
  checkDenormal(context, a, b);
  if (ka === 'zero') return { value: a, quotient: 0n };
  const x = finiteOf(a);
  const exact = (digits: bigint, scale: number) => {
    const sign = (digits < 0n ? a.sign ^ 1 : a.sign) as Sign;
    return roundToRegister(context, { sign, digits: digits < 0n ? -digits : digits, scale }, 64);
  };
  if (kb === 'infinity') return { value: exact(x.digits, x.scale), quotient: 0n };
  const y = finiteOf(b);
  const distance = magnitude(x) - magnitude(y);
  if (distance < -1) return { value: exact(x.digits, x.scale), quotient: 0n };
  const complete = distance < 64;
  // A step of 32 to 63 exponents, as Intel's CPUs choose it, leaves a multiple of 32 for the next.
  const left = complete ? 0 : distance - ((distance & 31) | 32);
  const scale = Math.min(x.scale, y.scale + left);
  const dividend = x.digits << BigInt(x.scale - scale);
  const divisor = y.digits << BigInt(y.scale + left - scale);
  let quotient = dividend / divisor;
  let rest = dividend - quotient * divisor;
  if (nearest && complete && (2n * rest > divisor || (2n * rest === divisor && quotient & 1n))) {
    quotient++;
    rest -= divisor;
  }
  return { value: exact(rest, scale), quotient: complete ? quotient : 'continues' };
}

export function roundToInteger(context: FloatContext, a: Extended): Extended {
  const nan = nanOf(context, a);
  if (nan) return nan;
  const kind = kindOf(a);
  if (kind === 'infinity' || kind === 'zero') return a;
  checkDenormal(context, a);
  const { sign, digits, scale } = finiteOf(a);
  if (scale >= 0) return a;
  const step = roundDigits(digits, -scale, sign, context.rounding);
  if (step.inexact) context.flags |= Flag.PE;
  context.roundedUp = step.up;
  return { ...fromInteger(step.digits), sign };
}

/** Exponents beyond which every result overflows or underflows, even with an adjusted exponent. */
const SCALE_LIMIT = 1 << 17;

/** a · 2^⌊b⌋, b truncated towards zero. */
export function scale(context: FloatContext, a: Extended, b: Extended): Extended {
  const nan = nanOf(context, a, b);
  if (nan) return nan;
  const [ka, kb] = [kindOf(a), kindOf(b)];
  if (kb === 'infinity' && ((b.sign && ka === 'infinity') || (!b.sign && ka === 'zero'))) return invalid(context);
  checkDenormal(context, a, b);
  if (kb === 'infinity') return b.sign ? zero(a.sign) : infinity(a.sign);
  if (ka === 'infinity' || ka === 'zero') return a;
  const y = finiteOf(b);
  const steps = y.digits === 0n ? 0 : magnitude(y) > 17 ? SCALE_LIMIT : Number(y.digits >> BigInt(-y.scale));
  const x = finiteOf(a);
  return roundToRegister(context, { ...x, scale: x.scale + (b.sign ? -steps : steps) }, 64);
}

export interface Parts {
  exponent: Extended;
  significand: Extended;
}

export function extract(context: FloatContext, a: Extended): Parts {
  const nan = nanOf(context, a);
  if (nan) return { exponent: nan, significand: nan };
  const kind = kindOf(a);
  if (kind === 'infinity') return { exponent: infinity(0), significand: a };
  if (kind === 'zero') {
    context.raise(Flag.ZE);
    return { exponent: infinity(1), significand: a };
  }
  checkDenormal(context, a);
  const x = finiteOf(a);
  const significand = x.digits << BigInt(64 - bitLength(x.digits));
  return {
    exponent: fromInteger(BigInt(magnitude(x))),
    significand: { sign: a.sign, exponent: BIAS, significand: significand | INTEGER_BIT },
  };
}
