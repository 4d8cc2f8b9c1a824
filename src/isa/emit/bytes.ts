/** LEB128 and sections: the byte level of the WebAssembly binary format. */

/** What bytes are appended to: an array of numbers, or a buffer where there are many. */
export interface ByteSink {
  push(...bytes: number[]): unknown;
}
export type ByteString = readonly number[] | Uint8Array;

export class ByteBuffer implements ByteSink {
  private bytes = new Uint8Array(256);
  length = 0;

  private reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  push(...bytes: number[]): void {
    this.append(bytes);
  }
  append(bytes: ByteString): void {
    const { length } = bytes;
    this.reserve(length);
    const end = this.length;
    // What is appended is mostly an instruction of a few bytes, where `set` would take longer.
    if (length > 16) this.bytes.set(bytes, end);
    else for (let i = 0; i < length; i++) this.bytes[end + i] = bytes[i];
    this.length = end + length;
  }

  /** What has been appended so far; shared with the buffer. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

export function pushUnsigned(out: ByteSink, value: number): void {
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest ? low | 0x80 : low);
  } while (rest);
}

/** A number of at most 32 bits, signed: what most constants are, and much faster than as a bigint. */
function pushSmall(out: ByteSink, value: number): void {
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

export function pushSigned(out: ByteSink, value: bigint | number): void {
  const small = Number(value) | 0;
  if (typeof value === 'number' || BigInt(small) === value) {
    pushSmall(out, small);
    return;
  }
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

export function pushName(out: number[], name: string): void {
  const bytes = new TextEncoder().encode(name);
  pushUnsigned(out, bytes.length);
  out.push(...bytes);
}
