/** Texts for values, in one style everywhere: addresses in hexadecimal without leading zeros, bounds as closed intervals. */
import { hex } from '../base/hex.ts';
import type { Bounds } from '../machine/api.ts';

export const MASK64 = (1n << 64n) - 1n;

/** The inclusive upper address; a bound register holds its one's complement (spec A.2). */
export function upperOf(bounds: Bounds): bigint {
  return ~bounds.upperRaw & MASK64;
}

export function boundsFrom(lower: bigint, upper: bigint): Bounds {
  return { lower: lower & MASK64, upperRaw: ~upper & MASK64 };
}

/** Bounds that allow every address: all zero (spec A.2). */
export function isInit(bounds: Bounds): boolean {
  return bounds.lower === 0n && bounds.upperRaw === 0n;
}

/** Bounds that allow none, as GCC's `__chkp_none_bounds` makes them (spec C.2). */
export function isNull(bounds: Bounds): boolean {
  return bounds.lower === MASK64 && upperOf(bounds) === 0n;
}

/** Number of addresses inside, 0 when inverted; 2^64 for INIT. */
export function boundsSize(bounds: Bounds): bigint {
  const size = upperOf(bounds) - bounds.lower + 1n;
  return size > 0n ? size : 0n;
}

/** `1 byte`, `4,096 bytes`; `plural` where it is not made by an s. */
export function count(amount: bigint | number, unit: string, plural = `${unit}s`): string {
  return `${amount.toLocaleString('en-US')} ${BigInt(amount) === 1n ? unit : plural}`;
}

export function interval(bounds: Bounds): string {
  return `[${hex(bounds.lower)}, ${hex(upperOf(bounds))}]`;
}

/** `[0x602010, 0x602019] 10 bytes`, `INIT (all addresses)`, `NULL (none)`. */
export function boundsText(bounds: Bounds): string {
  if (isInit(bounds)) return 'INIT (all addresses)';
  if (isNull(bounds)) return 'NULL (none)';
  const upper = upperOf(bounds);
  if (upper + 1n < bounds.lower) return `${interval(bounds)} inverted (none)`;
  return `${interval(bounds)} ${count(boundsSize(bounds), 'byte')}`;
}

/** A number in hexadecimal with the decimal one beside it where that is small: counts and characters are read so. */
export function hexWithDecimal(value: bigint): string {
  return value < 10n || value >= 1n << 16n ? hex(value) : `${hex(value)} (${value})`;
}

/** `4 KiB`, `2 GiB`, `10 bytes`. */
export function byteSize(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const)
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  return count(bytes, 'byte');
}

/** Little-endian bytes as an unsigned integer of any width. */
export function bigintOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}

/** The low `length` bytes of `value`, little-endian. */
export function bytesOf(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(length * 8, value);
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
