/** SSE arithmetic on the bits of singles (size 4) and doubles (size 8): exact, rounded once as MXCSR says (SDM Vol. 1, 4.8, 11.5). */
import { quotient, sum } from './arithmetic.ts';
import { BinaryContext, roundToBinary } from './binary.ts';
import { bitLength, squareRoot } from './bits.ts';
import { Flag, Rounding } from './context.ts';
import { floatOperand } from './convert.ts';
import { type Finite, finiteOf, type Sign } from './extended.ts';
import { roundDigits } from './round.ts';

export type Precision = 4 | 8;

interface Layout {
  fraction: bigint;
  bits: bigint;
  exponents: bigint;
  sign: bigint;
  quiet: bigint;
  infinity: bigint;
}
const layout = (bits: bigint, fraction: bigint): Layout => {
  const exponents = (1n << (bits - 1n - fraction)) - 1n;
  return {
    fraction,
    bits,
    exponents,
    sign: 1n << (bits - 1n),
    quiet: 1n << (fraction - 1n),
    infinity: exponents << fraction,
  };
};
const LAYOUTS = { 4: layout(32n, 23n), 8: layout(64n, 52n) } as const;

export const magnitudeBits = (v: bigint, p: Precision): bigint => v & ~LAYOUTS[p].sign;
export const isNan = (v: bigint, p: Precision): boolean => magnitudeBits(v, p) > LAYOUTS[p].infinity;
const isInfinite = (v: bigint, p: Precision): boolean => magnitudeBits(v, p) === LAYOUTS[p].infinity;
export const isZero = (v: bigint, p: Precision): boolean => magnitudeBits(v, p) === 0n;
const isSignalling = (v: bigint, p: Precision): boolean => isNan(v, p) && (v & LAYOUTS[p].quiet) === 0n;
export const isDenormal = (v: bigint, p: Precision): boolean =>
  !isZero(v, p) && magnitudeBits(v, p) < 1n << LAYOUTS[p].fraction;
export const signOf = (v: bigint, p: Precision): Sign => (v & LAYOUTS[p].sign ? 1 : 0);
export const quieted = (v: bigint, p: Precision): bigint => v | LAYOUTS[p].quiet;
/** The real indefinite: a negative quiet NaN. */
export const indefinite = (p: Precision): bigint => LAYOUTS[p].sign | LAYOUTS[p].infinity | LAYOUTS[p].quiet;
export const zeroOf = (sign: Sign, p: Precision): bigint => (sign ? LAYOUTS[p].sign : 0n);
export const infinityOf = (sign: Sign, p: Precision): bigint => zeroOf(sign, p) | LAYOUTS[p].infinity;
export const negated = (v: bigint, p: Precision): bigint => v ^ LAYOUTS[p].sign;

/** An operand as arithmetic sees it: zero for a denormal, if MXCSR says so. */
export const operand = (c: BinaryContext, v: bigint, p: Precision): bigint =>
  c.denormalsAreZero && isDenormal(v, p) ? zeroOf(signOf(v, p), p) : v;

/** Exact value of a finite operand. */
export const exactOf = (v: bigint, p: Precision): Finite => finiteOf(floatOperand(v, p));

export function invalid(c: BinaryContext, p: Precision): bigint {
  c.raise(Flag.IE);
  return indefinite(p);
}

/** Notes denormal operands; after that comes a computation. */
export function noteDenormals(c: BinaryContext, p: Precision, ...operands: bigint[]): void {
  if (operands.some((v) => isDenormal(v, p))) c.raise(Flag.DE);
}

/** The first operand that is NaN, quiet; undefined without NaNs. */
export function nanOf(c: BinaryContext, p: Precision, ...operands: bigint[]): bigint | undefined {
  if (operands.some((v) => isSignalling(v, p))) c.raise(Flag.IE);
  const nan = operands.find((v) => isNan(v, p));
  return nan === undefined ? undefined : quieted(nan, p);
}

const rounded = (c: BinaryContext, x: Finite, p: Precision): bigint =>
  x.digits === 0n ? zeroOf(x.sign, p) : roundToBinary(c, x, p);

