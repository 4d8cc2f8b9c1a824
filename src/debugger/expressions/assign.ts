/** Stores values: into registers, bounds, variables and memory. */
import { hex } from '../../base/hex.ts';
import { UserError } from '../errors.ts';
import { characterKind } from '../variables/characters.ts';
import { floatBits } from '../variables/float.ts';
import { type CObject, told } from '../variables/object.ts';
import { floatingNumber, wholeNumber } from './numbers.ts';
import type { Value } from './value.ts';

/** Stores `value` where `target` came from. @throws UserError */
export function assignTo(target: Value, value: Value): void {
  if (target.kind === 'bounds') {
    if (!target.assign || value.kind !== 'bounds')
      throw new UserError('Bounds are set as [LOWER, UPPER], INIT or NULL.');
    target.assign(value.bounds);
    return;
  }
  if (target.kind === 'object') {
    storeInto(target.object, value);
    return;
  }
  if (target.kind !== 'integer' || !target.place)
    throw new UserError('Only registers, variables and memory can be assigned to.');
  const number = wholeNumber(value);
  const bits = target.place.size * 8;
  if (number >= 1n << BigInt(bits) || number < -(1n << BigInt(bits - 1)))
    throw new UserError(`${hex(number)} does not fit into ${target.place.name} (${bits} bits).`);
  target.place.write(BigInt.asUintN(bits, number));
}

/** Stores a value into an object of the program, converted to its type; a number that does not fit is refused. @throws UserError */
export function storeInto(object: CObject, value: Value): void {
  const { plain } = object;
  told(() => {
    if (plain.kind === 'base' && plain.encoding === 'float')
      object.location.store(bitsOf(floatingNumber(value), plain.size), storedBits(plain.size));
    else if (plain.kind === 'base' && plain.encoding === 'complex') {
      const half = plain.size / 2;
      object.location.store(bitsOf(floatingNumber(value), half), storedBits(half));
      object.location.part(half * 8).store(0n, storedBits(half));
    } else if (plain.kind === 'base' && plain.encoding === 'boolean') object.store(wholeNumber(value) ? 1n : 0n);
    else if (plain.kind === 'record' || plain.kind === 'array') storeCompound(object, value);
    else object.store(wholeNumber(value));
  });
}

/** x87's numbers have ten bytes; the padding behind them stays. */
export function storedBits(size: number): number {
  return Math.min(size, 10) * 8;
}

export function bitsOf(value: number, size: number): bigint {
  const bits = floatBits(value, size);
  if (bits === undefined) throw new UserError(`Floating-point numbers of ${size} bytes cannot be stored.`);
  return bits;
}

/** A whole struct or array from another one; a character array from a text. */
function storeCompound(object: CObject, value: Value): void {
  const size = object.size;
  const { plain } = object;
  if (
    value.kind === 'object' &&
    size !== undefined &&
    value.object.size === size &&
    value.object.plain.kind === plain.kind
  ) {
    const bytes = value.object.location.bytes(size);
    bytes.forEach((byte, i) => {
      object.location.part(i * 8).store(BigInt(byte), 8);
    });
    return;
  }
  const kind = plain.kind === 'array' ? characterKind(plain.element()) : undefined;
  if (value.kind === 'text' && kind && size !== undefined) {
    const units = unitsOfText(value.text, kind.size);
    const room = Math.floor(size / kind.size);
    if (units.length > room)
      throw new UserError(`The text has ${units.length} characters, and there is room for ${room}.`);
    // The rest is cleared, as an initialiser does.
    const bits = kind.size * 8;
    for (let i = 0; i < room; i++) object.location.part(i * bits).store(BigInt.asUintN(bits, units[i] ?? 0n), bits);
    return;
  }
  throw new UserError('Only numbers and pointers can be changed as a whole: choose a member or an element.');
}

/** A text as characters of `size` bytes: Unicode where they are wide. */
function unitsOfText(text: string, size: number): bigint[] {
  if (size === 4) return Array.from(text, (character) => BigInt(character.codePointAt(0) ?? 0));
  return text.split('').map((character) => BigInt(character.charCodeAt(0)));
}
