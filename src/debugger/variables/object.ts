/** An object of the C program: a type, and where its value is. */
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import { ObjectLocation } from '../../symbols/object-location.ts';
import { type CType, type Member, type PlainType, sizeOf, strip } from '../../symbols/types.ts';
import { UserError } from '../errors.ts';
import { characterKind, plainText, unitsOf } from './characters.ts';
import type { ObjectFrame } from './frame.ts';

/** Characters of a text that is compared. */
const LONGEST_TEXT = 4096;

export class CObject {
  constructor(
    readonly type: CType,
    readonly location: ObjectLocation,
    readonly frame: ObjectFrame,
    /** Of a bit-field. */
    readonly bitSize: number | undefined = undefined,
  ) {}

  /** An object in memory. */
  static at(type: CType, address: bigint, frame: ObjectFrame): CObject {
    return new CObject(type, ObjectLocation.at(address, frame), frame);
  }

  /** A value that is nowhere: the result of a computation. */
  static of(type: CType, value: bigint, frame: ObjectFrame): CObject {
    const pieces = [{ place: { kind: 'value', value } as const, size: undefined, offset: 0 }];
    return new CObject(type, new ObjectLocation(pieces, frame), frame);
  }

  /** The type without typedefs and qualifiers. */
  get plain(): PlainType {
    return strip(this.type);
  }

  /** Bytes; undefined if that is not known. */
  get size(): number | undefined {
    return sizeIn(this.frame, this.type);
  }

  get address(): bigint | undefined {
    return this.bitSize === undefined ? this.location.address : undefined;
  }

  /** Pointer, integer, enumeration, floating-point number. */
  get isScalar(): boolean {
    return ['base', 'pointer', 'enum'].includes(this.plain.kind);
  }

  /** The value of an integer, enumeration or pointer; an array or function gives its address, as in C. @throws Unavailable */
  get number(): bigint {
    const { plain } = this;
    if (plain.kind === 'array' || plain.kind === 'function') {
      if (this.address === undefined) throw new Unavailable('not in memory, so it has no address');
      return this.address;
    }
    if (plain.kind === 'base' && (plain.encoding === 'float' || plain.encoding === 'complex'))
      throw new UserError('A whole number is needed here, and this is a floating-point number.');
    const bits = this.bitSize ?? (this.size ?? 0) * 8;
    if (!this.isScalar || bits === 0) throw new UserError('This is no number: choose a member or an element.');
    const raw = this.location.number(bits);
    return isSigned(plain) ? BigInt.asIntN(bits, raw) : raw;
  }

  /** Members of a struct or union; those of anonymous ones inside count as its own if `flat`. */
  members(flat = false): { member: Member; object: CObject }[] {
    const { plain } = this;
    if (plain.kind !== 'record') return [];
    return plain.members().flatMap((member) => {
      const object = new CObject(member.type(), this.location.part(member.bitOffset), this.frame, member.bitSize);
      return flat && member.name === undefined ? object.members(true) : [{ member, object }];
    });
  }

  /** The member called `name`. @throws UserError */
  member(name: string): CObject {
    const found = this.members(true).find(({ member }) => member.name === name);
    if (!found) throw new UserError(`There is no member “${name}” here.`);
    return found.object;
  }

  /** How many elements an array has; undefined if it is none or that is not known. */
  get count(): number | undefined {
    const { plain } = this;
    return plain.kind === 'array' ? this.frame.elements(plain.count) : undefined;
  }

  /** Element of an array, or what a pointer plus `index` points to. @throws UserError, Unavailable */
  element(index: bigint): CObject {
    const { plain } = this;
    if (plain.kind === 'array') {
      const type = plain.element();
      const size = this.elementSize(type);
      if (this.address !== undefined) return CObject.at(type, this.address + index * BigInt(size), this.frame);
      return new CObject(type, this.location.part(Number(index) * size * 8), this.frame);
    }
    if (plain.kind === 'pointer') {
      const type = plain.target();
      const offset = index * BigInt(this.elementSize(type));
      const implicit = this.location.implicitTarget;
      if (implicit) return this.implicitTarget(type, implicit, offset);
      return CObject.at(type, this.number + offset, this.frame);
    }
    throw new UserError('This is neither a pointer nor an array.');
  }