export function add(c: BinaryContext, x: bigint, y: bigint, p: Precision): bigint {
  const [a, b] = [operand(c, x, p), operand(c, y, p)];
  const nan = nanOf(c, p, a, b);
  if (nan !== undefined) return nan;
  if (isInfinite(a, p) && isInfinite(b, p) && a !== b) return invalid(c, p);
  noteDenormals(c, p, a, b);
  if (isInfinite(a, p)) return a;
  if (isInfinite(b, p)) return b;
  const exact = sum(exactOf(a, p), exactOf(b, p));
  if (exact.digits !== 0n) return rounded(c, exact, p);
  if (isZero(a, p) && isZero(b, p) && a === b) return a;
  return zeroOf(c.rounding === Rounding.DOWN ? 1 : 0, p);
}

export function subtract(c: BinaryContext, a: bigint, b: bigint, p: Precision): bigint {
  // A NaN keeps its sign.
  return add(c, a, isNan(b, p) ? b : negated(b, p), p);
}

export function multiply(c: BinaryContext, x: bigint, y: bigint, p: Precision): bigint {
  const [a, b] = [operand(c, x, p), operand(c, y, p)];
  const nan = nanOf(c, p, a, b);
  if (nan !== undefined) return nan;
  const sign = (signOf(a, p) ^ signOf(b, p)) as Sign;
  const infinite = isInfinite(a, p) || isInfinite(b, p);
  if (infinite && (isZero(a, p) || isZero(b, p))) return invalid(c, p);
  noteDenormals(c, p, a, b);
  if (infinite) return infinityOf(sign, p);
  const [u, v] = [exactOf(a, p), exactOf(b, p)];
  return rounded(c, { sign, digits: u.digits * v.digits, scale: u.scale + v.scale }, p);
}

export function divide(c: BinaryContext, x: bigint, y: bigint, p: Precision): bigint {
  const [a, b] = [operand(c, x, p), operand(c, y, p)];
  const nan = nanOf(c, p, a, b);
  if (nan !== undefined) return nan;
  const sign = (signOf(a, p) ^ signOf(b, p)) as Sign;
  if ((isInfinite(a, p) && isInfinite(b, p)) || (isZero(a, p) && isZero(b, p))) return invalid(c, p);
  if (isInfinite(a, p)) {
    noteDenormals(c, p, b);
    return infinityOf(sign, p);
  }
  if (isZero(b, p)) {
    c.raise(Flag.ZE);
    return infinityOf(sign, p);
  }
  noteDenormals(c, p, a, b);
  if (isInfinite(b, p) || isZero(a, p)) return zeroOf(sign, p);
  return rounded(c, quotient(exactOf(a, p), exactOf(b, p), sign), p);
}

export function root(c: BinaryContext, x: bigint, p: Precision): bigint {
  const a = operand(c, x, p);
  const nan = nanOf(c, p, a);
  if (nan !== undefined) return nan;
  if (isZero(a, p)) return a;
  if (signOf(a, p)) return invalid(c, p);
  noteDenormals(c, p, a);
  if (isInfinite(a, p)) return a;
  const { digits, scale } = exactOf(a, p);
  const by = 200 + (scale & 1);
  const square = digits << BigInt(by);
  const whole = squareRoot(square);
  const sticky = whole * whole === square ? 0n : 1n;
  return rounded(c, { sign: 0, digits: (whole << 1n) | sticky, scale: (scale - by) / 2 - 1 }, p);
}

/** A number that orders like the float; both zeros are one. */
const rank = (v: bigint, p: Precision): bigint => (signOf(v, p) ? -magnitudeBits(v, p) : v);

export type Order = 'less' | 'equal' | 'greater' | 'unordered';

/** `signals`: a quiet NaN is an invalid operand too. */
export function compare(c: BinaryContext, x: bigint, y: bigint, p: Precision, signals: boolean): Order {
  const [a, b] = [operand(c, x, p), operand(c, y, p)];
  if (isNan(a, p) || isNan(b, p)) {
    if (signals || isSignalling(a, p) || isSignalling(b, p)) c.raise(Flag.IE);
    return 'unordered';
  }
  noteDenormals(c, p, a, b);
  const [u, v] = [rank(a, p), rank(b, p)];
  return u < v ? 'less' : u > v ? 'greater' : 'equal';
}

/** The second operand unless the first is less (`least`) or greater. */
export function extreme(c: BinaryContext, a: bigint, b: bigint, p: Precision, least: boolean): bigint {
  const order = compare(c, a, b, p, true);
  return operand(c, order === (least ? 'less' : 'greater') ? a : b, p);
}

