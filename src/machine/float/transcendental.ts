/**
 * The transcendental instructions: computed to some 200 bits and rounded once, so nearer to the truth than the manual asks for (an error
 * below one unit of the last place). Arguments of FSIN, FCOS, FSINCOS and FPTAN are reduced with the 66-bit π that Intel's manual names.
 */
import { checkDenormal, invalid, nanOf, quotient } from './arithmetic.ts';
import { shift } from './bits.ts';
import { Flag, type FloatContext } from './context.ts';
import { type Extended, type Finite, finiteOf, infinity, kindOf, magnitude, ONE, type Sign, zero } from './extended.ts';
import { arctan, atanh, exponentialMinusOne, ln2, pi, sineAndCosine } from './fixed.ts';
import { roundToRegister } from './round.ts';

/** Bits behind the leading one that intermediate results have at least. */
const WORKING = 200;

/** A result that is not exact: fixed-point digits with a sticky bit. */
function inexact(context: FloatContext, value: bigint, bits: number): Extended {
  const sign: Sign = value < 0n ? 1 : 0;
  const digits = ((value < 0n ? -value : value) << 1n) | 1n;
  return roundToRegister(context, { sign, digits, scale: -bits - 1 }, 64);
}

const fixed = (x: Finite, bits: number): bigint => shift(x.sign ? -x.digits : x.digits, x.scale + bits);

/** A function that is x times a factor near 1 for tiny x: `factor` · x, a little smaller or greater in magnitude. */
function nearly(context: FloatContext, x: Finite, factor: bigint, bits: number, greater: boolean): Extended {
  const digits = (x.digits * factor) << 100n;
  return roundToRegister(
    context,
    { sign: x.sign, digits: greater ? digits + 1n : digits - 1n, scale: x.scale - bits - 100 },
    64,
  );
}

const TINY = -80;

/** F2XM1: 2^x − 1 for |x| ≤ 1. Beyond that the manual leaves the result undefined: x stays. */
export function powerOfTwoMinusOne(context: FloatContext, x: Extended): Extended {
  const nan = nanOf(context, x);
  if (nan) return nan;
  const kind = kindOf(x);
  if (kind === 'zero') return x;
  if (kind === 'infinity') return x.sign ? { ...ONE, sign: 1 } : x;
  checkDenormal(context, x);
  const exact = finiteOf(x);
  const top = magnitude(exact);
  if (top > 0 || (top === 0 && exact.digits !== 1n << 63n)) {
    context.flags |= Flag.PE;
    return x;
  }
  if (top === 0) return x.sign ? { ...ONE, sign: 1, exponent: ONE.exponent - 1 } : ONE;
  if (top < TINY) return nearly(context, exact, ln2(WORKING), WORKING, x.sign === 0);
  const bits = WORKING - TINY;
  return inexact(context, exponentialMinusOne((fixed(exact, bits) * ln2(bits)) >> BigInt(bits), bits), bits);
}

const isPowerOfTwo = (digits: bigint): boolean => (digits & (digits - 1n)) === 0n;

/** y · log₂ x for finite numbers that are not zero, x positive and not 1. */
function timesLogarithm(context: FloatContext, y: Finite, x: Finite): Extended {
  const times = (log: bigint, bits: number, sticky: bigint) => {
    const product = log * y.digits;
    const sign = (Number(product < 0n) ^ y.sign) as Sign;
    const digits = ((product < 0n ? -product : product) << 1n) | sticky;
    return roundToRegister(context, { sign, digits, scale: y.scale - bits - 1 }, 64);
  };
  const top = magnitude(x);
  if (isPowerOfTwo(x.digits)) return times(BigInt(top), 0, 0n);
  // m = x · 2^−k in [¾, 1½), so that k and ln m do not cancel.
  const bits = WORKING - TINY;
  const one = 1n << BigInt(bits);
  let k = top;
  let m = shift(x.digits, x.scale - k + bits);
  if (2n * m >= 3n * one) {
    k++;
    m >>= 1n;
  }
  const natural = 2n * atanh(((m - one) << BigInt(bits)) / (m + one), bits);
  return times((BigInt(k) << BigInt(bits)) + (natural << BigInt(bits)) / ln2(bits), bits, 1n);
}

/** FYL2X: y · log₂ x. */
export function logarithm(context: FloatContext, y: Extended, x: Extended): Extended {
  const nan = nanOf(context, y, x);
  if (nan) return nan;
  const [ky, kx] = [kindOf(y), kindOf(x)];
  if (x.sign && kx !== 'zero') return invalid(context);
  if (kx === 'zero') {
    if (ky === 'zero') return invalid(context);
    if (ky !== 'infinity') context.raise(Flag.ZE);
    return infinity(y.sign ? 0 : 1);
  }
  if (kx === 'infinity') {
    if (ky === 'zero') return invalid(context);
    checkDenormal(context, y);
    return infinity(y.sign);
  }
  const number = finiteOf(x);
  const top = magnitude(number);
  const isOne = top === 0 && isPowerOfTwo(number.digits);
  if (ky === 'infinity') {
    if (isOne) return invalid(context);
    checkDenormal(context, x);
    return infinity(top < 0 ? (y.sign ? 0 : 1) : y.sign);
  }
  checkDenormal(context, y, x);
  if (ky === 'zero' || isOne) return zero((y.sign ^ (top < 0 ? 1 : 0)) as Sign);
  return timesLogarithm(context, finiteOf(y), number);
}

