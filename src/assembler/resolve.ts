/** From sections with fixups, laid out, to an object file: fields are filled in, or become relocations. */
import { lebBytes, patch } from './bytes.ts';
import { evaluate, type Linear } from './evaluate.ts';
import { distanceNow, isFixed, isLocal } from './layout.ts';
import { type AsmSymbol, offsetOf } from './model.ts';
import { nopBytes } from './nops.ts';
import { type ObjectFile, type ObjectSection, type ObjectSymbol, R, type Relocation } from './object.ts';
import type { Fixup, Fragment, Section } from './sections.ts';
import type { Place } from './source.ts';

export interface ResolveRequest {
  name: string;
  sections: readonly Section[];
  symbols: Iterable<AsmSymbol>;
  report(place: Place, message: string): void;
}

/** The object file. What cannot be expressed in one is reported. */
export function resolve(request: ResolveRequest): ObjectFile {
  return new Resolver(request).run();
}

const ABSOLUTE: Record<number, number> = { 1: R[8], 2: R[16], 4: R[32], 8: R[64] };
const RELATIVE: Record<number, number> = { 1: R.PC8, 2: R.PC16, 4: R.PC32, 8: R.PC64 };

class Resolver {
  private readonly sections = new Map<Section, ObjectSection>();
  private readonly ofSection = new Map<Section, ObjectSymbol>();
  private readonly ofSymbol = new Map<AsmSymbol, ObjectSymbol>();

  constructor(private readonly request: ResolveRequest) {}

  run(): ObjectFile {
    for (const section of this.request.sections) {
      const { name, alignment, size, attributes } = section;
      const bytes = new Uint8Array(section.empty ? 0 : size);
      const made: ObjectSection = { name, ...attributes, alignment, bytes, size, relocations: [] };
      this.sections.set(section, made);
      this.ofSection.set(section, {
        name: '',
        section: made,
        value: 0n,
        size: 0n,
        type: 'section',
        binding: 'local',
        visibility: 'default',
      });
    }
    for (const symbol of this.request.symbols) if (symbol.defined && !symbol.temporary) this.objectSymbol(symbol);
    for (const [section, made] of this.sections) if (!section.empty) this.fill(section, made);
    return {
      name: this.request.name,
      sections: [...this.sections.values()],
      symbols: [...this.ofSection.values(), ...this.ofSymbol.values()],
    };
  }

  private fill(section: Section, { bytes, relocations }: ObjectSection): void {
    section.fragments.forEach((fragment, i) => {
      const at = section.starts[i];
      bytes.set(this.contents(fragment), at);
      for (const fixup of fixupsOf(fragment)) {
        const relocation = this.apply(fixup, section, at + fixup.offset, bytes);
        if (relocation) relocations.push(relocation);
      }
    });
  }

  private contents(fragment: Fragment): ArrayLike<number> {
    switch (fragment.kind) {
      case 'data':
        return fragment.bytes.bytes;
      case 'align':
        return fragment.fill ? repeated(fragment.fill, fragment.size) : nopBytes(fragment.size);
      case 'leb': {
        const bytes = lebBytes(evaluate(fragment.value, distanceNow)?.offset ?? 0n, fragment.signed);
        // A number that became shorter again keeps its room.
        while (bytes.length < fragment.size) {
          const negative = fragment.signed && (bytes[bytes.length - 1] & 0x40) !== 0;
          bytes[bytes.length - 1] |= 0x80;
          bytes.push(negative ? 0x7f : 0);
        }
        return bytes;
      }
      case 'branch':
        return fragment.size === fragment.short.bytes.length ? fragment.short.bytes : fragment.near.bytes;
      default:
        return repeated([fragment.fill], fragment.size);
    }
  }

  /** Fills the field at `at` in, or says which relocation does. */
  private apply(fixup: Fixup, section: Section, at: number, bytes: Uint8Array): Relocation | undefined {
    const { place, relativeTo } = fixup;
    const value = evaluate(fixup.expression, distanceNow);
    if (!value) {
      this.request.report(place, 'This cannot be computed: a place can only be added to or subtracted from.');
      return undefined;
    }
    if (!value.plus && !value.minus) {
      if (relativeTo === undefined) {
        this.store(fixup, value.offset, bytes, at);
        return undefined;
      }
      // A branch to a fixed address.
      return this.relocation(fixup, { ...value, plus: undefined }, at);
    }
    // `label - .` is relative to the field.
    const minus = value.minus?.label;
    const behind = value.plus;
    if (value.minus && (minus?.section !== section || relativeTo !== undefined || !behind)) {
      this.request.report(
        place,
        `The distance to “${value.minus.name || 'that place'}” is not known: it is in another section or file.`,
      );
      return undefined;
    }
    if (!behind) return undefined;
    const base = minus ? offsetOf(minus) : relativeTo === undefined ? undefined : at + relativeTo;
    const { label } = behind;
    if (
      base !== undefined &&
      !value.modifier &&
      label?.section === section &&
      (fixup.jump ? isFixed : isLocal)(behind)
    ) {
      this.store(fixup, BigInt(offsetOf(label) - base) + value.offset, bytes, at);
      return undefined;
    }
    const addend = base === undefined ? value.offset : value.offset + BigInt(at - base);
    return this.relocation(fixup, { ...value, minus: undefined, offset: addend }, at, base !== undefined);
  }

