/** C's operators on variables of the program. */
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import type { CType } from '../../symbols/types.ts';
import { UserError } from '../errors.ts';
import { CObject, numberOfObject, sizeIn } from '../variables/object.ts';

type ObjectValue = { kind: 'object'; object: CObject };

const value = (object: CObject): ObjectValue => ({ kind: 'object', object });
const pointerTo = (type: CType): CType => ({ kind: 'pointer', size: 8, reference: false, target: () => type });

/** Runs `work`; what cannot be told becomes a sentence for the user. */
function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unavailable) throw new UserError(`This value is ${error.message}.`);
    throw error;
  }
}

/** `p[i]`, `*p`. */
export function elementOf(object: CObject, index: bigint): ObjectValue {
  return told(() => value(object.element(index)));
}

/** `s.m` and `p->m`: either is understood for both. */
export function memberOf(object: CObject, name: string): ObjectValue {
  return told(() => value((object.plain.kind === 'pointer' ? object.element(0n) : object).member(name)));
}

/** `&x`. */
export function addressOfObject(object: CObject): ObjectValue {
  const { address } = object;
  if (address === undefined) throw new UserError('It has no address: it is not in memory.');
  return value(CObject.of(pointerTo(object.type), address, object.frame));
}

/** The type that a pointer or an array leads to; undefined for other objects. */
function pointee(object: CObject): CType | undefined {
  const { plain } = object;
  if (plain.kind === 'pointer') return plain.target();
  return plain.kind === 'array' ? plain.element() : undefined;
}

/** `p + n`, `p - n` by whole elements; undefined where `object` is no pointer. */
export function advance(object: CObject, distance: bigint): ObjectValue | undefined {
  const type = pointee(object);
  if (!type) return undefined;
  const size = BigInt(sizeIn(object.frame, type) ?? 1);
  const address = BigInt.asUintN(64, numberOfObject(object) + distance * size);
  return value(CObject.of(pointerTo(type), address, object.frame));
}

/** `p - q` in elements; undefined where either is no pointer. */
export function distanceBetween(left: CObject, right: CObject): bigint | undefined {
  const type = pointee(left);
  if (!type || !pointee(right)) return undefined;
  const size = BigInt(sizeIn(left.frame, type) || 1);
  return (numberOfObject(left) - numberOfObject(right)) / size;
}

/** `number` as a value of `type` with `stars` pointers around it. */
export function castTo(type: CType, stars: number, number: bigint, frame: CObject['frame']): ObjectValue {
  let result = type;
  for (let i = 0; i < stars; i++) result = pointerTo(result);
  return value(CObject.of(result, number, frame));
}

/** Stores a number into an object. */
export function storeNumber(object: CObject, number: bigint): void {
  told(() => object.store(number));
}
