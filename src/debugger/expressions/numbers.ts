/** C's arithmetic: the number in a value, and operators with the usual conversions (C11, 6.3.1.8 and 6.5). */
import { UserError } from '../errors.ts';
import { numberOfFloat } from '../variables/float.ts';
import { type CObject, numberOfObject, told } from '../variables/object.ts';
import type { ArithmeticOperator, ComparisonOperator } from './ast.ts';
import { type BaseType, commonType, INT, isFloat, promoted, U64, wrapTo } from './types.ts';
import { type FloatValue, type IntegerValue, integer, truth, type Value } from './value.ts';

type NumberValue = IntegerValue | FloatValue;

const enumType = (size: number, signed: boolean): BaseType => ({
  kind: 'base',
  name: signed ? 'int' : 'unsigned int',
  size,
  encoding: signed ? 'signed' : 'unsigned',
  signed,
});

/** The number in a value. @throws UserError if there is none */
export function numeric(value: Value): NumberValue {
  switch (value.kind) {
    case 'integer':
    case 'float':
      return value;
    case 'boolean':
      return integer(value.value ? 1n : 0n, INT);
    case 'object':
      return numberIn(value.object);
    case 'bounds':
      throw new UserError('Bounds are two numbers: use .lower, .upper, .raw or .size.');
    case 'text':
      throw new UserError('This is a text, not a number.');
  }
}

function numberIn(object: CObject): NumberValue {
  const { plain } = object;
  if (plain.kind === 'base') {
    if (isFloat(plain)) {
      const bytes = told(() => object.location.bytes(plain.size));
      return { kind: 'float', value: numberOfFloat(bytes), type: plain };
    }
    const value = numberOfObject(object);
    // A bit-field that fits into an int is one (C11, 6.3.1.1).
    return integer(value, object.bitSize !== undefined && object.bitSize < 32 ? INT : plain, false);
  }
  if (plain.kind === 'enum') return integer(numberOfObject(object), enumType(plain.size, plain.signed));
  return integer(BigInt.asUintN(64, numberOfObject(object)), U64);
}

/** The whole number in a value: a fraction is cut off, as C does. @throws UserError */
export function wholeNumber(value: Value): bigint {
  const number = numeric(value);
  if (number.kind === 'integer') return number.value;
  if (!Number.isFinite(number.value)) throw new UserError('An infinite number cannot be made a whole one.');
  return BigInt(Math.trunc(number.value));
}

/** The number in a value as floating-point. @throws UserError */
export function floatingNumber(value: Value): number {
  const number = numeric(value);
  return Number(number.value);
}

/** A number as one of type `type`. */
export function converted(value: Value, type: BaseType): NumberValue {
  if (isFloat(type)) return float(floatingNumber(value), type);
  const number = numeric(value);
  return integer(wrapTo(wholeNumber(value), type), type, number.kind === 'integer' && number.hex);
}

function float(value: number, type: BaseType): FloatValue {
  return { kind: 'float', value: type.size === 4 ? Math.fround(value) : value, type };
}

/** `-x`, `+x`, `~x`. */
export function negated(operator: '-' | '+' | '~', operand: Value): Value {
  const number = numeric(operand);
  if (number.kind === 'float') {
    if (operator === '~') throw new UserError('~ needs a whole number.');
    return float(operator === '-' ? -number.value : number.value, number.type);
  }
  const type = promoted(number.type);
  const result = operator === '-' ? -number.value : operator === '~' ? ~number.value : number.value;
  return integer(wrapTo(result, type), type, number.hex);
}

/** Both operands in their common type; `hex` if either is read so. */
function together(left: Value, right: Value): { a: NumberValue; b: NumberValue; type: BaseType; isHex: boolean } {
  const a = numeric(left);
  const b = numeric(right);
  const type = commonType(a.type, b.type);
  const isHex = (a.kind === 'integer' && a.hex === true) || (b.kind === 'integer' && b.hex === true);
  return { a, b, type, isHex };
}

export function compared(operator: ComparisonOperator, left: Value, right: Value): Value {
  const { a, b, type } = together(left, right);
  const order = isFloat(type)
    ? difference(Number(a.value), Number(b.value))
    : difference(whole(a, type), whole(b, type));
  switch (operator) {
    case '==':
      return truth(order === 0);
    case '!=':
      return truth(order !== 0);
    case '<':
      return truth(order < 0);
    case '<=':
      return truth(order <= 0);
    case '>':
      return truth(order > 0);
    case '>=':
      return truth(order >= 0);
  }
}

const whole = (number: NumberValue, type: BaseType): bigint => wrapTo(wholeNumber(number), type);

/** −1, 0 or 1; NaN if there is no order. */
function difference<T extends bigint | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
}

export function computed(operator: ArithmeticOperator, left: Value, right: Value): Value {
  if (operator === '<<' || operator === '>>') return shifted(operator, left, right);
  const { a, b, type, isHex } = together(left, right);
  if (isFloat(type)) return float(floating(operator, Number(a.value), Number(b.value)), type);
  return integer(wrapTo(wholeResult(operator, whole(a, type), whole(b, type)), type), type, isHex);
}

function wholeResult(operator: ArithmeticOperator, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    default:
      if (b === 0n) throw new UserError('Division by zero.');
      return operator === '/' ? a / b : a % b;
  }
}

function floating(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      throw new UserError(`${operator} needs whole numbers.`);
  }
}

/** A shift has the type of its left side. */
function shifted(operator: '<<' | '>>', left: Value, right: Value): Value {
  const a = numeric(left);
  const b = numeric(right);
  if (a.kind === 'float' || b.kind === 'float') throw new UserError(`${operator} needs whole numbers.`);
  const type = promoted(a.type);
  if (b.value < 0n || b.value >= BigInt(type.size * 8))
    throw new UserError(
      `A value of type ${type.name} cannot be shifted by ${b.value} bits: make it wider, as in 1ul << 40.`,
    );
  return integer(wrapTo(operator === '<<' ? a.value << b.value : a.value >> b.value, type), type, a.hex);
}
