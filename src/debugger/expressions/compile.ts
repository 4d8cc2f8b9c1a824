/** Makes of a parsed expression a function that evaluates it, so that a condition costs little however often it is met. */
import { hex } from '../../base/hex.ts';
import type { CType } from '../../symbols/types.ts';
import { UserError } from '../errors.ts';
import { boundsFrom } from '../format.ts';
import { CObject, sizeIn } from '../variables/object.ts';
import { assignTo } from './assign.ts';
import type { Node, TypeName } from './ast.ts';
import { isVariable, named, register, sigil } from './names.ts';
import { compared, computed, converted, negated, numeric, wholeNumber } from './numbers.ts';
import { addressOfObject, advance, distanceBetween, elementOf, memberOf, sizeOfType } from './objects.ts';
import { memoryFrame, type Scope } from './scope.ts';
import { INT, LONG, literalType, typeOf, U64, UNSIGNED_LONG } from './types.ts';
import { integer, isTrue, truth, type Value } from './value.ts';

/** Gives the expression's value in a scope. Throws UserError with one sentence. */
export type Evaluator = (scope: Scope) => Value;
type Of<K extends Node['kind']> = Extract<Node, { kind: K }>;

const frameOf = (scope: Scope) => scope.frame?.() ?? memoryFrame(scope);

/** Eight bytes of memory at an address. @throws UserError if there is none */
function inMemory(scope: Scope, address: bigint): Value {
  const at = BigInt.asUintN(64, address);
  if (scope.memory.readUint(at, 8) === undefined) throw new UserError(`There is no memory at ${hex(at)}.`);
  return { kind: 'object', object: CObject.at(U64, at, memoryFrame(scope)) };
}

export function compile(node: Node): Evaluator {
  switch (node.kind) {
    case 'number':
      return literal(node);
    case 'float': {
      const type = { kind: 'base', name: 'double', size: node.size, encoding: 'float', signed: true } as const;
      return () => ({ kind: 'float', value: node.value, type });
    }
    case 'character': {
      const value = integer(BigInt(node.value), INT);
      return () => value;
    }
    case 'string':
      return () => ({ kind: 'text', text: node.text, unit: node.unit });
    case 'name':
      return node.register ? sigil(node.name) : named(node.name);
    case 'member':
      return member(node);
    case 'unary':
      return unary(node);
    case 'binary':
      return binary(node);
    case 'conditional': {
      const [test, yes, no] = [compile(node.test), compile(node.yes), compile(node.no)];
      return (scope) => (isTrue(test(scope)) ? yes(scope) : no(scope));
    }
    case 'assign':
      return assign(node);
    case 'cast':
      return cast(node);
    case 'sizeof-type':
      return (scope) => integer(sizeOfType(frameOf(scope), wantedType(scope, node.type)), UNSIGNED_LONG);
    case 'sizeof':
      return sizeOf(node);
    case 'memory': {
      const address = compile(node.address);
      return (scope) => inMemory(scope, wholeNumber(address(scope)));
    }
    case 'index':
      return index(node);
    case 'call':
      throw new UserError(
        `${node.base.kind === 'name' ? `“${node.base.name}”` : 'A function'} cannot be called from here: a call would run the program. Set a breakpoint in it instead, or look at the variables that it reads.`,
      );
    case 'bounds': {
      const [lower, upper] = [compile(node.lower), compile(node.upper)];
      return (scope) => ({ kind: 'bounds', bounds: boundsFrom(wholeNumber(lower(scope)), wholeNumber(upper(scope))) });
    }
  }
}

function literal({ text, suffix }: Of<'number'>): Evaluator {
  // A leading zero is octal in C; the debugger's hexadecimal and binary digits may be grouped by underscores.
  const isOctal = /^0[0-7]+$/.test(text);
  const value = BigInt(isOctal ? `0o${text.slice(1)}` : text);
  const isDecimal = /^[1-9]|^0$/.test(text);
  const made = integer(value, literalType(value, isDecimal, suffix), /^0x/i.test(text));
  return () => made;
}

function member(node: Of<'member'>): Evaluator {
  const object = compile(node.object);
  const { object: owner } = node;
  return (scope) => {
    if (owner.kind === 'name' && (owner.register || !isVariable(scope, owner.name))) {
      const found = register(`${owner.name}.${node.member}`);
      if (found) return found(scope);
    }
    const value = object(scope);
    if (value.kind === 'object') return memberOf(value.object, node.member);
    throw new UserError(
      `“.${node.member}” needs a struct, a union or one of bnd0–bnd3, bndcfgu, bndstatus and rflags.`,
    );
  };
}

function unary({ operator, operand: node }: Of<'unary'>): Evaluator {
  if (operator === '&') return addressOf(node);
  const operand = compile(node);
  switch (operator) {
    case '*':
      return (scope) => {
        const value = operand(scope);
        if (value.kind === 'object' && isPointerLike(value.object)) return elementOf(value.object, 0n);
        // A function stands for its address, however often it is followed.
        if (value.kind === 'integer' && value.symbol !== undefined && isFunction(scope, value.value)) return value;
        return inMemory(scope, wholeNumber(value));
      };
    case '!':
      return (scope) => truth(!isTrue(operand(scope)));
    default:
      return (scope) => negated(operator, operand(scope));
  }
}

function isFunction({ symbols }: Scope, address: bigint): boolean {
  return symbols?.symbolAt(address)?.symbol.kind === 'function';
}

function isPointerLike({ plain }: CObject): boolean {
  return plain.kind === 'pointer' || plain.kind === 'array';
}

