/** Evaluates expressions against one stopped task. */

import { hex } from '../../base/hex.ts';
import type { LocalValue } from '../../kernel/steps.ts';
import type { Vcpu } from '../../machine/api.ts';
import { UserError } from '../errors.ts';
import { boundsFrom, MASK64 } from '../format.ts';
import type { Memory } from '../memory.ts';
import { bndIndex, FLAG_BITS, flagPlace, type Place, registerPlace } from '../registers.ts';
import { type CObject, numberOfObject } from '../variables/object.ts';
import { type BinaryOperator, type IntegerType, type Node, U64, type UnaryOperator } from './ast.ts';
import { addressOfObject, advance, distanceBetween, elementOf, memberOf, storeNumber } from './objects.ts';
import { parse } from './parser.ts';
import { isTrue, type Value } from './value.ts';

/** What names and addresses mean where the task stands. */
export interface Scope {
  cpu: Vcpu;
  memory: Memory;
  /** Address of a symbol. */
  symbol(name: string): bigint | undefined;
  /** Local of the kernel frame that is selected. */
  kernelLocal?(name: string): LocalValue;
  /** Variable of the C program, as the selected frame sees it. */
  variable?(name: string): CObject | undefined;
  /** A number as a value of a type of the program, with `stars` pointers around it. */
  castTo?(name: string, stars: number, value: bigint): Value | undefined;
  /** Assignments and other writes throw UserError while false (hover). */
  mayWrite: boolean;
  /** Told about each write to memory. */
  onMemoryWritten?(address: bigint, length: number): void;
}

const integer = (value: bigint, type?: IntegerType): Value => ({ kind: 'integer', value, type });

/** Eight, four, two or one bytes of memory as a place. */
export function memoryPlace(scope: Scope, address: bigint, type: IntegerType): Place {
  const at = BigInt.asUintN(64, address);
  return {
    name: `*(${type.name}*)${hex(at)}`,
    size: type.size,
    read: () => {
      const value = scope.memory.readUint(at, type.size);
      if (value === undefined) throw new UserError(`There is no memory at ${hex(at)}.`);
      return type.signed ? BigInt.asIntN(type.size * 8, value) : value;
    },
    write: (value) => {
      if (!scope.memory.writeUint(at, type.size, BigInt.asUintN(type.size * 8, value)))
        throw new UserError(`There is no memory at ${hex(at)}.`);
      scope.onMemoryWritten?.(at, type.size);
    },
  };
}

function atPlace(place: Place, type?: IntegerType): Value {
  return { kind: 'integer', value: place.read(), type, place };
}

function fromMemory(scope: Scope, address: bigint, type: IntegerType): Value {
  const place = memoryPlace(scope, address, type);
  return { kind: 'integer', value: place.read(), type, place, memory: BigInt.asUintN(64, address) };
}

/** The number in a value. */
function numberOf(value: Value): bigint {
  if (value.kind === 'integer') return value.value;
  if (value.kind === 'boolean') return value.value ? 1n : 0n;
  if (value.kind === 'object') return numberOfObject(value.object);
  throw new UserError(
    value.kind === 'bounds'
      ? 'Bounds are two numbers: use .lower, .upper, .raw or .size.'
      : 'This is a text, not a number.',
  );
}

/** Register or member of a register, by a name that may hold one dot. */
function register(scope: Scope, name: string): Value | undefined {
  const [head, member, ...rest] = name.toLowerCase().split('.');
  if (rest.length > 0) return undefined;
  const index = bndIndex(head);
  if (index !== undefined && member === undefined)
    return {
      kind: 'bounds',
      bounds: scope.cpu.bnd(index),
      register: index,
      assign: (bounds) => scope.cpu.setBnd(index, bounds),
    };
  const place = registerPlace(scope.cpu, head, member);
  return place && atPlace(place);
}

/** A variable, or a member of one by a name with dots. */
function variable(scope: Scope, name: string): Value | undefined {
  const whole = scope.variable?.(name);
  if (whole) return { kind: 'object', object: whole };
  const [head, ...members] = name.split('.');
  const object = members.length > 0 ? scope.variable?.(head) : undefined;
  if (!object) return undefined;
  return { kind: 'object', object: members.reduce((owner, member) => memberOf(owner, member).object, object) };
}

function name(scope: Scope, node: Extract<Node, { kind: 'name' }>): Value {
  if (node.register) {
    const found = register(scope, node.name);
    if (found) return found;
    if (Object.hasOwn(FLAG_BITS, node.name.toLowerCase()))
      return atPlace(flagPlace(scope.cpu, node.name.toLowerCase() as keyof typeof FLAG_BITS));
    throw new UserError(`There is no register “${node.name}”.`);
  }
  const local = scope.kernelLocal?.(node.name);
  if (typeof local === 'bigint') return integer(local);
  if (typeof local === 'number') return integer(BigInt(local));
  if (typeof local === 'boolean') return { kind: 'boolean', value: local };
  if (typeof local === 'string') return { kind: 'text', text: local };
  const object = variable(scope, node.name);
  if (object) return object;
  const found = register(scope, node.name);
  if (found) return found;
  const address = scope.symbol(node.name);
  if (address !== undefined) return { kind: 'integer', value: address, symbol: node.name };
  throw new UserError(`“${node.name}” is neither a register nor a symbol of the program.`);
}

