/** Elementary functions in fixed point: a number is value · 2^`bits`; errors are a few units of the last bits. */
import { squareRoot } from './bits.ts';

/** atanh(z) for |z| < ½, by its power series. */
export function atanh(z: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (z * z) >> shift;
  let power = z;
  let sum = z;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = (power * square) >> shift;
    sum += power / n;
  }
  return sum;
}

/** arctan(t) for 0 ≤ t ≤ 1: halves the angle four times, then the power series. */
export function arctan(t: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const one = 1n << shift;
  let z = t;
  for (let i = 0; i < 4; i++) z = (z << shift) / (one + squareRoot((one << shift) + z * z));
  const square = (z * z) >> shift;
  let power = z;
  let sum = z;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = -((power * square) >> shift);
    sum += power / n;
  }
  return sum << 4n;
}

/** e^x − 1 for |x| < 1. */
export function exponentialMinusOne(x: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  let term = x;
  let sum = x;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = ((term * x) >> shift) / n;
    sum += term;
  }
  return sum;
}

/** sin(x) and cos(x) for |x| ≤ 1. */
export function sineAndCosine(x: bigint, bits: number): { sine: bigint; cosine: bigint } {
  const shift = BigInt(bits);
  const square = (x * x) >> shift;
  const series = (first: bigint, from: bigint): bigint => {
    let term = first;
    let sum = first;
    for (let n = from; term !== 0n && term !== -1n; n += 2n) {
      term = -((term * square) >> shift) / (n * (n + 1n));
      sum += term;
    }
    return sum;
  };
  return { sine: series(x, 2n), cosine: series(1n << shift, 1n) };
}

/** Computes a constant once for each number of bits. */
function constant(compute: (bits: number) => bigint): (bits: number) => bigint {
  const known = new Map<number, bigint>();
  return (bits) => {
    const found = known.get(bits) ?? compute(bits + 8) >> 8n;
    known.set(bits, found);
    return found;
  };
}

/** ln 2 = 2 atanh(1/3). */
export const ln2 = constant((bits) => 2n * atanh((1n << BigInt(bits)) / 3n, bits));
/** ln 10 = 3 ln 2 + 2 atanh(1/9). */
export const ln10 = constant((bits) => 3n * ln2(bits) + 2n * atanh((1n << BigInt(bits)) / 9n, bits));
/** π = 16 arctan(1/5) − 4 arctan(1/239), Machin. */
export const pi = constant((bits) => {
  const one = 1n << BigInt(bits);
  return 16n * arctan(one / 5n, bits) - 4n * arctan(one / 239n, bits);
});
