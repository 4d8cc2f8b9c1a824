/** Bytes that grow at their end; numbers are little-endian. */
export class ByteList {
  private buffer = new Uint8Array(64);
  private used = 0;

  get length(): number {
    return this.used;
  }

  /** What was written, as a view that the next write may leave behind. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  /** Room for `count` more bytes, zero. → where they begin. */
  reserve(count: number): number {
    const at = this.used;
    if (at + count > this.buffer.length) {
      const grown = new Uint8Array(Math.max(2 * this.buffer.length, at + count));
      grown.set(this.bytes);
      this.buffer = grown;
    }
    this.used += count;
    return at;
  }

  push(bytes: ArrayLike<number>): this {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  u8(value: number): this {
    const at = this.reserve(1);
    this.buffer[at] = value;
    return this;
  }

  number(value: bigint | number, size: number): this {
    const at = this.reserve(size);
    patch(this.buffer, at, BigInt(value), size);
    return this;
  }

  u16(value: number): this {
    return this.number(value, 2);
  }

  u32(value: number): this {
    return this.number(value, 4);
  }

  u64(value: bigint | number): this {
    return this.number(value, 8);
  }

  uleb(value: bigint | number): this {
    return this.push(lebBytes(BigInt(value), false));
  }

  sleb(value: bigint | number): this {
    return this.push(lebBytes(BigInt(value), true));
  }

  /** UTF-8 and a zero byte. */
  cstring(text: string): this {
    return this.push(new TextEncoder().encode(text)).u8(0);
  }

  alignTo(alignment: number): this {
    this.reserve((alignment - (this.used % alignment)) % alignment);
    return this;
  }
}

/** Writes the low `size` bytes of `value` (two's complement) at `at`. */
export function patch(bytes: Uint8Array, at: number, value: bigint, size: number): void {
  let rest = BigInt.asUintN(8 * size, value);
  for (let i = 0; i < size; i++) {
    bytes[at + i] = Number(rest & 255n);
    rest >>= 8n;
  }
}

/** `value` as LEB128 (DWARF 5, 7.6); the unsigned form takes it modulo 2^64. */
export function lebBytes(value: bigint, signed: boolean): number[] {
  const bytes: number[] = [];
  let rest = signed ? value : BigInt.asUintN(64, value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const last = signed ? rest === (low & 0x40 ? -1n : 0n) : rest === 0n;
    if (last) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}