function member(scope: Scope, node: Extract<Node, { kind: 'member' }>): Value {
  const isVariable = node.object.kind !== 'name' || variable(scope, node.object.name) !== undefined;
  const owner = isVariable ? evaluate(node.object, scope) : undefined;
  if (owner?.kind === 'object') return memberOf(owner.object, node.member);
  if (node.object.kind === 'name') {
    const found = register(scope, `${node.object.name}.${node.member}`);
    if (found) return found;
    throw new UserError(`“${node.object.name}” has no member “${node.member}”.`);
  }
  throw new UserError(`“.${node.member}” is only known for bnd0–bnd3, bndcfgu, bndstatus and rflags.`);
}

function unary(scope: Scope, operator: UnaryOperator, node: Node): Value {
  if (operator === '&') return addressOf(scope, node);
  const operand = evaluate(node, scope);
  if (operator === '*' && operand.kind === 'object') return elementOf(operand.object, 0n);
  if (operator === '!') return { kind: 'boolean', value: !isTrue(operand) };
  const value = numberOf(operand);
  switch (operator) {
    case '*':
      return fromMemory(scope, value, (operand.kind === 'integer' && operand.pointee) || U64);
    case '-':
      return integer(-value);
    case '~':
      return integer(~value & MASK64);
    case '+':
      return integer(value);
  }
}

function addressOf(scope: Scope, node: Node): Value {
  if (node.kind === 'name' && !node.register && !variable(scope, node.name)) {
    const address = scope.symbol(node.name);
    if (address !== undefined) return { kind: 'integer', value: address, symbol: node.name };
  }
  const value = evaluate(node, scope);
  if (value.kind === 'integer' && value.memory !== undefined)
    return { kind: 'integer', value: value.memory, pointee: value.type };
  if (value.kind === 'object') return addressOfObject(value.object);
  throw new UserError('& needs a symbol or a place in memory.');
}

/** Comparison is by value modulo 2^64; signed as soon as one side is negative. */
function compare(a: bigint, b: bigint): number {
  const signed = a < 0n || b < 0n;
  const left = signed ? BigInt.asIntN(64, a) : a;
  const right = signed ? BigInt.asIntN(64, b) : b;
  return left < right ? -1 : left > right ? 1 : 0;
}

function sameBounds(left: Value, right: Value): boolean | undefined {
  if (left.kind !== 'bounds' || right.kind !== 'bounds') return undefined;
  return left.bounds.lower === right.bounds.lower && left.bounds.upperRaw === right.bounds.upperRaw;
}

function arithmetic(operator: BinaryOperator, a: bigint, b: bigint): Value {
  const truth = (value: boolean): Value => ({ kind: 'boolean', value });
  switch (operator) {
    case '==':
      return truth(compare(a, b) === 0);
    case '!=':
      return truth(compare(a, b) !== 0);
    case '<':
      return truth(compare(a, b) < 0);
    case '<=':
      return truth(compare(a, b) <= 0);
    case '>':
      return truth(compare(a, b) > 0);
    case '>=':
      return truth(compare(a, b) >= 0);
    case '+':
      return integer(wrap(a + b));
    case '-':
      return integer(wrap(a - b));
    case '*':
      return integer(wrap(a * b));
    case '/':
    case '%':
      if (b === 0n) throw new UserError('Division by zero.');
      return integer(operator === '/' ? a / b : a % b);
    case '&':
      return integer(BigInt.asUintN(64, a & b));
    case '|':
      return integer(BigInt.asUintN(64, a | b));
    case '^':
      return integer(BigInt.asUintN(64, a ^ b));
    case '<<':
      return integer(b >= 64n || b < 0n ? 0n : wrap(a << b));
    case '>>':
      return integer(b >= 64n || b < 0n ? 0n : wrap(a >> b));
    default:
      throw new Error(`operator ${operator} is not arithmetic`);
  }
}

/** Keeps results within 64 bits; a negative one stays negative as long as it fits. */
function wrap(value: bigint): bigint {
  return value < 0n ? BigInt.asIntN(64, value) : value & MASK64;
}

function binary(scope: Scope, node: Extract<Node, { kind: 'binary' }>): Value {
  const { operator } = node;
  const left = evaluate(node.left, scope);
  if (operator === '&&' && !isTrue(left)) return { kind: 'boolean', value: false };
  if (operator === '||' && isTrue(left)) return { kind: 'boolean', value: true };
  const right = evaluate(node.right, scope);
  if (operator === '&&' || operator === '||') return { kind: 'boolean', value: isTrue(right) };
  const same = sameBounds(left, right);
  if (same !== undefined && (operator === '==' || operator === '!='))
    return { kind: 'boolean', value: same === (operator === '==') };
  const pointer = pointerArithmetic(operator, left, right);
  if (pointer) return pointer;
  const pointee = left.kind === 'integer' && (operator === '+' || operator === '-') ? left.pointee : undefined;
  // Pointer arithmetic steps by whole elements, as in C.
  const step = pointee && !(right.kind === 'integer' && right.pointee) ? BigInt(pointee.size) : 1n;
  const result = arithmetic(operator, numberOf(left), numberOf(right) * step);
  return pointee && step !== 1n && result.kind === 'integer' ? { ...result, pointee } : result;
}

