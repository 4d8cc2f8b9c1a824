/** The scopes “Arguments”, “Locals” and “Globals” of C frames, and what is inside of their variables. */
import { hex } from '../base/hex.ts';
import type { UserFrame } from '../debugger/backtrace.ts';
import type { Debuggee } from '../debugger/debuggee.ts';
import { UserError } from '../debugger/errors.ts';
import { editObject } from '../debugger/expressions/edit-object.ts';
import { characterKind } from '../debugger/variables/characters.ts';
import { formatObject } from '../debugger/variables/format.ts';
import { frameVariables, globalVariables } from '../debugger/variables/frame-variables.ts';
import type { CObject } from '../debugger/variables/object.ts';
import { Unavailable } from '../symbols/dwarf/expression.ts';
import { typeName } from '../symbols/type-names.ts';
import { strip } from '../symbols/types.ts';
import type { Container } from './containers.ts';
import { editScope, type Item, type ItemContext } from './items.ts';

/** Whether a frame has variables that the scopes could show. */
export function variableKinds(
  debuggee: Debuggee,
  frame: UserFrame,
): Record<'hasArguments' | 'hasLocals' | 'hasGlobals', boolean> {
  const variables = frameVariables(debuggee, frame);
  return {
    hasArguments: variables.some(({ variable }) => variable.isArgument),
    hasLocals: variables.some(({ variable }) => !variable.isArgument),
    hasGlobals: globalVariables(debuggee, frame).length > 0,
  };
}

export function variableItems(
  context: ItemContext,
  frame: UserFrame,
  which: Extract<Container, { kind: 'variables' }>['which'],
): Item[] {
  if (which === 'globals') return globalItems(context, frame);
  const seen = new Map<string, number>();
  return frameVariables(context.launched.debuggee, frame).flatMap(({ variable: { name, isArgument }, object }) => {
    // A variable of an outer block that an inner one hides cannot be named.
    const hidden = seen.get(name) ?? 0;
    seen.set(name, hidden + 1);
    if (isArgument !== (which === 'arguments')) return [];
    const key = `${frame.sp} ${frame.inlined?.depth ?? 0} ${name} ${hidden}`;
    const item = objectItem(context, name, object, { expression: hidden ? undefined : name, key, frame });
    return [hidden ? { ...item, name: `${name} (hidden ${hidden === 1 ? '' : `${hidden} `}by an inner block)` } : item];
  });
}

/** Variables at file scope of the frame's source. A local of the same name hides a global from expressions. */
function globalItems(context: ItemContext, frame: UserFrame): Item[] {
  const { debuggee } = context.launched;
  const locals = new Set(frameVariables(debuggee, frame).map(({ variable }) => variable.name));
  return globalVariables(debuggee, frame).map(({ variable: { name }, object }) =>
    objectItem(context, name, object, {
      expression: locals.has(name) ? undefined : name,
      key: `global ${frame.sp} ${frame.pc} ${name}`,
      frame,
    }),
  );
}

/** How an object is reached. */
interface Path {
  /** Expression for it, if there is one. */
  expression: string | undefined;
  /** Tells it from all others at this stop. */
  key: string;
  frame: UserFrame | undefined;
}

/** Text of an object; a pointer with the bounds that protect it. */
export function objectText(debuggee: Debuggee, object: CObject, forceHex: boolean): string {
  const text = formatObject(object, { hex: forceHex });
  const bounds = debuggee.boundsText(object);
  return bounds ? `${text} ${bounds}` : text;
}

/** Address for the memory view: of the object, or where it points to. */
export function objectReference(object: CObject): string | undefined {
  try {
    if (object.plain.kind === 'pointer') return hex(object.number);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return undefined;
  }
  return object.address === undefined ? undefined : hex(object.address);
}

/** What the children of an object are, if it has any; `indexed` is how many elements an array has. */
export function objectChildren(object: CObject, path: Path): { children?: Container; indexed?: number } {
  const { plain } = object;
  const { expression, key, frame } = path;
  const container = { object, expression, key, frame };
  if (plain.kind === 'record') return { children: { kind: 'object', ...container } };
  if (plain.kind === 'array') {
    const count = object.count;
    return count ? { children: { kind: 'array', ...container }, indexed: count } : {};
  }
  if (plain.kind !== 'pointer') return {};
  const target = strip(plain.target());
  if (target.kind === 'void' || target.kind === 'function' || target.kind === 'unknown') return {};
  // A struct that is only declared: nobody knows what is in it.
  if (target.kind === 'record' && target.size === undefined) return {};
  try {
    const readable = object.location.implicitTarget || object.frame.read(object.number, 1);
    return readable ? { children: { kind: 'object', ...container } } : {};
  } catch (error) {
    if (error instanceof Unavailable || error instanceof UserError) return {};
    throw error;
  }
}

/** Numbers, pointers and character arrays; other compound values are changed member by member. */
function isSettable(object: CObject): boolean {
  if (object.isScalar) return true;
  const { plain } = object;
  return plain.kind === 'array' && characterKind(plain.element()) !== undefined;
}

function objectItem(context: ItemContext, name: string, object: CObject, path: Path): Item {
  const { debuggee } = context.launched;
  return {
    name,
    value: objectText(debuggee, object, context.hex),
    type: typeName(object.type),
    evaluateName: path.expression,
    memoryReference: objectReference(object),
    ...objectChildren(object, path),
    set: isSettable(object) ? (text) => editObject(object, text, editScope(context, path.frame)) : undefined,
  };
}

/** Members of a record, of the record that a pointer leads to, or what a pointer leads to. */
export function objectItems(context: ItemContext, container: Extract<Container, { kind: 'object' }>): Item[] {
  const { object, expression, key, frame } = container;
  const isPointer = object.plain.kind === 'pointer';
  const target = isPointer ? object.element(0n) : object;
  const operand = expression !== undefined && /^[*&]/.test(expression) ? `(${expression})` : expression;
  if (target.plain.kind !== 'record') {
    const path = { expression: expression === undefined ? undefined : `*${expression}`, key: `${key}*`, frame };
    return [objectItem(context, expression === undefined ? '*' : `*${expression}`, target, path)];
  }
  return target.members().map(({ member, object: child }, i) => {
    const path = { key: `${key}.${i}`, frame };
    if (member.name === undefined) {
      const name = child.plain.kind === 'record' ? `(${child.plain.keyword})` : '(unnamed)';
      return objectItem(context, name, child, { ...path, expression });
    }
    const inner = operand === undefined ? undefined : `${operand}${isPointer ? '->' : '.'}${member.name}`;
    return objectItem(context, member.name, child, { ...path, expression: inner });
  });
}

/** A page of an array's elements. */
export function elementItems(context: ItemContext, container: Extract<Container, { kind: 'array' }>): Item[] {
  const { object, expression, key, frame } = container;
  const count = object.count ?? 0;
  const shown = Math.max(0, Math.min(context.count, count - context.start, 10_000));
  return Array.from({ length: shown }, (_, i) => {
    const index = context.start + i;
    const operand = expression !== undefined && /^[*&]/.test(expression) ? `(${expression})` : expression;
    const inner = operand === undefined ? undefined : `${operand}[${index}]`;
    return objectItem(context, `[${index}]`, object.element(BigInt(index)), {
      expression: inner,
      key: `${key}[${index}]`,
      frame,
    });
  });
}
