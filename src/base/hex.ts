/** Text of addresses, register values and bytes, both ways. */

const MASK64 = 0xffff_ffff_ffff_ffffn;

/** `0x…` of an unsigned value, lower case, padded with zeros to at least `digits`. Negative bigints are taken modulo 2^64. */
export function hex(value: bigint | number, digits = 0): string {
  const unsigned = value < 0 ? BigInt.asUintN(64, BigInt(value)) : value;
  return `0x${unsigned.toString(16).padStart(digits, '0')}`;
}

/** `hex` with all 16 digits of a 64-bit value. */
export function hex64(value: bigint): string {
  return hex(value, 16);
}

/**
 * Value of a decimal or `0x` number, optionally signed (`-1` is 2^64 − 1), digits may be grouped by `_`.
 * Undefined when the text is no number or does not fit into 64 bits.
 */
export function parseAddress(text: string): bigint | undefined {
  const match = /^\s*(-?)(0[xX][0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)\s*$/.exec(text);
  if (!match) return undefined;
  const magnitude = BigInt(match[2].replaceAll('_', ''));
  if (match[1]) return magnitude <= 1n << 63n ? BigInt.asUintN(64, -magnitude) : undefined;
  return magnitude <= MASK64 ? magnitude : undefined;
}

/** Two lower-case digits a byte, with `separator` between bytes. */
export function hexBytes(bytes: Uint8Array, separator = ''): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator);
}

/** Bytes of hexadecimal digits; white space between bytes is allowed. Undefined when the text is anything else. */
export function parseHexBytes(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 || /[^0-9a-fA-F]/.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
