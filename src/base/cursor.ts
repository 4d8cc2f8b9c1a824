/** Little-endian reading and writing of binary structures. Every access is checked: none leaves its range unnoticed. */

import { hex } from './hex.ts';

/** A read or write that would leave the bytes it was given. */
export class CursorError extends Error {}

const text = new TextDecoder('utf-8');

/** Reads forward through `bytes` from `position`; all reads throw `CursorError` rather than pass `end`. */
export class Cursor {
  /** `end` is clamped to the bytes there are. */
  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length,
  ) {
    this.end = Math.min(end, bytes.length);
    this.require(0);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Position before `count` bytes just consumed. */
  private require(count: number): number {
    const from = this.position;
    // The negation also refuses NaN.
    if (!(count >= 0 && from >= 0 && from + count <= this.end))
      throw new CursorError(`needs ${count} bytes at offset ${from}, but the data ends at ${this.end}`);
    this.position = from + count;
    return from;
  }

  skip(count: number): void {
    this.require(count);
  }

  /** Moves to an absolute position within the range. */
  seek(position: number): void {
    this.position = position;
    this.require(0);
  }

  u8(): number {
    // The hottest read (DWARF opcodes): no call unless it fails.
    if (this.position < this.end) return this.bytes[this.position++];
    return this.bytes[this.require(1)];
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const at = this.require(2);
    return this.bytes[at] | (this.bytes[at + 1] << 8);
  }

  i32(): number {
    const at = this.require(4);
    const { bytes } = this;
    return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  u64(): bigint {
    const at = this.require(8);
    this.position = at;
    const low = this.u32();
    const high = this.u32();
    return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
  }

  i64(): bigint {
    return BigInt.asIntN(64, this.u64());
  }

  /** A 64-bit offset or count as a number; throws when a number cannot hold it exactly (nothing that large is in range). */
  offset64(): number {
    const at = this.require(8);
    this.position = at;
    const value = this.u32() + this.u32() * 2 ** 32;
    if (value > Number.MAX_SAFE_INTEGER) throw new CursorError(`offset ${hex(value)} is out of any range`);
    return value;
  }

  /** Unsigned LEB128 as a number; throws when it exceeds 2^53 − 1. */
  uleb(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let result = byte & 0x7f;
    let scale = 0x80;
    for (;;) {
      byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (result > Number.MAX_SAFE_INTEGER) throw new CursorError('LEB128 number is too large');
      if (byte < 0x80) return result;
      // Padding (0x80 bytes) may go on for ever; past 2^63 it only costs precision that is not there.
      if (scale < 2 ** 63) scale *= 0x80;
    }
  }

  /** Signed LEB128 as a number; throws when its magnitude exceeds 2^53 − 1. */
  sleb(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      if (byte >= 0x80) {
        result += (byte & 0x7f) * scale;
        if (scale < 2 ** 63) scale *= 0x80;
        continue;
      }
      result += (byte & 0x40 ? byte - 0x80 : byte) * scale;
      if (!Number.isSafeInteger(result)) throw new CursorError('LEB128 number is too large');
      return result;
    }
  }

  /** The next `count` bytes, as a view (not a copy). */
  take(count: number): Uint8Array {
    const from = this.require(count);
    return this.bytes.subarray(from, from + count);
  }

  /** A cursor over the next `count` bytes only; this one moves behind them. */
  sub(count: number): Cursor {
    const from = this.require(count);
    return new Cursor(this.bytes, from, from + count);
  }

  /** A NUL-terminated UTF-8 text; wrong sequences become U+FFFD. */
  cstring(): string {
    const from = this.position;
    this.skipString();
    return text.decode(this.bytes.subarray(from, this.position - 1));
  }

  /** Moves behind the next NUL. */
  skipString(): void {
    const length = this.bytes.subarray(this.position, this.end).indexOf(0);
    if (length < 0) throw new CursorError(`text at offset ${this.position} has no end`);
    this.position += length + 1;
  }
}