/** FYL2XP1: y · log₂(x + 1) for small x; beyond |x| < 1 − √½ the manual leaves the result undefined, but it is right as far as x > −1. */
export function logarithmPlusOne(context: FloatContext, y: Extended, x: Extended): Extended {
  const nan = nanOf(context, y, x);
  if (nan) return nan;
  const [ky, kx] = [kindOf(y), kindOf(x)];
  if (kx === 'infinity') {
    if (x.sign || ky === 'zero') return invalid(context);
    checkDenormal(context, y);
    return infinity(y.sign);
  }
  const sign = (y.sign ^ x.sign) as Sign;
  if (kx === 'zero') {
    if (ky === 'infinity') return invalid(context);
    checkDenormal(context, y);
    return zero(sign);
  }
  const number = finiteOf(x);
  const top = magnitude(number);
  if (x.sign && top >= 0) return invalid(context);
  checkDenormal(context, y, x);
  if (ky === 'infinity') return infinity(sign);
  if (ky === 'zero') return zero(sign);
  const factor = finiteOf(y);
  if (top < TINY) {
    const inverse = (1n << BigInt(2 * WORKING)) / ln2(WORKING);
    const product = { sign, digits: factor.digits * number.digits, scale: factor.scale + number.scale };
    return nearly(context, product, inverse, WORKING, x.sign === 1);
  }
  // x + 1 exactly.
  const scale = Math.min(number.scale, 0);
  const digits = number.digits << BigInt(number.scale - scale);
  return timesLogarithm(context, factor, {
    sign: 0,
    digits: (1n << BigInt(-scale)) + (x.sign ? -digits : digits),
    scale,
  });
}

/** Where one of the operands of an arctangent decides alone: an angle of `quarters` · π/4. */
function angle(context: FloatContext, sign: Sign, quarters: bigint): Extended {
  const bits = WORKING;
  const value = (quarters * pi(bits)) >> 2n;
  return inexact(context, sign ? -value : value, bits);
}

/** FPATAN: the angle of the point (x, y). */
export function arctangent(context: FloatContext, y: Extended, x: Extended): Extended {
  const nan = nanOf(context, y, x);
  if (nan) return nan;
  const [ky, kx] = [kindOf(y), kindOf(x)];
  checkDenormal(context, y, x);
  if (ky === 'infinity') return angle(context, y.sign, kx !== 'infinity' ? 2n : x.sign ? 3n : 1n);
  if (ky === 'zero' || kx === 'infinity') return x.sign ? angle(context, y.sign, 4n) : zero(y.sign);
  if (kx === 'zero') return angle(context, y.sign, 2n);
  const [b, a] = [finiteOf(y), finiteOf(x)];
  const distance = magnitude(b) - magnitude(a);
  if (distance < TINY && !x.sign) {
    // arctan t is a little less than t.
    const ratio = quotient(b, a, y.sign);
    return nearly(context, ratio, 1n, 0, false);
  }
  const bits = WORKING - TINY + 8;
  const swapped = distance > 0 || (distance === 0 && b.digits > a.digits);
  const ratio = swapped ? quotient(a, b, 0) : quotient(b, a, 0);
  const inner = arctan(fixed(ratio, bits), bits);
  let value = swapped ? (pi(bits) >> 1n) - inner : inner;
  if (x.sign) value = pi(bits) - value;
  return inexact(context, y.sign ? -value : value, bits);
}

/** π with a significand of 66 bits, as digits · 2^−64. */
const PI66 = 0x3243f6a8885a308d3n;
const PI66_SCALE = -64;

export interface Trigonometric {
  sine: bigint;
  cosine: bigint;
  bits: number;
}

/** sin and cos of a finite number that is not zero and lies below 2^63; the argument is reduced to π/4. */
function trigonometric(x: Finite): Trigonometric {
  const scale = Math.min(x.scale, PI66_SCALE - 1);
  const half = PI66 << BigInt(PI66_SCALE - 1 - scale);
  const digits = x.digits << BigInt(x.scale - scale);
  // To the nearest multiple of π/2.
  const turns = (2n * digits + half) / (2n * half);
  const rest = digits - turns * half;
  const bits = WORKING + 160;
  const { sine, cosine } = sineAndCosine(shift(rest, scale + bits), bits);
  const [s, c] = [
    [sine, cosine],
    [cosine, -sine],
    [-sine, -cosine],
    [-cosine, sine],
  ][Number(turns & 3n)];
  return { sine: x.sign ? -s : s, cosine: c, bits };
}

/** Results of FSIN, FCOS, FSINCOS and FPTAN; undefined where the argument is out of range (C2). */
export type TrigonometricFunction = (context: FloatContext, x: Extended) => Extended | undefined;

function withArgument(
  context: FloatContext,
  x: Extended,
  atZero: Extended,
  tiny: (number: Finite) => Extended,
  general: (values: Trigonometric) => Extended,
): Extended | undefined {
  const nan = nanOf(context, x);
  if (nan) return nan;
  const kind = kindOf(x);
  if (kind === 'infinity') return invalid(context);
  if (kind === 'zero') return atZero;
  const number = finiteOf(x);
  if (magnitude(number) >= 63) return undefined;
  checkDenormal(context, x);
  return magnitude(number) < TINY ? tiny(number) : general(trigonometric(number));
}

export const sine: TrigonometricFunction = (context, x) =>
  withArgument(
    context,
    x,
    x,
    (number) => nearly(context, number, 1n, 0, false),
    (t) => inexact(context, t.sine, t.bits),
  );

export const cosine: TrigonometricFunction = (context, x) =>
  withArgument(
    context,
    x,
    ONE,
    () => inexact(context, (1n << BigInt(WORKING)) - 1n, WORKING),
    (t) => inexact(context, t.cosine, t.bits),
  );

export const tangent: TrigonometricFunction = (context, x) =>
  withArgument(
    context,
    x,
    x,
    (number) => nearly(context, number, 1n, 0, true),
    (t) => inexact(context, (t.sine << BigInt(t.bits)) / t.cosine, t.bits),
  );
