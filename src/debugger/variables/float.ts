/** Floating-point numbers of C as text and bytes: float, double, and the 80-bit long double of x87. */
import { bigintOf } from '../format.ts';

/** A number of 4, 8, 10, 12 or 16 bytes; the longer ones are x87's with padding. */
export function floatText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return singleText(view.getFloat32(0, true));
  if (bytes.length === 8) return numberText(view.getFloat64(0, true));
  if (bytes.length >= 10) return numberText(extended(bytes));
  return '<a floating-point number of unknown format>';
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return String(value);
}

/** The shortest text that is this float: fewer digits than as a double. */
function singleText(value: number): string {
  for (let digits = 1; digits <= 9 && Number.isFinite(value); digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return numberText(short);
  }
  return numberText(value);
}

/** The nearest double of x87's format: sign and exponent in the top 16 bits, all bits of the significand explicit. */
function extended(bytes: Uint8Array): number {
  const significand = bigintOf(bytes.subarray(0, 8));
  const top = bytes[8] | (bytes[9] << 8);
  const exponent = top & 0x7fff;
  const sign = top & 0x8000 ? -1 : 1;
  if (exponent === 0x7fff) return significand << 1n === 1n << 64n ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * Number(significand) * 2 ** (exponent - 16383 - 63);
}

/** Bits of `value` as a number of `size` bytes; undefined for sizes that cannot be stored. */
export function floatBits(value: number, size: number): bigint | undefined {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) {
    view.setFloat32(0, value, true);
    return BigInt(view.getUint32(0, true));
  }
  if (size !== 8) return undefined;
  view.setFloat64(0, value, true);
  return view.getBigUint64(0, true);
}
