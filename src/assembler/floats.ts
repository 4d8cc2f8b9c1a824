/** Decimal numbers as bits of IEEE formats, rounded to nearest even: computed with whole numbers, so always right. */

export interface FloatFormat {
  /** Bits of the significand, with the leading one. */
  precision: number;
  exponentBits: number;
  bytes: number;
  /** Whether the leading one is stored (x87's 80-bit format). */
  explicit: boolean;
}

export const SINGLE: FloatFormat = { precision: 24, exponentBits: 8, bytes: 4, explicit: false };
export const DOUBLE: FloatFormat = { precision: 53, exponentBits: 11, bytes: 8, explicit: false };
export const EXTENDED: FloatFormat = { precision: 64, exponentBits: 15, bytes: 10, explicit: true };
export const HALF: FloatFormat = { precision: 11, exponentBits: 5, bytes: 2, explicit: false };

/** Exponents of ten beyond it give 0 or infinity in every format. */
const MAX_EXPONENT = 6000;

const bitLength = (value: bigint): number => value.toString(2).length;

/** The bits of `numerator / denominator` (both positive) in `format`, without the sign. */
function encode(numerator: bigint, denominator: bigint, format: FloatFormat): bigint {
  const { precision, exponentBits, explicit } = format;
  const bias = (1 << (exponentBits - 1)) - 1;
  // The value is significand × 2^exponent, with `precision` bits unless it is too small for that.
  const smallest = 1 - bias - (precision - 1);
  let exponent = Math.max(bitLength(numerator) - bitLength(denominator) - precision, smallest);
  const divide = () => {
    const scaled = exponent < 0 ? numerator << BigInt(-exponent) : numerator;
    const by = exponent > 0 ? denominator << BigInt(exponent) : denominator;
    return { quotient: scaled / by, rest: scaled % by, by };
  };
  let result = divide();
  if (bitLength(result.quotient) > precision) {
    exponent++;
    result = divide();
  }
  let significand = result.quotient;
  const twice = 2n * result.rest;
  if (twice > result.by || (twice === result.by && significand & 1n)) significand++;
  if (bitLength(significand) > precision) {
    significand >>= 1n;
    exponent++;
  }
  const stored = BigInt(explicit ? precision : precision - 1);
  const normal = significand >> BigInt(precision - 1) !== 0n;
  const biased = normal ? BigInt(exponent + precision - 1 + bias) : 0n;
  const highest = (1n << BigInt(exponentBits)) - 1n;
  if (biased >= highest) return infinity(format);
  return (biased << stored) | (explicit ? significand : significand & ((1n << stored) - 1n));
}

function infinity({ precision, exponentBits, explicit }: FloatFormat): bigint {
  const stored = BigInt(explicit ? precision : precision - 1);
  return (((1n << BigInt(exponentBits)) - 1n) << stored) | (explicit ? 1n << (stored - 1n) : 0n);
}

/** The bits of a number such as `-1.5e3`, `0f2.5`, `inf` or `nan`; undefined if the text is none. */
export function floatBits(text: string, format: FloatFormat): bigint | undefined {
  const match = /^([-+]?)(?:0[fFdDeErR])?([-+]?)(?:(inf(?:inity)?|nan)|(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?)$/i.exec(
    text.trim(),
  );
  if (!match) return undefined;
  const [, sign, innerSign, special, whole = '', fraction = '', exponentText = '0'] = match;
  const { precision, exponentBits, explicit } = format;
  const stored = BigInt(explicit ? precision : precision - 1);
  const negative = (sign === '-') !== (innerSign === '-');
  const signed = (bits: bigint) => (negative ? bits | (1n << (stored + BigInt(exponentBits))) : bits);
  if (special)
    return signed(/^nan/i.test(special) ? infinity(format) | (1n << BigInt(precision - 2)) : infinity(format));
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const exponent = Number(exponentText) - fraction.length;
  if (digits === 0n || exponent < -MAX_EXPONENT) return signed(0n);
  if (exponent > MAX_EXPONENT) return signed(infinity(format));
  const power = 10n ** BigInt(Math.abs(exponent));
  return signed(exponent < 0 ? encode(digits, power, format) : encode(digits * power, 1n, format));
}
