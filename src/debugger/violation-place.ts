/**
 * What a failed check is about in the words of the C program: the expression that was checked, and the object that its bounds are of.
 * Both are found from the code, the variables and the bounds; where these do not tell, nothing is said.
 */
import { wrap64 } from '../base/address.ts';
import type { Bounds } from '../machine/api.ts';
import { Unavailable } from '../symbols/dwarf/expression.ts';
import { typeName } from '../symbols/type-names.ts';
import { strip } from '../symbols/types.ts';
import type { UserFrame } from './backtrace.ts';
import { loadOf, summands } from './bounds-in-code.ts';
import type { CodeReader } from './code.ts';
import { DWARF_NUMBERS } from './dwarf-numbers.ts';
import { UserError } from './errors.ts';
import { boundsSize, count, isInit, isNull, upperOf } from './format.ts';
import { withInlined } from './inlined-frames.ts';
import { checkOperand, straightLine } from './paired-check.ts';
import { SymbolicState } from './symbolic.ts';
import type { Program } from './variables/frame.ts';
import { frameVariables, globalVariables } from './variables/frame-variables.ts';
import type { CObject } from './variables/object.ts';
import { divided, partAt, pathInto, throughPointer } from './variables/paths.ts';
import type { Violation, ViolationPlace } from './violation.ts';

/** Frames whose variables are looked through for the object. */
const MOST_FRAMES = 16;

interface Named {
  name: string;
  object: CObject;
  /** Function that declares it; undefined for globals. */
  owner: string | undefined;
}

const REGIONS: Record<string, string> = {
  '[heap]': 'on the heap',
  '[stack]': 'on the stack',
  // Allocators take more than the heap: anonymous mappings.
  '': 'of allocated memory',
};

/** The variables that are known where the program stands. */
function namedObjects(program: Program): {
  top: UserFrame | undefined;
  here: Named[];
  outer: Named[];
  globals: Named[];
} {
  const frames = program.unwinder.userFrames(program.task, MOST_FRAMES);
  const [top] = frames;
  const inner = top ? withInlined(top, program.symbols) : [];
  const named = (frame: UserFrame): Named[] => {
    const owner = program.symbols.symbolAt(frame.afterCall ? frame.pc - 1n : frame.pc)?.symbol.name;
    return frameVariables(program, frame).map(({ variable, object }) => ({
      name: variable.name,
      object,
      owner: frame.inlined?.name ?? owner,
    }));
  };
  const here = inner.flatMap(named);
  const outer = frames.slice(1).flatMap((frame) => withInlined(frame, program.symbols).flatMap(named));
  const globals = (top ? globalVariables(program, top) : []).map(
    ({ variable, object }): Named => ({ name: variable.name, object, owner: undefined }),
  );
  return { top, here, outer, globals };
}

/** What bounds are of: a variable, a part of one, or so many bytes of the heap or stack. `regionOf` as for `violationPlace`. */
export function objectOfBounds(
  program: Program,
  bounds: Bounds,
  regionOf: (address: bigint) => string | undefined,
): string | undefined {
  const { here, outer, globals } = namedObjects(program);
  const found = boundedVariable([...here, ...outer, ...globals], { bounds });
  return found ? objectText(found) : regionText({ bounds }, regionOf);
}

/** `regionOf` names the mapping that an address lies in: `[heap]`, `[stack]`. */
export function violationPlace(
  program: Program,
  code: CodeReader,
  violation: Violation,
  regionOf: (address: bigint) => string | undefined,
): ViolationPlace {
  const { top, here, outer, globals } = namedObjects(program);
  const first = wrap64(violation.address + (violation.access?.offset ?? 0n));
  const described = boundedVariable([...here, ...outer, ...globals], violation);
  const visible = described && !outer.includes(described.variable) ? described : undefined;
  const pointers = [...here, ...globals].filter(({ object }) => object.plain.kind === 'pointer');
  const pointer =
    top && (checkedPointer(pointers, top, code, violation, program) ?? pointerToStart(pointers, violation));
  const reached = pointer && expressionOf(pointer, first, violation);
  return {
    expression: reached?.expression ?? (visible && elementOfVariable(visible, first)),
    object: described ? objectText(described) : (reached?.part ?? regionText(violation, regionOf)),
  };
}

/** A variable, or a part of one, that the bounds are exactly of. */
interface Bounded {
  variable: Named;
  path: string;
  type: CObject['type'];
  start: bigint;
}