  /** Bytes of what a pointer points to; undefined for other objects and where that is not known. */
  get targetSize(): number | undefined {
    const { plain } = this;
    return plain.kind === 'pointer' ? sizeIn(this.frame, plain.target()) : undefined;
  }

  private elementSize(type: CType): number {
    const plain = strip(type);
    // As GCC does it, arithmetic on `void *` and on functions counts bytes.
    if (plain.kind === 'void' || plain.kind === 'function') return 1;
    const size = sizeIn(this.frame, type);
    if (size === undefined) throw new UserError('The size of what it points to is not known.');
    return size;
  }

  private implicitTarget(type: CType, implicit: { entry: number; offset: bigint }, more: bigint): CObject {
    const location = this.frame.locateEntry(implicit.entry);
    return new CObject(type, location.part(Number(implicit.offset + more) * 8), this.frame);
  }

  /** The characters that a `char *` points to or an array of them holds, up to their zero; undefined for other objects. */
  text(): string | undefined {
    const { plain, frame } = this;
    const element = plain.kind === 'pointer' ? plain.target() : plain.kind === 'array' ? plain.element() : undefined;
    const kind = element && characterKind(element);
    // Any bytes may be taken for a text.
    const size = kind?.size ?? (element && sizeOf(element));
    if (size === undefined || (!kind && size !== 1)) return undefined;
    const bytes =
      plain.kind === 'array'
        ? told(() => this.location.bytes((this.count ?? 0) * size))
        : frame.program.memory.read(numberOfObject(this), LONGEST_TEXT);
    const units = unitsOf(bytes, size);
    const end = units.indexOf(0);
    return plainText(units.slice(0, end < 0 ? units.length : end), size);
  }

  /** Stores a number. @throws UserError, Unavailable */
  store(value: bigint): void {
    const bits = this.bitSize ?? (this.size ?? 0) * 8;
    if (!this.isScalar || bits === 0) throw new UserError('Only numbers and pointers can be changed: choose a member.');
    if (value >= 1n << BigInt(bits) || value < -(1n << BigInt(bits - 1)))
      throw new UserError(`${value} does not fit into ${bits} bits.`);
    this.location.store(BigInt.asUintN(bits, value), bits);
  }
}

function isSigned(type: CType): boolean {
  return (type.kind === 'base' || type.kind === 'enum') && type.signed;
}

/** Bytes of a type in a frame, where the lengths of its arrays are known. */
export function sizeIn(frame: ObjectFrame, type: CType, depth = 0): number | undefined {
  const plain = strip(type);
  if (plain.kind !== 'array' || depth > 50) return sizeOf(plain);
  const count = frame.elements(plain.count);
  const element = sizeIn(frame, plain.element(), depth + 1);
  return count === undefined || element === undefined ? undefined : count * element;
}

/** Runs `work`; what cannot be told becomes a sentence for the user. @throws UserError */
export function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unavailable) throw new UserError(`This value is ${error.message}.`);
    throw error;
  }
}

/** The number of an object for arithmetic. @throws UserError with the reason where there is none */
export function numberOfObject(object: CObject): bigint {
  return told(() => object.number);
}

/** What counts as true of an object. */
export function isTrueObject(object: CObject): boolean {
  const { plain } = object;
  if (plain.kind !== 'base' || plain.encoding !== 'float') return numberOfObject(object) !== 0n;
  // Minus zero is zero.
  return object.location.bytes(plain.size).some((byte, i) => (i === plain.size - 1 ? byte & 0x7f : byte) !== 0);
}
