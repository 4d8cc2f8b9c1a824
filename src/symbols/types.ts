import type { DebugEntries, Entry } from './dwarf/entries.ts';
import type { FormValue } from './dwarf/forms.ts';
import { Attribute, Tag } from './dwarf/names.ts';
import { numberOf } from './dwarf/unit-values.ts';

export type BaseEncoding = 'signed' | 'unsigned' | 'character' | 'boolean' | 'float' | 'complex' | 'other';

/** A type of C. What it is made of is read when it is asked for, so types may contain pointers to themselves. Sizes in bytes. */
export type CType =
  | { kind: 'void' }
  | { kind: 'base'; name: string; size: number; encoding: BaseEncoding; signed: boolean }
  | { kind: 'pointer'; size: number; reference: boolean; target(): CType }
  | { kind: 'qualified'; qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic'; target(): CType }
  | { kind: 'typedef'; name: string; target(): CType }
  | { kind: 'record'; keyword: RecordKeyword; name: string | undefined; size: number | undefined; members(): Member[] }
  | { kind: 'enum'; name: string | undefined; size: number; signed: boolean; values(): Enumerator[] }
  | { kind: 'array'; count: ArrayCount; element(): CType }
  | { kind: 'function'; prototyped: boolean; variadic: boolean; result(): CType; parameters(): CType[] }
  /** A type that cannot be told; `name` says what is known. */
  | { kind: 'unknown'; name: string };

export type RecordKeyword = 'struct' | 'union' | 'class';

/** Elements of an array: a number, none known (`int x[]`), or computed while the program runs (VLA). */
export type ArrayCount =
  | { kind: 'known'; count: number }
  | { kind: 'unknown' }
  /** One less than the count, or the count itself. */
  | { kind: 'computed'; entry: Entry; attribute: number };

export interface Member {
  /** Undefined for anonymous structs and unions. */
  name: string | undefined;
  type(): CType;
  /** Distance from the start of the record. */
  bitOffset: number;
  /** Of a bit-field. */
  bitSize: number | undefined;
}

export interface Enumerator {
  name: string;
  value: bigint;
}

const VOID: CType = { kind: 'void' };

/** DW_ATE_*. */
const ENCODINGS: Record<number, [BaseEncoding, signed: boolean]> = {
  2: ['boolean', false],
  3: ['complex', true],
  4: ['float', true],
  5: ['signed', true],
  6: ['character', true],
  7: ['unsigned', false],
  8: ['character', false],
  16: ['character', false],
};

const QUALIFIERS = new Map<number, 'const' | 'volatile' | 'restrict' | '_Atomic'>([
  [Tag.constant, 'const'],
  [Tag.volatile, 'volatile'],
  [Tag.restrict, 'restrict'],
  [Tag.atomic, '_Atomic'],
]);

const RECORDS = new Map<number, RecordKeyword>([
  [Tag.structure, 'struct'],
  [Tag.union, 'union'],
  [Tag.classType, 'class'],
]);

/** The integer in a constant attribute, negative if it was stored so. */
export function constantOf(value: FormValue | undefined): bigint | undefined {
  if (value?.kind === 'big') return value.value;
  const number = numberOf(value);
  return number === undefined ? undefined : BigInt(number);
}

/** Makes types of their entries, each once. */
export class TypeReader {
  private readonly types = new Map<number, CType>();

  constructor(
    private readonly entries: DebugEntries,
    /** The definition of a record that this unit only declares. */
    private readonly definition: (keyword: RecordKeyword, name: string) => Entry | undefined,
  ) {}

  /** The type that DW_AT_type of an entry names; none is `void`. */
  typeOf(entry: Entry): CType {
    const owner = this.entries.owner(entry, Attribute.type);
    if (!owner) return VOID;
    const type = this.entries.reference(owner, Attribute.type);
    return type ? this.type(type) : { kind: 'unknown', name: '<type not found>' };
  }

  /** The type that an entry describes. */
  type(entry: Entry): CType {
    let type = this.types.get(entry.offset);
    if (!type) {
      type = this.make(entry);
      this.types.set(entry.offset, type);
    }
    return type;
  }

  private make(entry: Entry): CType {
    const { entries } = this;
    const name = entries.name(entry);
    const size = numberOf(entry.values.get(Attribute.byteSize));
    const target = () => this.typeOf(entry);
    const qualifier = QUALIFIERS.get(entry.tag);
    if (qualifier) return { kind: 'qualified', qualifier, target };
    const keyword = RECORDS.get(entry.tag);
    if (keyword) return this.record(entry, keyword, name, size);
    switch (entry.tag) {
      case Tag.base: {
        const [encoding, signed] = ENCODINGS[numberOf(entry.values.get(Attribute.encoding)) ?? 0] ?? ['other', false];
        return { kind: 'base', name: name ?? '<unnamed>', size: size ?? 0, encoding, signed };
      }
      case Tag.pointer:
      case Tag.reference:
      case Tag.rvalueReference:
        return {
          kind: 'pointer',
          size: size ?? entry.unit.entries.encoding.addressSize,
          reference: entry.tag !== Tag.pointer,
          target,
        };
      case Tag.typedef:
        return { kind: 'typedef', name: name ?? '<unnamed>', target };
      case Tag.enumeration:
        return this.enumeration(entry, name, size);
      case Tag.array:
        return this.array(entry);
      case Tag.subroutineType:
      case Tag.subprogram: {
        const children = entries.children(entry);
        return {
          kind: 'function',
          prototyped: entries.value(entry, Attribute.prototyped) !== undefined,
          variadic: children.some(({ tag }) => tag === Tag.moreParameters),
          result: target,
          parameters: () => children.filter(({ tag }) => tag === Tag.parameter).map((child) => this.typeOf(child)),
        };
      }
      default:
        return { kind: 'unknown', name: name ?? '<unknown type>' };
    }
  }

  private record(entry: Entry, keyword: RecordKeyword, name: string | undefined, size: number | undefined): CType {
    if (entry.values.has(Attribute.declaration) && name) {
      const complete = this.definition(keyword, name);
      if (complete && !complete.values.has(Attribute.declaration)) return this.type(complete);
    }
    let members: Member[] | undefined;
    return {
      kind: 'record',
      keyword,
      name,
      size,
      members: () => {
        members ??= this.entries
          .children(entry)
          .filter(({ tag }) => tag === Tag.member)
          .map((child) => this.member(child));
        return members;
      },
    };
  }

  private member(entry: Entry): Member {
    const number = (attribute: number) => numberOf(entry.values.get(attribute));
    const bitSize = number(Attribute.bitSize);
    let bitOffset = number(Attribute.dataBitOffset);
    if (bitOffset === undefined) {
      const bytes = this.memberOffset(entry.values.get(Attribute.dataMemberLocation));
      bitOffset = bytes * 8;
      const fromTop = number(Attribute.bitOffset);
      // DWARF 2 and 3 count a bit-field's offset from the most significant bit of its storage.
      if (fromTop !== undefined && bitSize !== undefined) {
        const type = this.typeOf(entry);
        const storage = number(Attribute.byteSize) ?? sizeOf(type) ?? 4;
        bitOffset += storage * 8 - fromTop - bitSize;
      }
    }
    return { name: this.entries.name(entry), type: () => this.typeOf(entry), bitOffset, bitSize };
  }

  /** A constant, or in DWARF 2 the expression DW_OP_plus_uconst. */
  private memberOffset(value: FormValue | undefined): number {
    if (value?.kind !== 'block') return numberOf(value) ?? 0;
    const [operation, ...digits] = value.value;
    if (operation !== 0x23) return 0;
    return digits.reduce((sum, byte, i) => sum + (byte & 0x7f) * 2 ** (7 * i), 0);
  }

  private enumeration(entry: Entry, name: string | undefined, size: number | undefined): CType {
    const bits = (size ?? 4) * 8;
    let values: Enumerator[] | undefined;
    const read = (): Enumerator[] => {
      values ??= this.entries
        .children(entry)
        .filter(({ tag }) => tag === Tag.enumerator)
        .map((child) => ({
          name: this.entries.name(child) ?? '?',
          value: BigInt.asUintN(bits, constantOf(child.values.get(Attribute.constValue)) ?? 0n),
        }));
      return values;
    };
    const underlying = entry.values.has(Attribute.type) ? strip(this.typeOf(entry)) : undefined;
    const signed = underlying?.kind === 'base' && underlying.signed;
    return { kind: 'enum', name, size: size ?? 4, signed, values: read };
  }

  /** Several dimensions make arrays of arrays. */
  private array(entry: Entry): CType {
    const dimensions = this.entries.children(entry).filter(({ tag }) => tag === Tag.subrange);
    const from = (index: number): CType => ({
      kind: 'array',
      count: dimensions[index] ? this.count(dimensions[index]) : { kind: 'unknown' },
      element: () => (index + 1 < dimensions.length ? from(index + 1) : this.typeOf(entry)),
    });
    return from(0);
  }

  private count(subrange: Entry): ArrayCount {
    for (const attribute of [Attribute.count, Attribute.upperBound]) {
      const value = subrange.values.get(attribute);
      if (!value || value.kind === 'none') continue;
      // A block is an expression, a reference a variable that holds the bound.
      const constant = value.kind === 'block' || value.kind === 'offset' ? undefined : constantOf(value);
      const bound = constant !== undefined && this.isReference(subrange, attribute) ? undefined : constant;
      if (bound === undefined) return { kind: 'computed', entry: subrange, attribute };
      const lower = numberOf(subrange.values.get(Attribute.lowerBound)) ?? 0;
      // `int x[0]` has the upper bound −1, which may have been stored unsigned.
      const signed = Number(BigInt.asIntN(64, bound));
      const count = attribute === Attribute.count ? signed : signed - lower + 1;
      return count >= 0 && count < 0xffff_ffff ? { kind: 'known', count } : { kind: 'known', count: 0 };
    }
    return { kind: 'unknown' };
  }

  /** Whether the bound is a reference to a variable: its number then is the offset of one. */
  private isReference(subrange: Entry, attribute: number): boolean {
    const number = numberOf(subrange.values.get(attribute));
    if (number === undefined || !subrange.references.has(attribute)) return false;
    return this.entries.at(number)?.tag === Tag.variable;
  }
}

/** A type that is no other name of one and has no qualifiers. */
export type PlainType = Exclude<CType, { kind: 'typedef' | 'qualified' }>;

/** The type without typedefs and qualifiers. */
export function strip(type: CType): PlainType {
  let at = type;
  // A cycle of typedefs is damage.
  for (let links = 0; links < 100; links++) {
    if (at.kind !== 'typedef' && at.kind !== 'qualified') return at;
    at = at.target();
  }
  return { kind: 'unknown', name: '<type refers to itself>' };
}

/** Bytes of a value of the type; undefined for incomplete types and arrays whose length is not constant. */
export function sizeOf(type: CType, depth = 0): number | undefined {
  const plain = strip(type);
  switch (plain.kind) {
    case 'base':
    case 'pointer':
    case 'enum':
      return plain.size;
    case 'record':
      return plain.size;
    case 'array': {
      if (plain.count.kind !== 'known' || depth > 50) return undefined;
      const element = sizeOf(plain.element(), depth + 1);
      return element === undefined ? undefined : element * plain.count.count;
    }
    default:
      return undefined;
  }
}