function boundedVariable(variables: Named[], { bounds }: Pick<Violation, 'bounds'>): Bounded | undefined {
  if (isInit(bounds) || isNull(bounds)) return undefined;
  const size = boundsSize(bounds);
  for (const variable of variables) {
    const { address, type, frame, plain } = variable.object;
    // A single pointer or number of the same place would be a coincidence.
    if (address === undefined || (plain.kind !== 'array' && plain.kind !== 'record')) continue;
    const part = partAt(frame, type, bounds.lower - address, size);
    if (part) return { variable, ...part, start: bounds.lower };
  }
  return undefined;
}

function elementOfVariable({ variable, path, type, start }: Bounded, first: bigint): string {
  return `${variable.name}${path}${pathInto(variable.object.frame, type, BigInt.asIntN(64, first - start))}`;
}

/** The variable whose value the checked address is made of, as the code before the check tells. */
function checkedPointer(
  pointers: Named[],
  top: UserFrame,
  code: CodeReader,
  violation: Violation,
  { symbols }: Program,
): Named | undefined {
  const operand = checkOperand(violation.insn);
  if (!operand) return undefined;
  const line = straightLine(code, violation.insn, symbols.symbolAt(violation.pc)?.symbol.address);
  const state = new SymbolicState();
  for (const insn of line) {
    if (insn.ip === violation.pc) break;
    state.step(insn);
  }
  const parts = summands(state.address(operand).root);
  return pointers.find(({ object }) => {
    const { register } = object.location;
    const number = register === undefined ? undefined : DWARF_NUMBERS[code.bits].general[register];
    if (number !== undefined) return parts.includes(state.register(number).root);
    const { address } = object;
    if (address === undefined) return false;
    // Between the start of the stretch and the check RSP may have moved: only RBP and fixed addresses are taken.
    const slots = [
      { root: 'r5', offset: BigInt.asIntN(64, address - top.rbp) },
      { root: '', offset: address },
    ];
    return slots.some((slot) => parts.some((part) => part.startsWith(loadOf(slot))));
  });
}

/** The only variable that points to the start of the bounds: the address can be said in terms of it. */
function pointerToStart(pointers: Named[], { bounds }: Violation): Named | undefined {
  if (isInit(bounds) || isNull(bounds)) return undefined;
  const found = pointers.filter(({ object }) => pointerValue(object) === bounds.lower);
  return found.length === 1 ? found[0] : undefined;
}

function pointerValue(object: CObject): bigint | undefined {
  try {
    return object.number;
  } catch (error) {
    if (error instanceof Unavailable || error instanceof UserError) return undefined;
    throw error;
  }
}

/** The place at `first` in terms of a pointer; within the part of its target that the bounds are of, if they are of one. */
function expressionOf(
  { name, object }: Named,
  first: bigint,
  { bounds }: Violation,
): { expression: string; part?: string } | undefined {
  const pointer = pointerValue(object);
  const { plain, frame } = object;
  if (pointer === undefined || plain.kind !== 'pointer') return undefined;
  const target = plain.target();
  const size = object.targetSize;
  if (size === undefined) return undefined;
  const inBounds = divided(BigInt.asIntN(64, bounds.lower - pointer), size);
  const part = inBounds.index === undefined ? undefined : partAt(frame, target, inBounds.rest, boundsSize(bounds));
  if (part && part.path !== '' && inBounds.index !== undefined) {
    const inner = pathInto(frame, part.type, BigInt.asIntN(64, first - bounds.lower));
    return {
      expression: throughPointer(name, inBounds.index, `${part.path}${inner}`),
      part: `the part ${throughPointer(name, inBounds.index, part.path)} (${typeName(part.type)})`,
    };
  }
  const { index, rest } = divided(BigInt.asIntN(64, first - pointer), size);
  if (index === undefined) return undefined;
  const scalar = !['record', 'array'].includes(strip(target).kind);
  // Between two elements: no C expression for it is short.
  if (scalar && rest !== 0n) return undefined;
  return { expression: throughPointer(name, index, pathInto(frame, target, rest)) };
}

function objectText({ variable, path, type }: Bounded): string {
  const plain = strip(type).kind;
  const what = path !== '' ? 'the part ' : plain === 'array' ? 'the array ' : '';
  const owner = variable.owner === undefined ? 'a global' : `in ${variable.owner}`;
  return `${what}${variable.name}${path} (${typeName(type)}, ${owner})`;
}

function regionText(
  { bounds }: Pick<Violation, 'bounds'>,
  regionOf: (address: bigint) => string | undefined,
): string | undefined {
  if (isInit(bounds) || isNull(bounds) || upperOf(bounds) < bounds.lower) return undefined;
  const region = REGIONS[regionOf(bounds.lower) ?? '?'];
  return region && `${count(boundsSize(bounds), 'byte')} ${region}`;
}
