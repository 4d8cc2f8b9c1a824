/** The variables of a frame: what its scopes declare at the place where it stands. */
import type { Variable } from '../../symbols/debug-information.ts';
import type { Entry } from '../../symbols/dwarf/entries.ts';
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import { Tag } from '../../symbols/dwarf/names.ts';
import { ObjectLocation } from '../../symbols/object-location.ts';
import type { UserFrame } from '../backtrace.ts';
import { type Program, VariableFrame, variableFrame } from './frame.ts';
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

/** Variables at file scope in the source that a frame is in, static ones too. */
export function globalVariables(program: Program, user: UserFrame): FrameVariable[] {
  const frame = variableFrame(program, user);
  if (!frame) return [];
  return frame.debug.information
    .fileVariables(frame.lookupPc)
    .map((variable) => ({ variable, object: objectOf(frame, variable) }));
}

/** Finds once what can be found once: a condition asks a million times. */
function boundTo(frame: VariableFrame, variable: Variable): (at: VariableFrame) => CObject {
  const place = frame.debug.locator.fixedPlace(variable, frame);
  if (!place) return (at) => objectOf(at, variable);
  const type = frame.debug.information.types.typeOf(variable.entry);
  return (at) => {
    const base = at.register(place.register);
    return base === undefined ? objectOf(at, variable) : CObject.at(type, base + place.offset, at);
  };
}

/**
 * Finds the variable called `name` as the frame sees it: in its scopes, then in its file, the program, and other modules. What is
 * found gives the object in every frame that stands at the same place.
 */
export function bindVariable(frame: VariableFrame, name: string): ((at: VariableFrame) => CObject) | undefined {
  const { information } = frame.debug;
  for (const scope of scopesOf(frame, frame.frame.inlined?.depth ?? 0)) {
    const variable = information.variablesOf(scope).find((one) => one.name === name);
    if (variable) return boundTo(frame, variable);
  }
  const global = information.global(name, frame.lookupPc);
  if (global) return (at) => objectOf(at, global);
  for (const { debug } of frame.program.symbols.modules) {
    const elsewhere = debug && debug !== frame.debug ? debug.information.global(name) : undefined;
    if (debug && elsewhere) return (at) => objectOf(new VariableFrame(at.program, at.frame, debug), elsewhere);
  }
  return undefined;
}

/** The view of a frame; where its code has no debug information, with that of the first module that has some: for globals. */
export function frameOrGlobals(program: Program, user: UserFrame): VariableFrame | undefined {
  const debug = program.symbols.debugAt(user.pc) ?? program.symbols.modules.find((module) => module.debug)?.debug;
  return debug && new VariableFrame(program, user, debug);
}
