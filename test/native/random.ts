/** A small deterministic generator (32-bit xorshift) with edge-heavy values. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  }

  u32(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (Math.imul(x, 0x2545f491) >>> 0) ^ (x >>> 16);
  }

  /** 0 … n − 1. */
  below(n: number): number {
    return (this.u32() >>> 0) % n;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  u64(): bigint {
    return (BigInt(this.u32() >>> 0) << 32n) | BigInt(this.u32() >>> 0);
  }

  bytes(length: number): Uint8Array {
    const words = new Uint32Array((length + 3) >> 2);
    for (let i = 0; i < words.length; i++) words[i] = this.u32();
    return new Uint8Array(words.buffer, 0, length);
  }

  /** One double or two singles: often zeros, infinities, NaNs, conversion limits, halves, denormals. */
  floats(): bigint {
    const single = () => {
      if (this.chance(3)) return this.u32() >>> 0;
      if (this.chance(4)) return (this.u32() & 0x807fffff) >>> 0;
      return this.pick(SINGLES);
    };
    if (this.chance(2)) return (BigInt(single()) << 32n) | BigInt(single());
    if (this.chance(3)) return this.u64();
    if (this.chance(4)) return this.u64() & 0x800fffffffffffffn;
    return this.pick(DOUBLES);
  }

  /** One double or two singles around 1: any digits, or few. */
  closeFloats(): bigint {
    const digits = (bits: number) =>
      this.chance(2) ? this.u64() : this.u64() & (this.u64() << BigInt(this.below(bits)));
    const sign = () => BigInt(this.below(2));
    const exponent = (bias: number) => BigInt(bias + this.below(this.pick([3, 60])) - 1);
    if (this.chance(2)) return (sign() << 63n) | (exponent(1023) << 52n) | BigInt.asUintN(52, digits(52));
    const single = () => (sign() << 31n) | (exponent(127) << 23n) | BigInt.asUintN(23, digits(23));
    return (single() << 32n) | single();
  }

  /** A 64-bit value: often zero, all ones, a sign bit, a small number, or its complement. */
  value(): bigint {
    switch (this.below(8)) {
      case 0:
        return this.pick(EDGES);
      case 1:
        return BigInt(this.below(256));
      case 2:
        return BigInt.asUintN(64, -BigInt(this.below(256)));
      case 3:
        return 1n << BigInt(this.below(64));
      case 4:
        return BigInt(this.u32() >>> 0);
      case 5:
        return BigInt.asUintN(64, this.pick(EDGES) + BigInt(this.below(3) - 1));
      default:
        return this.u64();
    }
  }
}

const SINGLES: readonly number[] = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffa00003,
  0x7fd12345, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000, 0xdf000000, 0x3f000000, 0x40200000, 0x3fc00000,
  0x7f7fffff, 0x00800000, 0x33800000,
];
const DOUBLES: readonly bigint[] = [
  0n,
  0x8000000000000000n,
  0x3ff0000000000000n,
  0xbff0000000000000n,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff0000000000001n,
  0xfff4000000000003n,
  0x7ffa123456789abcn,
  0x41e0000000000000n,
  0xc1e0000000000000n,
  0x41dfffffffe00000n,
  0x43e0000000000000n,
  0xc3e0000000000000n,
  0x3fe0000000000000n,
  0x4004000000000000n,
  0x7fefffffffffffffn,
  0x0010000000000000n,
  0x47efffffe0000000n,
  0x3810000000000000n,
];

const EDGES: readonly bigint[] = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  0x8000800080008000n,
  0x7fff7fff80007fffn,
];
