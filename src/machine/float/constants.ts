/** The constants that x87 instructions load, rounded as the control word says. */
import type { FloatContext } from './context.ts';
import { type Extended, ONE, zero } from './extended.ts';
import { ln2, ln10, pi } from './fixed.ts';
import { roundToRegister } from './round.ts';

const BITS = 200;

/** `value` · 2^−BITS: no precision exception, and C1 stays clear. */
function rounded(context: FloatContext, value: bigint): Extended {
  const { flags } = context;
  const result = roundToRegister(context, { sign: 0, digits: (value << 1n) | 1n, scale: -BITS - 1 }, 64);
  context.flags = flags;
  context.roundedUp = false;
  return result;
}

const ratio = (a: bigint, b: bigint): bigint => (a << BigInt(BITS)) / b;

/** By mnemonic. */
export const CONSTANTS: Readonly<Record<string, (context: FloatContext) => Extended>> = {
  fld1: () => ONE,
  fldz: () => zero(0),
  fldpi: (context) => rounded(context, pi(BITS)),
  fldl2e: (context) => rounded(context, ratio(1n << BigInt(BITS), ln2(BITS))),
  fldl2t: (context) => rounded(context, ratio(ln10(BITS), ln2(BITS))),
  fldlg2: (context) => rounded(context, ratio(ln2(BITS), ln10(BITS))),
  fldln2: (context) => rounded(context, ln2(BITS)),
};
