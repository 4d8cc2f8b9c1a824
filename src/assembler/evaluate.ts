/** Values of expressions: a number, or a number from a symbol, or from the distance of two symbols. */
import type { AsmSymbol, Expression } from './model.ts';

/** `plus − minus + offset`. */
export interface Linear {
  plus?: AsmSymbol;
  minus?: AsmSymbol;
  offset: bigint;
  /** What follows `@` at `plus`. */
  modifier?: string;
}

/** Bytes from `b` to `a`, if that is known (yet). */
export type Distance = (a: AsmSymbol, b: AsmSymbol) => bigint | undefined;

export const isConstant = (value: Linear): boolean => !value.plus && !value.minus;

const MAX_DEPTH = 100;

/** The value of `expression`; undefined where it has none (yet): a product of addresses, a distance that is still open. */
export function evaluate(expression: Expression, distance: Distance, depth = 0): Linear | undefined {
  // Equates may be defined by themselves.
  if (depth > MAX_DEPTH) return undefined;
  switch (expression.kind) {
    case 'number':
      return { offset: BigInt.asIntN(64, expression.value) };
    case 'symbol': {
      const { symbol, modifier } = expression;
      if (symbol.value && !modifier) return evaluate(symbol.value, distance, depth + 1);
      return modifier ? { plus: symbol, offset: 0n, modifier } : { plus: symbol, offset: 0n };
    }
    case 'unary': {
      const operand = evaluate(expression.operand, distance, depth + 1);
      if (!operand) return undefined;
      if (expression.operator === '-' && !operand.plus)
        return reduce({ plus: operand.minus, offset: -operand.offset }, distance);
      if (!isConstant(operand)) return undefined;
      const { offset } = operand;
      return {
        offset: expression.operator === '~' ? ~offset : expression.operator === '-' ? -offset : BigInt(offset === 0n),
      };
    }
    case 'binary': {
      const left = evaluate(expression.left, distance, depth + 1);
      const right = evaluate(expression.right, distance, depth + 1);
      return left && right && binary(expression.operator, left, right, distance);
    }
  }
}

/** The value as a plain number, if it is one. */
export function constantOf(expression: Expression, distance: Distance): bigint | undefined {
  const value = evaluate(expression, distance);
  return value && isConstant(value) ? value.offset : undefined;
}

function binary(operator: string, left: Linear, right: Linear, distance: Distance): Linear | undefined {
  if (operator === '+') {
    if ((left.plus && right.plus) || (left.minus && right.minus)) {
      // (a − b) + (b − c) and the like: let what cancels cancel first.
      return undefined;
    }
    return reduce(
      {
        plus: left.plus ?? right.plus,
        minus: left.minus ?? right.minus,
        offset: left.offset + right.offset,
        modifier: left.modifier ?? right.modifier,
      },
      distance,
    );
  }
  if (operator === '-') {
    if ((left.minus && right.plus) || right.minus) {
      if (!right.minus || left.plus) return undefined;
      return reduce({ plus: right.minus, minus: right.plus, offset: left.offset - right.offset }, distance);
    }
    return reduce(
      { plus: left.plus, minus: left.minus ?? right.plus, offset: left.offset - right.offset, modifier: left.modifier },
      distance,
    );
  }
  if (['==', '!=', '<>', '<', '<=', '>', '>='].includes(operator)) return comparison(operator, left, right, distance);
  if (!isConstant(left) || !isConstant(right)) return undefined;
  const offset = arithmetic(operator, left.offset, right.offset);
  return offset === undefined ? undefined : { offset: BigInt.asIntN(64, offset) };
}

function reduce(value: Linear, distance: Distance): Linear {
  const offset = BigInt.asIntN(64, value.offset);
  if (value.plus && value.minus) {
    const known = value.plus === value.minus ? 0n : distance(value.plus, value.minus);
    if (known !== undefined) return { offset: BigInt.asIntN(64, offset + known) };
  }
  return { ...value, offset };
}

/** True is −1, as in GNU as. */
function comparison(operator: string, left: Linear, right: Linear, distance: Distance): Linear | undefined {
  const apart = binary('-', left, right, distance);
  if (!apart || !isConstant(apart)) return undefined;
  const [a, b] = isConstant(left) && isConstant(right) ? [left.offset, right.offset] : [apart.offset, 0n];
  const holds = { '==': a === b, '!=': a !== b, '<>': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b };
  return { offset: holds[operator as keyof typeof holds] ? -1n : 0n };
}

function arithmetic(operator: string, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case '*':
      return a * b;
    case '/':
      return b === 0n ? undefined : a / b;
    case '%':
      return b === 0n ? undefined : a % b;
    case '<<':
      return b < 0n || b > 63n ? 0n : a << b;
    case '>>':
      return b < 0n || b > 63n ? 0n : BigInt.asUintN(64, a) >> b;
    case '|':
      return a | b;
    case '&':
      return a & b;
    case '^':
      return a ^ b;
    case '!':
      return a | ~b;
    case '&&':
      return BigInt(a !== 0n && b !== 0n);
    case '||':
      return BigInt(a !== 0n || b !== 0n);
    default:
      return undefined;
  }
}
