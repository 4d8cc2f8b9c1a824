import { wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { lastAtMost } from '../../base/search.ts';
import { type FormValue, readForm } from './forms.ts';
import { Attribute } from './names.ts';
import type { AddressRange } from './ranges.ts';
import { EntryScanner } from './scan.ts';
import { At, type EntryValues, numberOf } from './unit-values.ts';
import type { CompilationUnit } from './units.ts';

/** One debugging information entry. References in its values are offsets of entries, in the range that all sections share. */
export interface Entry {
  readonly unit: CompilationUnit;
  readonly offset: number;
  readonly tag: number;
  readonly values: EntryValues;
  /** Attributes whose value is a reference to another entry. */
  readonly references: ReadonlySet<number>;
  /** Offset of its first child, undefined if it cannot have any. */
  readonly firstChild: number | undefined;
  /** Offset behind its attributes. */
  readonly end: number;
}

const FORM_INDIRECT = 0x16;
const FORM_SDATA = 0x0d;
const FORM_UDATA = 0x0f;
const FORM_REF_ADDR = 0x10;
const FORM_REF1 = 0x11;
const FORM_REF_UDATA = 0x15;

/** A LEB128 number of any size; more than 64 bits are cut off. */
export function readLeb(cursor: Cursor, signed: boolean): bigint {
  let value = 0n;
  let shift = 0n;
  for (;;) {
    const byte = cursor.u8();
    if (shift < 70n) value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    if (signed && byte & 0x40 && shift < 70n) value -= 1n << shift;
    return signed ? BigInt.asIntN(64, value) : wrap64(value);
  }
}

/** The entries of all units, read when they are asked for. A broken entry costs the rest of its list and gives a remark. */
export class DebugEntries {
  private readonly entries = new Map<number, Entry>();
  private readonly lists = new Map<number, readonly Entry[]>();
  private readonly rangesOf = new Map<number, readonly AddressRange[]>();
  private readonly scanners = new Map<CompilationUnit, EntryScanner>();
  private readonly remarked = new Set<CompilationUnit>();
  private typeUnits: Map<bigint, number> | undefined;

  /** `units` ascend by offset. */
  constructor(
    readonly units: readonly CompilationUnit[],
    readonly remarks: string[],
  ) {}

  /** The entry at an offset; undefined if there is none or it is broken. */
  at(offset: number | undefined): Entry | undefined {
    if (offset === undefined) return undefined;
    const known = this.entries.get(offset);
    if (known) return known;
    const unit = this.units[lastAtMost(this.units, offset, (one) => one.entries.firstEntry)];
    return unit && offset < unit.entries.end ? this.guarded(unit, () => this.read(unit, offset), undefined) : undefined;
  }

  /** The entry that an attribute refers to. Of a type that only names its type unit, the entry in there. */
  reference(entry: Entry, attribute: number): Entry | undefined {
    const value = entry.values.get(attribute);
    if (value?.kind === 'signature') return this.at(this.typeOffset(value.value));
    const found = this.at(numberOf(value));
    const signature = found?.values.get(Attribute.signature);
    return signature?.kind === 'signature' ? (this.at(this.typeOffset(signature.value)) ?? found) : found;
  }

  /** Offset of the type that a type unit describes. */
  private typeOffset(signature: bigint): number | undefined {
    if (!this.typeUnits) {
      this.typeUnits = new Map();
      for (const { type } of this.units) if (type) this.typeUnits.set(type.signature, type.entry);
    }
    return this.typeUnits.get(signature);
  }

  /** Entries directly below the root of a unit. */
  topLevel(unit: CompilationUnit): readonly Entry[] {
    return this.list(unit, unit.entries.firstEntry);
  }

  children(entry: Entry): readonly Entry[] {
    return entry.firstChild === undefined ? [] : this.list(entry.unit, entry.firstChild);
  }

  /**
   * The value of an attribute, also of the entry that this one completes (its abstract origin or its declaration).
   */
  value(entry: Entry, attribute: number): FormValue | undefined {
    return this.owner(entry, attribute)?.values.get(attribute);
  }

  /** The entry of those that make up `entry` that has the attribute. */
  owner(entry: Entry, attribute: number): Entry | undefined {
    let at: Entry | undefined = entry;
    // Origins lead to declarations; a chain is never longer unless somebody means harm.
    for (let links = 0; at && links < 4; links++) {
      if (at.values.has(attribute)) return at;
      at = this.reference(at, Attribute.abstractOrigin) ?? this.reference(at, Attribute.specification);
    }
    return undefined;
  }

  name(entry: Entry | undefined): string | undefined {
    const owner = entry && this.owner(entry, At.name);
    return (
      owner && this.guarded(owner.unit, () => owner.unit.entries.values.text(owner.values.get(At.name)), undefined)
    );
  }

  /** Link-time addresses of the entry's code. */
  ranges(entry: Entry): readonly AddressRange[] {
    let ranges = this.rangesOf.get(entry.offset);
    if (!ranges) {
      ranges = this.guarded(entry.unit, () => entry.unit.entries.values.ranges(entry.values), []);
      this.rangesOf.set(entry.offset, ranges);
    }
    return ranges;
  }

  /** Runs `work`, which reads from `unit`; damage gives a remark, once a unit, and `otherwise`. */
  guarded<T>(unit: CompilationUnit, work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      if (!this.remarked.has(unit)) {
        this.remarked.add(unit);
        this.remarks.push(
          `Functions, variables and types of ${unit.name || 'a unit'} are known in part: ${error.message}.`,
        );
      }
      return otherwise;
    }
  }

  /** The entries in a row from `start` to the end of their list. */
  private list(unit: CompilationUnit, start: number): readonly Entry[] {
    const known = this.lists.get(start);
    if (known) return known;
    const found: Entry[] = [];
    this.lists.set(start, found);
    this.guarded(
      unit,
      () => {
        let at = start;
        while (at < unit.entries.end) {
          const entry = this.read(unit, at);
          if (!entry) break;
          found.push(entry);
          at = this.behind(entry);
        }
      },
      undefined,
    );
    return found;
  }

  /** Offset behind an entry and all below it. */
  private behind(entry: Entry): number {
    if (entry.firstChild === undefined) return entry.end;
    const sibling = numberOf(entry.values.get(Attribute.sibling));
    if (sibling !== undefined && sibling > entry.end && sibling <= entry.unit.entries.end) return sibling;
    const { base } = entry.unit.entries.section;
    const scanner = this.scanner(entry.unit);
    scanner.cursor.seek(entry.offset - base);
    const abbreviation = scanner.next();
    if (abbreviation) scanner.skipTree(abbreviation);
    return base + scanner.cursor.position;
  }

  private scanner(unit: CompilationUnit): EntryScanner {
    let scanner = this.scanners.get(unit);
    if (!scanner) {
      scanner = new EntryScanner(unit);
      this.scanners.set(unit, scanner);
    }
    return scanner;
  }

  /** Reads one entry; undefined for the null entry that ends a list. @throws CursorError */
  private read(unit: CompilationUnit, offset: number): Entry | undefined {
    const known = this.entries.get(offset);
    if (known) return known;
    const { section, end: unitEnd, abbrevOffset } = unit.entries;
    const cursor = new Cursor(section.bytes, offset - section.base, unitEnd - section.base);
    const code = cursor.uleb();
    if (code === 0) return undefined;
    const abbreviation = section.abbreviations.all(abbrevOffset).get(code);
    if (!abbreviation) throw new CursorError(`abbreviation ${code} is not declared`);
    const values = new Map<number, FormValue>();
    const references = new Set<number>();
    for (const { name, form, implicit } of abbreviation.attributes) {
      if (form >= FORM_REF_ADDR && form <= FORM_REF_UDATA) references.add(name);
      values.set(name, this.readValue(form, cursor, unit, implicit));
    }
    const end = section.base + cursor.position;
    const { tag, hasChildren } = abbreviation;
    const entry: Entry = {
      unit,
      offset,
      tag,
      values,
      references,
      firstChild: hasChildren ? end : undefined,
      end,
    };
    this.entries.set(offset, entry);
    return entry;
  }

  private readValue(given: number, cursor: Cursor, unit: CompilationUnit, implicit: number): FormValue {
    const { encoding, section } = unit.entries;
    let form = given;
    if (form === FORM_INDIRECT) {
      form = cursor.uleb();
      if (form === FORM_INDIRECT || form === 0x21) throw new CursorError(`form ${form} cannot be indirect`);
    }
    if (form === FORM_SDATA || form === FORM_UDATA) {
      const value = readLeb(cursor, form === FORM_SDATA);
      const number = Number(value);
      return Number.isSafeInteger(number) ? { kind: 'number', value: number } : { kind: 'big', value };
    }
    const value = readForm(form, cursor, encoding, section.sections, implicit);
    const at = (start: number): FormValue => ({ kind: 'number', value: start + (numberOf(value) ?? 0) });
    if (form >= FORM_REF1 && form <= FORM_REF_UDATA) return at(unit.offset);
    if (value.kind === 'supplementary') return { kind: 'number', value: section.supplementaryBase + value.value };
    if (form !== FORM_REF_ADDR) return value;
    const infoBase = section.holdsTypes ? section.base - section.sections.info.length : section.base;
    return value.kind === 'address' ? { kind: 'number', value: infoBase + Number(value.value) } : at(infoBase);
  }
}
