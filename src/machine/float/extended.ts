/** The 80-bit double extended-precision format (SDM Vol. 1, 4.2.2 and 8.2.2). */
import { bitLength } from './bits.ts';

export type Sign = 0 | 1;

export interface Extended {
  readonly sign: Sign;
  /** Biased, 15 bits. */
  readonly exponent: number;
  /** 64 bits with an explicit integer bit. */
  readonly significand: bigint;
  /** Comes from a denormal of a narrower format, which is normal here: still a denormal operand. */
  readonly denormal?: true;
}

export const BIAS = 16383;
export const MAX_EXPONENT = 0x7fff;
export const INTEGER_BIT = 1n << 63n;
const QUIET_BIT = 1n << 62n;

export type Kind = 'zero' | 'normal' | 'denormal' | 'infinity' | 'quiet' | 'signalling' | 'unsupported';

/** Pseudo-denormals count as denormal; pseudo-NaNs, pseudo-infinities and unnormals are unsupported. */
export function kindOf({ exponent, significand, denormal }: Extended): Kind {
  if (denormal) return 'denormal';
  if (exponent === 0) return significand === 0n ? 'zero' : 'denormal';
  if ((significand & INTEGER_BIT) === 0n) return 'unsupported';
  if (exponent !== MAX_EXPONENT) return 'normal';
  if (significand === INTEGER_BIT) return 'infinity';
  return significand & QUIET_BIT ? 'quiet' : 'signalling';
}

export const isNan = (kind: Kind): boolean => kind === 'quiet' || kind === 'signalling';

/** The default NaN, "real indefinite". */
export const INDEFINITE: Extended = { sign: 1, exponent: MAX_EXPONENT, significand: INTEGER_BIT | QUIET_BIT };
export const zero = (sign: Sign): Extended => ({ sign, exponent: 0, significand: 0n });
export const infinity = (sign: Sign): Extended => ({ sign, exponent: MAX_EXPONENT, significand: INTEGER_BIT });
export const ONE: Extended = { sign: 0, exponent: BIAS, significand: INTEGER_BIT };
export const quieted = (x: Extended): Extended => ({ ...x, significand: x.significand | QUIET_BIT });
export const negated = (x: Extended): Extended => ({ ...x, sign: x.sign ? 0 : 1 });

/** A finite number: (−1)^sign · digits · 2^scale, exactly. */
export interface Finite {
  sign: Sign;
  digits: bigint;
  scale: number;
}

/** Of a zero, denormal or normal number. */
export const finiteOf = (x: Extended): Finite => ({
  sign: x.sign,
  digits: x.significand,
  scale: Math.max(x.exponent, 1) - BIAS - 63,
});

/** Exponent of the leading bit of a finite number that is not zero. */
export const magnitude = (x: Finite): number => x.scale + bitLength(x.digits) - 1;

/** A whole number of up to 64 bits, exactly. */
export function fromInteger(value: bigint): Extended {
  const sign: Sign = value < 0n ? 1 : 0;
  const digits = value < 0n ? -value : value;
  if (digits === 0n) return zero(0);
  const length = bitLength(digits);
  return { sign, exponent: BIAS + length - 1, significand: digits << BigInt(64 - length) };
}

export function readExtended(view: DataView, offset: number): Extended {
  const top = view.getUint16(offset + 8, true);
  return {
    sign: top & 0x8000 ? 1 : 0,
    exponent: top & MAX_EXPONENT,
    significand: view.getBigUint64(offset, true),
  };
}

export function writeExtended(view: DataView, offset: number, x: Extended): void {
  view.setBigUint64(offset, x.significand, true);
  view.setUint16(offset + 8, (x.sign << 15) | x.exponent, true);
}
