/** Addition, subtraction, multiplication, division and square root: exact, then rounded once. */
import { bitLength, squareRoot } from './bits.ts';
import { Flag, type FloatContext, Rounding } from './context.ts';
import {
  type Extended,
  type Finite,
  finiteOf,
  INDEFINITE,
  infinity,
  isNan,
  kindOf,
  negated,
  quieted,
  type Sign,
  zero,
} from './extended.ts';
import { roundToRegister } from './round.ts';

/** Raises IE; its masked result is the default NaN. */
export function invalid(context: FloatContext): Extended {
  context.raise(Flag.IE);
  return INDEFINITE;
}

/** Raises DE if one of the operands is denormal. */
export function checkDenormal(context: FloatContext, ...operands: Extended[]): void {
  if (operands.some((x) => kindOf(x) === 'denormal')) context.raise(Flag.DE);
}

/** The NaN that results from operands among which may be NaNs or unsupported encodings (SDM Vol. 1, table 4-7); otherwise undefined. */
export function nanOf(context: FloatContext, a: Extended, b: Extended = a): Extended | undefined {
  const [ka, kb] = [kindOf(a), kindOf(b)];
  if (ka === 'unsupported' || kb === 'unsupported') return invalid(context);
  if (!isNan(ka) && !isNan(kb)) return undefined;
  if (ka === 'signalling' || kb === 'signalling') context.raise(Flag.IE);
  if (!isNan(ka)) return quieted(b);
  if (!isNan(kb)) return quieted(a);
  if (ka !== kb) return ka === 'quiet' ? a : b;
  if (a.significand !== b.significand) return quieted(a.significand > b.significand ? a : b);
  return quieted(a.sign ? b : a);
}

/** Exact sum, but digits far below the rounding position are one sticky bit. */
export function sum(a: Finite, b: Finite): Finite {
  const [high, low] = a.scale >= b.scale ? [a, b] : [b, a];
  const signed = (x: Finite, digits: bigint) => (x.sign ? -digits : digits);
  const distance = high.scale - low.scale;
  const far = distance > 140 && high.digits !== 0n;
  const by = far ? 140 : distance;
  const lowDigits = far ? BigInt(low.digits === 0n ? 0 : 1) : low.digits;
  const total = signed(high, high.digits << BigInt(by)) + signed(low, lowDigits);
  return { sign: total < 0n ? 1 : 0, digits: total < 0n ? -total : total, scale: high.scale - by };
}

export function add(context: FloatContext, a: Extended, b: Extended): Extended {
  const nan = nanOf(context, a, b);
  if (nan) return nan;
  const [ka, kb] = [kindOf(a), kindOf(b)];
  if (ka === 'infinity' && kb === 'infinity' && a.sign !== b.sign) return invalid(context);
  checkDenormal(context, a, b);
  if (ka === 'infinity') return a;
  if (kb === 'infinity') return b;
  const exact = sum(finiteOf(a), finiteOf(b));
  if (exact.digits === 0n) {
    if (ka === 'zero' && kb === 'zero' && a.sign === b.sign) return a;
    return zero(context.rounding === Rounding.DOWN ? 1 : 0);
  }
  return roundToRegister(context, exact, context.precision);
}

export function subtract(context: FloatContext, a: Extended, b: Extended): Extended {
  // A NaN keeps its sign.
  return nanOf(context, a, b) ?? add(context, a, negated(b));
}

export function multiply(context: FloatContext, a: Extended, b: Extended): Extended {
  const nan = nanOf(context, a, b);
  if (nan) return nan;
  const [ka, kb] = [kindOf(a), kindOf(b)];
  const sign = (a.sign ^ b.sign) as Sign;
  const infinite = ka === 'infinity' || kb === 'infinity';
  if (infinite && (ka === 'zero' || kb === 'zero')) return invalid(context);
  checkDenormal(context, a, b);
  if (infinite) return infinity(sign);
  const [x, y] = [finiteOf(a), finiteOf(b)];
  if (x.digits === 0n || y.digits === 0n) return zero(sign);
  return roundToRegister(context, { sign, digits: x.digits * y.digits, scale: x.scale + y.scale }, context.precision);
}

/** |x ÷ y| to more digits than any rounding needs, the last one sticky. */
export function quotient(x: Finite, y: Finite, sign: Sign): Finite {
  const by = 140 + Math.max(0, bitLength(y.digits) - bitLength(x.digits));
  const dividend = x.digits << BigInt(by);
  const digits = dividend / y.digits;
  const sticky = digits * y.digits === dividend ? 0n : 1n;
  return { sign, digits: (digits << 1n) | sticky, scale: x.scale - y.scale - by - 1 };
}

export function divide(context: FloatContext, a: Extended, b: Extended): Extended {
  const nan = nanOf(context, a, b);
  if (nan) return nan;
  const [ka, kb] = [kindOf(a), kindOf(b)];
  const sign = (a.sign ^ b.sign) as Sign;
  if (ka === kb && (ka === 'infinity' || ka === 'zero')) return invalid(context);
  if (kb === 'zero' && ka !== 'infinity') {
    context.raise(Flag.ZE);
    return infinity(sign);
  }
  checkDenormal(context, a, b);
  if (ka === 'infinity') return infinity(sign);
  if (kb === 'infinity' || ka === 'zero') return zero(sign);
  return roundToRegister(context, quotient(finiteOf(a), finiteOf(b), sign), context.precision);
}

export function root(context: FloatContext, a: Extended): Extended {
  const nan = nanOf(context, a);
  if (nan) return nan;
  const kind = kindOf(a);
  if (kind === 'zero') return a;
  if (a.sign) return invalid(context);
  checkDenormal(context, a);
  if (kind === 'infinity') return a;
  const { digits, scale } = finiteOf(a);
  const by = 200 + (scale & 1);
  const square = digits << BigInt(by);
  const whole = squareRoot(square);
  const sticky = whole * whole === square ? 0n : 1n;
  return roundToRegister(
    context,
    { sign: 0, digits: (whole << 1n) | sticky, scale: (scale - by) / 2 - 1 },
    context.precision,
  );
}