/** `p + n`, `n + p`, `p - n`, `p - q` where a side is a pointer variable. */
function pointerArithmetic(operator: BinaryOperator, left: Value, right: Value): Value | undefined {
  if (operator === '-' && left.kind === 'object') {
    const distance = right.kind === 'object' ? distanceBetween(left.object, right.object) : undefined;
    return distance === undefined ? advance(left.object, -numberOf(right)) : integer(distance);
  }
  if (operator !== '+') return undefined;
  if (left.kind === 'object') {
    const sum = advance(left.object, numberOf(right));
    if (sum) return sum;
  }
  return right.kind === 'object' ? advance(right.object, numberOf(left)) : undefined;
}

function assign(scope: Scope, node: Extract<Node, { kind: 'assign' }>): Value {
  if (!scope.mayWrite) throw new UserError('Nothing can be changed from here; use the debug console.');
  const target = evaluate(node.target, scope);
  const value = evaluate(node.value, scope);
  assignTo(target, value);
  return evaluate(node.target, scope);
}

/** Stores `value` where `target` came from. */
export function assignTo(target: Value, value: Value): void {
  if (target.kind === 'bounds') {
    if (!target.assign || value.kind !== 'bounds')
      throw new UserError('Bounds are set as [LOWER, UPPER], INIT or NULL.');
    target.assign(value.bounds);
    return;
  }
  if (target.kind === 'object') {
    storeNumber(target.object, numberOf(value));
    return;
  }
  if (target.kind !== 'integer' || !target.place) throw new UserError('Only registers and memory can be assigned to.');
  const number = numberOf(value);
  const bits = target.place.size * 8;
  if (number >= 1n << BigInt(bits) || number < -(1n << BigInt(bits - 1)))
    throw new UserError(`${hex(number)} does not fit into ${target.place.name} (${bits} bits).`);
  target.place.write(BigInt.asUintN(bits, number));
}

function cast(scope: Scope, node: Extract<Node, { kind: 'cast' }>): Value {
  const value = numberOf(evaluate(node.operand, scope));
  if (node.pointer) return { kind: 'integer', value: BigInt.asUintN(64, value), pointee: node.type };
  const bits = node.type.size * 8;
  return integer(node.type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value), node.type);
}

/** Evaluates a parsed expression. Throws UserError with one sentence. */
export function evaluate(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case 'number':
      return integer(node.value);
    case 'name':
      return name(scope, node);
    case 'member':
      return member(scope, node);
    case 'unary':
      return unary(scope, node.operator, node.operand);
    case 'binary':
      return binary(scope, node);
    case 'assign':
      return assign(scope, node);
    case 'cast':
      return cast(scope, node);
    case 'named-cast': {
      const value = scope.castTo?.(node.name, node.stars, numberOf(evaluate(node.operand, scope)));
      if (!value) throw new UserError(`The program has no type “${node.name}”.`);
      return value;
    }
    case 'memory':
      return fromMemory(scope, numberOf(evaluate(node.address, scope)), U64);
    case 'index': {
      const base = evaluate(node.base, scope);
      if (base.kind === 'object') return elementOf(base.object, numberOf(evaluate(node.index, scope)));
      const type = (base.kind === 'integer' && base.pointee) || U64;
      const index = numberOf(evaluate(node.index, scope));
      return fromMemory(scope, numberOf(base) + index * BigInt(type.size), type);
    }
    case 'bounds':
      return {
        kind: 'bounds',
        bounds: boundsFrom(numberOf(evaluate(node.lower, scope)), numberOf(evaluate(node.upper, scope))),
      };
  }
}

/** Parses and evaluates `text`. */
export function evaluateText(text: string, scope: Scope): Value {
  return evaluate(parse(text), scope);
}

/** Parses what people type for bounds: `[LOWER, UPPER]`, `LOWER, UPPER`, `INIT` or `NULL`. */
export function evaluateBounds(text: string, scope: Scope): Extract<Value, { kind: 'bounds' }> {
  const word = text.trim().toUpperCase();
  if (/^INIT\b/.test(word)) return { kind: 'bounds', bounds: { lower: 0n, upperRaw: 0n } };
  if (/^NULL\b/.test(word)) return { kind: 'bounds', bounds: boundsFrom(MASK64, 0n) };
  // A value copied from the variables view has the size behind it.
  const trimmed = text.trim().replace(/\]\s*[\d,]+ bytes?.*$/, ']');
  const value = evaluateText(/^\[.*\]$/.test(trimmed) ? trimmed : `[${trimmed}]`, scope);
  if (value.kind !== 'bounds') throw new UserError('Bounds are set as [LOWER, UPPER], INIT or NULL.');
  return value;
}
