/** C's operators on variables of the program. */
import { type CType, strip } from '../../symbols/types.ts';
import { UserError } from '../errors.ts';
import type { ObjectFrame } from '../variables/frame.ts';
import { CObject, numberOfObject, sizeIn, told } from '../variables/object.ts';
import { pointerTo } from './types.ts';

type ObjectValue = { kind: 'object'; object: CObject };

const value = (object: CObject): ObjectValue => ({ kind: 'object', object });

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
  if (object.bitSize !== undefined) throw new UserError('A bit-field has no address.');
  if (address === undefined) throw new UserError('It has no address: it is not in memory.');
  return value(CObject.of(pointerTo(object.type), address, object.frame));
}

/** The type that a pointer or an array leads to; undefined for other objects. */
function pointee(object: CObject): CType | undefined {
  const { plain } = object;
  if (plain.kind === 'pointer') return plain.target();
  return plain.kind === 'array' ? plain.element() : undefined;
}

/** As GCC does it, arithmetic on `void *` and on functions counts bytes. */
function elementSize(frame: ObjectFrame, type: CType): bigint {
  const plain = strip(type);
  return BigInt(plain.kind === 'void' || plain.kind === 'function' ? 1 : sizeIn(frame, type) || 1);
}

/** `p + n`, `p - n` by whole elements; undefined where `object` is no pointer. */
export function advance(object: CObject, distance: bigint): ObjectValue | undefined {
  const type = pointee(object);
  if (!type) return undefined;
  const address = BigInt.asUintN(64, numberOfObject(object) + distance * elementSize(object.frame, type));
  return value(CObject.of(pointerTo(type), address, object.frame));
}

/** `p - q` in elements; undefined where either is no pointer. */
export function distanceBetween(left: CObject, right: CObject): bigint | undefined {
  const type = pointee(left);
  if (!type || !pointee(right)) return undefined;
  return BigInt.asIntN(64, numberOfObject(left) - numberOfObject(right)) / elementSize(left.frame, type);
}

/** Bytes of an object or a type. @throws UserError where they are not known */
export function sizeOfType(frame: ObjectFrame, type: CType): bigint {
  const plain = strip(type);
  const size = plain.kind === 'void' || plain.kind === 'function' ? 1 : sizeIn(frame, type);
  if (size === undefined) throw new UserError('The size of this type is not known.');
  return BigInt(size);
}
