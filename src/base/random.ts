/** Pseudo-random bytes from a seed (the xorshift32 generator): equal seeds give equal runs. Not for secrets. */
export class SeededRandom {
  private state: number;

  /** `seed`: an unsigned 32-bit integer. */
  constructor(seed: number) {
    // The state must not be 0; the multiplication spreads small seeds over all bits.
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  }

  /** A 32-bit unsigned integer. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.next() >>> 24);
  }
}
