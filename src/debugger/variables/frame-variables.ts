/** The variables of a frame: what its scopes declare at the place where it stands. */
import type { Variable } from '../../symbols/debug-information.ts';
import type { Entry } from '../../symbols/dwarf/entries.ts';
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import { Tag } from '../../symbols/dwarf/names.ts';
import { ObjectLocation } from '../../symbols/object-location.ts';
import type { UserFrame } from '../backtrace.ts';
import { castTo } from '../expressions/objects.ts';
import { type Program, type VariableFrame, variableFrame } from './frame.ts';
import { CObject } from './object.ts';

/** A variable with its value in a frame. */
export interface FrameVariable {
  variable: Variable;
  object: CObject;
}

/** The object that a variable stands for in a frame. */
export function objectOf(frame: VariableFrame, variable: Variable): CObject {
  const { debug } = frame;
  const type = debug.information.types.typeOf(variable.entry);
  try {
    return new CObject(type, new ObjectLocation(debug.locator.locate(variable, frame), frame), frame);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return new CObject(type, new UnavailableLocation(error, frame), frame);
  }
}

/** Where a variable is that cannot be found: every access says why. */
class UnavailableLocation extends ObjectLocation {
  constructor(
    private readonly reason: Unavailable,
    frame: VariableFrame,
  ) {
    super([{ place: { kind: 'nowhere' }, size: undefined, offset: 0 }], frame);
  }

  override number(): bigint {
    throw this.reason;
  }

  override store(): void {
    throw this.reason;
  }

  override part(): ObjectLocation {
    return this;
  }
}

/** Scopes of the function that a frame is in, innermost first, up to and including the function or inlined copy. */
function scopesOf(frame: VariableFrame, depth: number): Entry[] {
  const { information } = frame.debug;
  const owner = information.functionAt(frame.lookupPc);
  if (!owner) return [];
  const all = information.scopesAt(owner, frame.lookupPc);
  // `depth` inlined copies were left on the way out: drop them with the blocks in them.
  for (let i = all.length - 1, left = depth; left > 0 && i > 0; i--)
    if (all[i].tag === Tag.inlined) {
      all.length = i;
      left--;
    }
  const start = all.findLastIndex(({ tag }) => tag === Tag.inlined);
  return all.slice(Math.max(0, start)).reverse();
}

/** Arguments and locals of a frame, innermost scope first; a variable that another one hides comes behind it. */
export function frameVariables(program: Program, user: UserFrame): FrameVariable[] {
  const frame = variableFrame(program, user);
  if (!frame) return [];
  return scopesOf(frame, user.inlined?.depth ?? 0)
    .flatMap((scope) => frame.debug.information.variablesOf(scope))
    .map((variable) => ({ variable, object: objectOf(frame, variable) }));
}

/** The variable called `name` as the frame sees it: its scopes', then the file's and the program's. */
export function findVariable(program: Program, user: UserFrame, name: string): CObject | undefined {
  const frame = variableFrame(program, user);
  if (!frame) return undefined;
  const { information } = frame.debug;
  for (const scope of scopesOf(frame, user.inlined?.depth ?? 0)) {
    const variable = information.variablesOf(scope).find((one) => one.name === name);
    if (variable) return objectOf(frame, variable);
  }
  const global = information.global(name, frame.lookupPc);
  return global && objectOf(frame, global);
}

/** A number as a value of the type called `type`, with `stars` pointers around it; undefined if there is no such type. */
export function castInFrame(program: Program, user: UserFrame, type: string, stars: number, value: bigint) {
  const frame = variableFrame(program, user);
  const found = frame?.debug.information.typeNamed(type);
  return frame && found && castTo(found, stars, value, frame);
}