function addressOf(node: Node): Evaluator {
  const operand = compile(node);
  return (scope) => {
    const value = operand(scope);
    if (value.kind === 'object') return addressOfObject(value.object);
    if (value.kind === 'integer' && value.symbol !== undefined) return value;
    throw new UserError('& needs a variable, a symbol or a place in memory.');
  };
}

function binary(node: Of<'binary'>): Evaluator {
  const { operator } = node;
  const [left, right] = [compile(node.left), compile(node.right)];
  switch (operator) {
    case '&&':
      return (scope) => truth(isTrue(left(scope)) && isTrue(right(scope)));
    case '||':
      return (scope) => truth(isTrue(left(scope)) || isTrue(right(scope)));
    case '==':
    case '!=':
      return (scope) => {
        const [a, b] = [left(scope), right(scope)];
        const same = sameOf(a, b);
        return same === undefined ? compared(operator, a, b) : truth(same === (operator === '=='));
      };
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (scope) => compared(operator, left(scope), right(scope));
    case '+':
    case '-':
      return (scope) => {
        const [a, b] = [left(scope), right(scope)];
        return pointerArithmetic(operator, a, b) ?? computed(operator, a, b);
      };
    default:
      return (scope) => computed(operator, left(scope), right(scope));
  }
}

/** Whether two bounds, or a text of the program and one in the expression, are the same; undefined for other values. */
function sameOf(a: Value, b: Value): boolean | undefined {
  if (a.kind === 'bounds' && b.kind === 'bounds')
    return a.bounds.lower === b.bounds.lower && a.bounds.upperRaw === b.bounds.upperRaw;
  if (a.kind !== 'text' && b.kind !== 'text') return undefined;
  const textOf = (value: Value) =>
    value.kind === 'text' ? value.text : value.kind === 'object' ? value.object.text() : undefined;
  return textOf(a) === textOf(b);
}

/** `p + n`, `n + p`, `p - n`, `p - q` where a side is a pointer or an array. */
function pointerArithmetic(operator: '+' | '-', left: Value, right: Value): Value | undefined {
  if (left.kind === 'object' && isPointerLike(left.object)) {
    if (operator === '-' && right.kind === 'object') {
      const distance = distanceBetween(left.object, right.object);
      if (distance !== undefined) return integer(distance, LONG);
    }
    const distance = wholeNumber(right);
    return advance(left.object, operator === '+' ? distance : -distance);
  }
  if (operator === '-' || right.kind !== 'object' || !isPointerLike(right.object)) return undefined;
  return advance(right.object, wholeNumber(left));
}

function assign(node: Of<'assign'>): Evaluator {
  const [target, value] = [compile(node.target), compile(node.value)];
  const { operator } = node;
  return (scope) => {
    if (!scope.mayWrite) throw new UserError('Nothing can be changed from here; use the debug console.');
    const place = target(scope);
    let stored = value(scope);
    if (operator !== '=') {
      const simple = operator.slice(0, -1) as Exclude<typeof operator, '='> extends `${infer O}=` ? O : never;
      const moved = simple === '+' || simple === '-' ? pointerArithmetic(simple, place, stored) : undefined;
      stored = moved ?? computed(simple, place, stored);
    }
    assignTo(place, stored);
    return target(scope);
  };
}

function wantedType(scope: Scope, written: TypeName): CType {
  const type = typeOf(written, scope.typeNamed);
  if (!type) throw new UserError(`The program has no type “${written.name}”.`);
  return type;
}

function cast(node: Of<'cast'>): Evaluator {
  const operand = compile(node.operand);
  return (scope) => {
    const value = operand(scope);
    const type = wantedType(scope, node.type);
    const frame = frameOf(scope);
    const made = CObject.of(type, 0n, frame);
    const { plain } = made;
    if (plain.kind === 'base') return converted(value, plain);
    if (plain.kind === 'pointer' || plain.kind === 'enum') {
      const number = BigInt.asUintN((made.size ?? 8) * 8, wholeNumber(value));
      return { kind: 'object', object: CObject.of(type, number, frame) };
    }
    if (plain.kind === 'void') throw new UserError('A value of type void is nothing to look at.');
    // Beyond C: memory seen as another type.
    if (value.kind === 'object' && value.object.address !== undefined)
      return { kind: 'object', object: CObject.at(type, value.object.address, frame) };
    throw new UserError(`A value cannot be cast to ${node.type.name}: cast its address to a pointer to it.`);
  };
}

/** Size of the operand's type; as in C it is not computed, only looked at. */
function sizeOf(node: Of<'sizeof'>): Evaluator {
  const operand = compile(node.operand);
  return (scope) => {
    const value = operand({ ...scope, mayWrite: false });
    if (value.kind === 'object') {
      const size = sizeIn(value.object.frame, value.object.type);
      if (size === undefined) throw new UserError('The size of this type is not known.');
      return integer(BigInt(size), UNSIGNED_LONG);
    }
    if (value.kind === 'bounds') return integer(16n, UNSIGNED_LONG);
    if (value.kind === 'text') return integer(BigInt((value.text.length + 1) * (value.unit ?? 1)), UNSIGNED_LONG);
    return integer(BigInt(numeric(value).type.size), UNSIGNED_LONG);
  };
}

function index(node: Of<'index'>): Evaluator {
  const [base, at] = [compile(node.base), compile(node.index)];
  return (scope) => {
    const value = base(scope);
    const number = wholeNumber(at(scope));
    if (value.kind === 'object' && isPointerLike(value.object)) return elementOf(value.object, number);
    // C's 2[p]; and a number taken for the address of words.
    return inMemory(scope, wholeNumber(value) + number * 8n);
  };
}
