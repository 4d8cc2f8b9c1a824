/** Little-endian reading and writing of binary structures. Every access is checked: none leaves its range unnoticed. */

/** A read or write that would leave the bytes it was given. */
export class CursorError extends Error {}

const text = new TextDecoder('utf-8');

/** Reads forward through `bytes` from `position`; all reads throw `CursorError` rather than pass `end`. */
export class Cursor {
  private readonly view: DataView;

  /** `end` is clamped to the bytes there are. */
  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    return this.view.getUint16(this.require(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.require(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.require(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.require(8), true);
  }

  i64(): bigint {
    return this.view.getBigInt64(this.require(8), true);
  }

  /** A 64-bit offset or count as a number; throws when a number cannot hold it exactly (nothing that large is in range). */
  offset64(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new CursorError(`offset 0x${value.toString(16)} is out of any range`);
    return Number(value);
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
    const zero = this.bytes.indexOf(0, this.position);
    if (zero < 0 || zero >= this.end) throw new CursorError(`text at offset ${this.position} has no end`);
    const result = text.decode(this.bytes.subarray(this.position, zero));
    this.position = zero + 1;
    return result;
  }
}
