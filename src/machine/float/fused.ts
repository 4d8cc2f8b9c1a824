/** Fused multiplication and addition: one rounding (SDM Vol. 1, 14.5.3). */
import {
  type BinaryContext,
  binaryOperand,
  indefiniteBits,
  infinityBits,
  quietBits,
  roundToBinary,
  zeroBits,
} from './binary.ts';
import { Flag, Rounding } from './context.ts';
import { type Extended, type Finite, finiteOf, isNan, kindOf, type Sign } from './extended.ts';

/** ±(x · y) ± z. */
export interface Signs {
  product: Sign;
  addend: Sign;
}

function exactSum(a: Finite, b: Finite): Finite {
  const scale = Math.min(a.scale, b.scale);
  const value = ({ sign, digits, scale: own }: Finite) => (sign ? -digits : digits) << BigInt(own - scale);
  const total = value(a) + value(b);
  return { sign: total < 0n ? 1 : 0, digits: total < 0n ? -total : total, scale };
}

const isZero = (x: Extended): boolean => kindOf(x) === 'zero';
const isInfinite = (x: Extended): boolean => kindOf(x) === 'infinity';

function invalid(context: BinaryContext, size: 4 | 8): bigint {
  context.raise(Flag.IE);
  return indefiniteBits(size);
}

/** The first NaN among operands in order of precedence, quiet; undefined without one. */
function nanOf(operands: readonly (readonly [bits: bigint, x: Extended])[], size: 4 | 8): bigint | undefined {
  const found = operands.find(([, x]) => isNan(kindOf(x)));
  return found && quietBits(found[0], size);
}

/**
 * `x` · `y` + `z` of bits, with signs as given. `order`: the operands as the instruction names them, which decides between NaNs.
 * Throws Abandoned where an unmasked exception allows no result.
 */
export function fusedMultiplyAdd(
  context: BinaryContext,
  size: 4 | 8,
  [x, y, z]: readonly [x: bigint, y: bigint, z: bigint],
  order: readonly bigint[],
  signs: Signs,
): bigint {
  const operand = (bits: bigint): Extended => binaryOperand(context, bits, size);
  const [a, b, c] = [operand(x), operand(y), operand(z)];
  const kinds = [a, b, c].map(kindOf);
  if (kinds.includes('signalling')) context.raise(Flag.IE);
  const nan = nanOf(
    order.map((bits) => [bits, operand(bits)] as const),
    size,
  );
  if (nan !== undefined) return nan;
  const product = (a.sign ^ b.sign ^ signs.product) as Sign;
  const addend = (c.sign ^ signs.addend) as Sign;
  const infinite = isInfinite(a) || isInfinite(b);
  if (infinite && (isZero(a) || isZero(b))) return invalid(context, size);
  if (infinite && isInfinite(c) && product !== addend) return invalid(context, size);
  if (kinds.includes('denormal')) context.raise(Flag.DE);
  if (infinite) return infinityBits(product, size);
  if (isInfinite(c)) return infinityBits(addend, size);
  const [p, q] = [finiteOf(a), finiteOf(b)];
  const exact = exactSum(
    { sign: product, digits: p.digits * q.digits, scale: p.scale + q.scale },
    { ...finiteOf(c), sign: addend },
  );
  if (exact.digits !== 0n) return roundToBinary(context, exact, size);
  const bothZero = isZero(c) && (isZero(a) || isZero(b));
  if (bothZero && product === addend) return zeroBits(product, size);
  return zeroBits(context.rounding === Rounding.DOWN ? 1 : 0, size);
}