  private store({ size, place, relativeTo, signed }: Fixup, value: bigint, bytes: Uint8Array, at: number): void {
    const bits = BigInt(8 * size);
    const least = -(1n << (bits - 1n));
    const beyond = signed || relativeTo !== undefined ? -least : 1n << bits;
    if (size < 8 && (value < least || value >= beyond)) {
      const what =
        relativeTo === undefined
          ? `${value} does not fit into ${size === 1 ? 'a byte' : `${size} bytes`}.`
          : `The place is ${value} bytes away, which does not fit into ${size === 1 ? 'a byte' : `${size} bytes`}.`;
      this.request.report(place, what);
    }
    patch(bytes, at, value, size);
  }

  private relocation(
    fixup: Fixup,
    { plus, offset, modifier }: Linear,
    at: number,
    relative = true,
  ): Relocation | undefined {
    const { size, place } = fixup;
    const type = modifier ? this.modified(fixup, modifier, relative) : this.plain(fixup, relative, plus);
    if (type === undefined) {
      this.request.report(
        place,
        modifier
          ? `@${modifier} is not supported here.`
          : `A reference to another section or file needs ${relative ? '4 or 8' : '1, 2, 4 or 8'} bytes, not ${size}.`,
      );
      return undefined;
    }
    if (!plus) {
      const symbol: ObjectSymbol = {
        name: '',
        section: 'absolute',
        value: 0n,
        size: 0n,
        type: 'none',
        binding: 'local',
        visibility: 'default',
      };
      return { offset: at, type, symbol, addend: offset - BigInt(fixup.relativeTo ?? 0), place };
    }
    const symbol = this.objectSymbol(plus);
    if (
      modifier ||
      !plus.label ||
      plus.binding !== 'local' ||
      plus.type === 'ifunc' ||
      !(typeof symbol.section === 'object')
    )
      return { offset: at, type, symbol, addend: offset, place };
    // As assemblers do, so that local symbols need not be kept.
    const own = [...this.sections].find(([, made]) => made === symbol.section)?.[0];
    const section = own && this.ofSection.get(own);
    return section
      ? { offset: at, type, symbol: section, addend: offset + symbol.value, place }
      : { offset: at, type, symbol, addend: offset, place };
  }

  private plain({ size, signed, branch }: Fixup, relative: boolean, symbol: AsmSymbol | undefined): number | undefined {
    if (!relative) return size === 4 && signed ? R['32S'] : ABSOLUTE[size];
    // A linker may put a stub between for functions of shared libraries.
    return branch && size === 4 && symbol && !isLocal(symbol)
      ? R.PLT32
      : branch && size === 4 && symbol && !symbol.defined
        ? R.PLT32
        : RELATIVE[size];
  }

  private modified({ size, relaxable }: Fixup, modifier: string, relative: boolean): number | undefined {
    if (size === 8) return modifier === 'SIZE' ? R.SIZE64 : undefined;
    if (size !== 4) return undefined;
    switch (modifier) {
      case 'PLT':
        return R.PLT32;
      case 'GOTPCREL':
        if (!relative) return undefined;
        return relaxable === 'rex' ? R.REX_GOTPCRELX : relaxable === 'plain' ? R.GOTPCRELX : R.GOTPCREL;
      case 'TPOFF':
        return R.TPOFF32;
      case 'DTPOFF':
        return R.DTPOFF32;
      case 'GOTTPOFF':
        return R.GOTTPOFF;
      case 'TLSGD':
        return R.TLSGD;
      case 'TLSLD':
        return R.TLSLD;
      case 'SIZE':
        return R.SIZE32;
      default:
        return undefined;
    }
  }

  private objectSymbol(symbol: AsmSymbol): ObjectSymbol {
    const known = this.ofSymbol.get(symbol);
    if (known) return known;
    const { name, type, visibility, used } = symbol;
    const size = symbol.size && evaluate(symbol.size, distanceNow);
    const made: ObjectSymbol = {
      name,
      section: undefined,
      value: 0n,
      size: size && !size.plus ? size.offset : 0n,
      type,
      binding: symbol.defined || symbol.binding === 'weak' ? symbol.binding : 'global',
      visibility,
      used,
    };
    this.ofSymbol.set(symbol, made);
    this.place(symbol, made);
    return made;
  }

  private place(symbol: AsmSymbol, made: ObjectSymbol): void {
    if (symbol.common) {
      made.section = 'common';
      made.value = BigInt(symbol.common.alignment);
      made.size = BigInt(symbol.common.size);
      return;
    }
    const value = symbol.value && evaluate(symbol.value, distanceNow);
    if (value && !value.plus && !value.minus) {
      made.section = 'absolute';
      made.value = value.offset;
      return;
    }
    const label = symbol.label ?? (value && !value.minus ? value.plus?.label : undefined);
    if (!label) return;
    made.section = [...this.sections].find(([section]) => section === label.section)?.[1];
    made.value = BigInt(offsetOf(label)) + (symbol.label ? 0n : (value?.offset ?? 0n));
  }
}

function fixupsOf(fragment: Fragment): readonly Fixup[] {
  if (fragment.kind === 'data') return fragment.fixups;
  if (fragment.kind !== 'branch') return [];
  const { bytes, size } = fragment.size === fragment.short.bytes.length ? fragment.short : fragment.near;
  return [
    {
      offset: bytes.length - size,
      size,
      expression: fragment.target,
      relativeTo: size,
      branch: true,
      jump: true,
      place: fragment.place,
    },
  ];
}

function repeated(pattern: readonly number[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (pattern.some((byte) => byte !== 0)) {
    // An alignment that is no multiple of the pattern begins with zeros.
    const first = size % pattern.length;
    for (let i = first; i < size; i++) bytes[i] = pattern[(i - first) % pattern.length];
  }
  return bytes;
}
