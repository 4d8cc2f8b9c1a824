/** Floating-point numbers of C as text and bytes: float, double, and the 80-bit long double of x87. */
import { bigintOf } from '../format.ts';

/** A number of 4, 8, 10, 12 or 16 bytes; the longer ones are x87's with padding. */
export function floatText(bytes: Uint8Array): string {
  if (bytes.length === 4) return singleText(numberOfFloat(bytes));
  if (bytes.length === 8) return doubleText(numberOfFloat(bytes));
  if (bytes.length >= 10) return extendedText(bytes);
  return '<a floating-point number of unknown format>';
}

/** The nearest double to a number of 4, 8 or at least 10 bytes. */
export function numberOfFloat(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return view.getFloat32(0, true);
  if (bytes.length === 8) return view.getFloat64(0, true);
  return bytes.length >= 10 ? extended(bytes) : Number.NaN;
}

export function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return String(value);
}

/** The shortest text that is this float: fewer digits than as a double. */
function singleText(value: number): string {
  for (let digits = 1; digits <= 9 && Number.isFinite(value); digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return doubleText(short);
  }
  return doubleText(value);
}

const EXPLICIT_ONE = 1n << 63n;
const BIAS = 16383;
const MOST_EXPONENT = 0x7fff;

/** Sign and exponent in the top 16 bits, all bits of the significand explicit. */
function extendedParts(bytes: Uint8Array): { negative: boolean; exponent: number; significand: bigint } {
  const top = bytes[8] | (bytes[9] << 8);
  return { negative: (top & 0x8000) !== 0, exponent: top & 0x7fff, significand: bigintOf(bytes.subarray(0, 8)) };
}

/** The nearest double of x87's format. */
function extended(bytes: Uint8Array): number {
  const { negative, exponent, significand } = extendedParts(bytes);
  const sign = negative ? -1 : 1;
  if (exponent === MOST_EXPONENT) return significand === EXPLICIT_ONE ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * Number(significand) * 2 ** (Math.max(1, exponent) - BIAS - 63);
}

/** As a double where that is exact; else with the 21 digits that tell every number of this format from its neighbours. */
function extendedText(bytes: Uint8Array): string {
  const { negative, exponent, significand } = extendedParts(bytes);
  const near = extended(bytes);
  const lowBits = significand & 0x7ffn;
  const inRange = Math.abs(near) < Number.MAX_VALUE && Math.abs(near) >= 2 ** -1022;
  if (significand === 0n || exponent === MOST_EXPONENT || (lowBits === 0n && inRange)) return doubleText(near);
  return `${negative ? '-' : ''}${decimalText(significand, Math.max(1, exponent) - BIAS - 63)}`;
}

const DIGITS = 21;

/** `significand` · 2^`exponent` in decimal, rounded to 21 digits; exact arithmetic, as exponents go beyond a double's. */
function decimalText(significand: bigint, exponent: number): string {
  const scaled = exponent >= 0 ? significand << BigInt(exponent) : significand;
  const denominator = exponent >= 0 ? 1n : 1n << BigInt(-exponent);
  // Power of ten of the first digit: an estimate by logarithms, mended below.
  let power = Math.floor((significand.toString(2).length - 1 + exponent) * Math.log10(2));
  let digits = '';
  for (let i = 0; i < 3; i++) {
    const shift = DIGITS - 1 - power;
    const numerator = shift >= 0 ? scaled * 10n ** BigInt(shift) : scaled;
    const divisor = shift >= 0 ? denominator : denominator * 10n ** BigInt(-shift);
    digits = ((numerator * 2n + divisor) / (divisor * 2n)).toString();
    if (digits.length === DIGITS) break;
    power += digits.length - DIGITS;
  }
  const trimmed = digits.replace(/0+$/, '');
  if (power >= 0 && power < DIGITS) {
    const whole = digits.slice(0, power + 1);
    const fraction = trimmed.slice(power + 1);
    return fraction ? `${whole}.${fraction}` : whole;
  }
  if (power < 0 && power >= -5) return `0.${'0'.repeat(-power - 1)}${trimmed}`;
  return `${trimmed[0]}${trimmed.length > 1 ? `.${trimmed.slice(1)}` : ''}e${power < 0 ? '-' : '+'}${Math.abs(power)}`;
}

/** Bits of `value` as a number of 4, 8, or 10 and more bytes (x87's, exact); undefined for other sizes. */
export function floatBits(value: number, size: number): bigint | undefined {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) {
    view.setFloat32(0, value, true);
    return BigInt(view.getUint32(0, true));
  }
  view.setFloat64(0, value, true);
  const bits = view.getBigUint64(0, true);
  if (size === 8) return bits;
  return size >= 10 ? extendedBits(bits) : undefined;
}

/** A double's bits as x87's 80 bits: every double is one exactly. */
function extendedBits(bits: bigint): bigint {
  const sign = (bits >> 63n) << 79n;
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  if (exponent === 0x7ff) return sign | (BigInt(MOST_EXPONENT) << 64n) | EXPLICIT_ONE | (fraction << 11n);
  if (exponent !== 0) return sign | (BigInt(exponent - 1023 + BIAS) << 64n) | EXPLICIT_ONE | (fraction << 11n);
  if (fraction === 0n) return sign;
  // A subnormal double is normal here.
  const shift = 64 - fraction.toString(2).length;
  return sign | (BigInt(BIAS - 1074 + 63 - shift) << 64n) | (fraction << BigInt(shift));
}
