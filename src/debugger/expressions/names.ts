/** Names in expressions: registers, variables of the program, enumerators, symbols. */
import { boundsOf, setBoundsOf } from '../bound-registers.ts';
import { UserError } from '../errors.ts';
import { outerRegisterPlace } from '../outer-registers.ts';
import { bndIndex, FLAG_BITS, flagPlace, type Place, registerPlace } from '../registers.ts';
import { CObject } from '../variables/object.ts';
import { memberOf } from './objects.ts';
import { memoryFrame, type Scope, type VariableBinding } from './scope.ts';
import { INT, U64 } from './types.ts';
import { integer, type Value } from './value.ts';

/** What a name stands for, once it is known where. */
type Meaning = (scope: Scope) => Value;

/** A register, its part or a field of it, as a number that can be assigned to. */
function atPlace(place: Place): Value {
  const type = { ...U64, name: `u${place.size * 8}`, size: place.size };
  return { kind: 'integer', value: place.read(), type, hex: true, place };
}

/** The register called `name` as the selected frame has it. */
function placeIn({ cpu, outer }: Scope, name: string, member?: string): Place | undefined {
  return outer ? outerRegisterPlace(cpu, outer, name, member) : registerPlace(cpu, name, member);
}

/** The register called `name` (lower case, with an optional member behind a dot). */
export function register(name: string): Meaning | undefined {
  const [head, member, ...rest] = name.toLowerCase().split('.');
  if (rest.length > 0) return undefined;
  const index = bndIndex(head);
  if (index !== undefined && member === undefined)
    return ({ cpu }) => ({
      kind: 'bounds',
      bounds: boundsOf(cpu, index),
      register: index,
      assign: (bounds) => setBoundsOf(cpu, index, bounds),
    });
  return (scope) => {
    const place = placeIn(scope, head, member);
    if (!place) throw new UserError(`There is no register “${name}”.`);
    return atPlace(place);
  };
}

const isRegister = (scope: Scope, name: string): boolean => {
  const [head, member, ...rest] = name.toLowerCase().split('.');
  if (rest.length > 0) return false;
  if (member === undefined && bndIndex(head) !== undefined) return true;
  return registerPlace(scope.cpu, head, member) !== undefined;
};

/** `$name`: registers, and flags by their own names. */
export function sigil(name: string): Meaning {
  const lower = name.toLowerCase();
  if (Object.hasOwn(FLAG_BITS, lower)) {
    const flag = lower as keyof typeof FLAG_BITS;
    return (scope) => {
      const all = placeIn(scope, 'rflags');
      // Refuses where the frame's flags are not known.
      all?.read();
      return atPlace(flagPlace(scope.cpu, flag));
    };
  }
  return (scope) => {
    if (!isRegister(scope, name)) throw new UserError(`There is no register “${name}”.`);
    return register(name)?.(scope) as Value;
  };
}

/** A variable by a name that may hold dots: of a symbol, or of members. */
function variable(scope: Scope, name: string): VariableBinding | undefined {
  const frame = scope.frame?.();
  if (!frame || !scope.bindVariable) return undefined;
  const whole = scope.bindVariable(frame, name);
  if (whole) return whole;
  const [head, ...members] = name.split('.');
  const owner = members.length ? scope.bindVariable(frame, head) : undefined;
  return owner && ((at) => members.reduce((object, member) => memberOf(object, member).object, owner(at)));
}

/** Whether a name is one of the program's variables here. */
export function isVariable(scope: Scope, name: string): boolean {
  return variable(scope, name) !== undefined;
}

/** Finds what `name` means; what it found holds for every scope with the same place. @throws UserError */
function meaningOf(scope: Scope, name: string): Meaning {
  const found = variable(scope, name);
  if (found)
    return (at) => {
      const frame = at.frame?.();
      if (!frame) throw new UserError(`“${name}” is a variable of another place.`);
      return { kind: 'object', object: found(frame) };
    };
  const enumerator = scope.enumerator?.(name);
  if (enumerator) {
    const { type, value } = enumerator;
    return (at) => ({ kind: 'object', object: CObject.of(type, value, at.frame?.() ?? memoryFrame(at)) });
  }
  const place = isRegister(scope, name) ? register(name) : undefined;
  if (place) return place;
  const address = scope.symbol(name);
  if (address !== undefined) return () => ({ kind: 'integer', value: address, type: U64, hex: true, symbol: name });
  throw new UserError(`“${name}” is neither a variable, nor a register, nor a symbol of the program.`);
}

function kernelLocal(scope: Scope, name: string): Value | undefined {
  const local = scope.kernelLocal?.(name);
  if (typeof local === 'bigint') return integer(local);
  if (typeof local === 'number') return integer(BigInt(local), INT, true);
  if (typeof local === 'boolean') return { kind: 'boolean', value: local };
  return typeof local === 'string' ? { kind: 'text', text: local } : undefined;
}

/** The value of a name; what the name means is found once a place. */
export function named(name: string): Meaning {
  const known = new Map<bigint, Meaning>();
  let symbols: Scope['symbols'];
  return (scope) => {
    const local = kernelLocal(scope, name);
    if (local) return local;
    const { place } = scope;
    if (scope.symbols !== symbols) {
      // The program was started again: nothing holds.
      known.clear();
      symbols = scope.symbols;
    }
    let meaning = place === undefined ? undefined : known.get(place);
    if (!meaning) {
      meaning = meaningOf(scope, name);
      if (place !== undefined) known.set(place, meaning);
    }
    return meaning(scope);
  };
}
