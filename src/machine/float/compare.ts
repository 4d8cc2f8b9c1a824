import { checkDenormal } from './arithmetic.ts';
import { Flag, type FloatContext } from './context.ts';
import { type Extended, finiteOf, isNan, kindOf } from './extended.ts';

export type Order = 'greater' | 'less' | 'equal' | 'unordered';

/** A number that orders like `x`: exponent and significand as one; infinities lie outside. */
function rank(x: Extended): bigint {
  const exponent = BigInt(kindOf(x) === 'infinity' ? 0x7fff : Math.max(x.exponent, 1));
  const { digits } = finiteOf(x);
  const value = digits === 0n ? 0n : (exponent << 64n) | digits;
  return x.sign ? -value : value;
}

/**
 * Reports how `a` compares to `b`. A quiet NaN is an invalid operand unless `quietly` (the FUCOM family). Nothing is reported after an
 * unmasked IE (SDM Vol. 2, FCOM); an unmasked DE comes with a report.
 */
export function compare(
  context: FloatContext,
  a: Extended,
  b: Extended,
  quietly: boolean,
  report: (order: Order) => void,
): void {
  const kinds = [kindOf(a), kindOf(b)];
  if (kinds.some((k) => isNan(k) || k === 'unsupported')) {
    if (!quietly || kinds.some((k) => k === 'signalling' || k === 'unsupported')) context.raise(Flag.IE);
    report('unordered');
    return;
  }
  const [x, y] = [rank(a), rank(b)];
  report(x > y ? 'greater' : x < y ? 'less' : 'equal');
  checkDenormal(context, a, b);
}