/** Whether predicate `immediate` of CMPPS holds; bits 3 and 4 only in VEX forms. */
export function holds(c: BinaryContext, a: bigint, b: bigint, p: Precision, immediate: number): boolean {
  const kind = immediate & 3;
  const signals = (kind === 1 || kind === 2) !== ((immediate & 16) !== 0);
  const order = compare(c, a, b, p, signals);
  const unordered = order === 'unordered';
  const relation = [order === 'equal', order === 'less', order === 'less' || order === 'equal', unordered][kind];
  return (relation !== ((immediate & 4) !== 0)) !== (unordered && (immediate & 8) !== 0);
}

/** A signed integer of `bits` bits as a float. */
export function fromInteger(c: BinaryContext, value: bigint, p: Precision): bigint {
  return rounded(c, { sign: value < 0n ? 1 : 0, digits: value < 0n ? -value : value, scale: 0 }, p);
}

/** A float as a signed integer of `bits` bits; what does not fit becomes the most negative one. */
export function toInteger(c: BinaryContext, x: bigint, p: Precision, bits: 32 | 64, rounding: number): bigint {
  const a = operand(c, x, p);
  if (!isNan(a, p) && !isInfinite(a, p)) {
    const { sign, digits, scale } = exactOf(a, p);
    const step = roundDigits(digits, -scale, sign, rounding);
    const value = sign ? -step.digits : step.digits;
    if (value === BigInt.asIntN(bits, value)) {
      if (step.inexact) c.flags |= Flag.PE;
      return value;
    }
  }
  c.raise(Flag.IE);
  return -(1n << BigInt(bits - 1));
}

/** From one format to the other. */
export function converted(c: BinaryContext, x: bigint, from: Precision, to: Precision): bigint {
  const a = operand(c, x, from);
  const sign = signOf(a, from);
  if (isNan(a, from)) {
    if (isSignalling(a, from)) c.raise(Flag.IE);
    const payload = a & ((1n << LAYOUTS[from].fraction) - 1n);
    const shift = LAYOUTS[to].fraction - LAYOUTS[from].fraction;
    return quieted(infinityOf(sign, to) | (shift >= 0n ? payload << shift : payload >> -shift), to);
  }
  if (isInfinite(a, from)) return infinityOf(sign, to);
  noteDenormals(c, from, a);
  return rounded(c, exactOf(a, from), to);
}

/** ROUNDPS: to a whole number. `quietly`: inexact results raise nothing. */
export function wholeNumber(c: BinaryContext, x: bigint, p: Precision, rounding: number, quietly: boolean): bigint {
  const a = operand(c, x, p);
  const nan = nanOf(c, p, a);
  if (nan !== undefined) return nan;
  if (isInfinite(a, p) || isZero(a, p)) return a;
  const { sign, digits, scale } = exactOf(a, p);
  if (scale >= 0) return a;
  const step = roundDigits(digits, -scale, sign, rounding);
  if (step.inexact && !quietly) c.flags |= Flag.PE;
  return rounded(c, { sign, digits: step.digits, scale: 0 }, p);
}

const ESTIMATE_BITS = 12;
const FTZ = 0x8000;

/** RCPPS and RSQRTPS: the exact result rounded to 12 bits; denormals count as zero, in and out (SDM Vol. 2: relative error ≤ 1.5 · 2^−12). */
export function estimate(x: bigint, kind: 'reciprocal' | 'root'): bigint {
  const p = 4;
  const sign = signOf(x, p);
  if (isNan(x, p)) return quieted(x, p);
  if (isZero(x, p) || isDenormal(x, p)) return infinityOf(sign, p);
  if (kind === 'root' && sign) return indefinite(p);
  if (isInfinite(x, p)) return zeroOf(sign, p);
  const value = exactOf(x, p);
  const exact =
    kind === 'reciprocal' ? quotient({ sign: 0, digits: 1n, scale: 0 }, value, sign) : reciprocalRoot(value);
  const length = bitLength(exact.digits);
  const step = roundDigits(exact.digits, length - ESTIMATE_BITS, sign, Rounding.NEAREST);
  const c = new BinaryContext(0x1f80 | FTZ);
  return rounded(c, { sign, digits: step.digits, scale: exact.scale + length - ESTIMATE_BITS }, p);
}

/** 1 ÷ √x, to more digits than an estimate has: √(2^even ÷ digits) with the scale made even. */
function reciprocalRoot({ digits, scale }: Finite): Finite {
  const odd = scale & 1;
  const even = digits << BigInt(odd);
  const by = 200;
  return { sign: 0, digits: squareRoot((1n << BigInt(by)) / even), scale: -(by + (scale - odd)) / 2 };
}
