import { Cursor, CursorError } from '../../base/cursor.ts';
import { hex } from '../../base/hex.ts';
import { AbbreviationTables } from './abbreviations.ts';
import { type Encoding, type FormValue, initialLength, readForm, sectionOffset } from './forms.ts';
import { type AddressRange, RangeLists } from './ranges.ts';
import type { DwarfSections } from './sections.ts';
import { At, type EntryValues, numberOf, UnitValues } from './unit-values.ts';

export type UnitKind = 'compile' | 'partial' | 'skeleton' | 'type';

/** DW_TAG_* of the roots of units. */
const ROOT_TAGS = new Map<number, UnitKind>([
  [0x11, 'compile'],
  [0x3c, 'partial'],
  [0x41, 'type'],
  [0x4a, 'skeleton'],
]);

/** DW_UT_* (DWARF 5, 7.5.1). */
const UnitType = { type: 2, skeleton: 4, splitCompile: 5, splitType: 6 } as const;

/** DW_LANG_Mips_Assembler: what assemblers say of their units. */
const LANGUAGE_ASSEMBLER = 0x8001;

/**
 * A section that units are in. The entries of all sections of a program share one range of offsets: those of .debug_info
 * come first, as they are; those of another section begin at its `base`.
 */
export interface UnitSection {
  readonly bytes: Uint8Array;
  readonly base: number;
  /** Where the supplementary file's .debug_info begins in the shared range. */
  readonly supplementaryBase: number;
  /** The sections of the same file. */
  readonly sections: DwarfSections;
  readonly abbreviations: AbbreviationTables;
  /** .debug_types of DWARF 4. */
  readonly holdsTypes: boolean;
}

/** The root of one unit. Offsets are those of the shared range. */
export interface CompilationUnit {
  readonly kind: UnitKind;
  /** Offset of the unit. */
  readonly offset: number;
  readonly name: string;
  /** Directory the compiler ran in; '' if unknown. */
  readonly compDir: string;
  /** Offset of its line table in .debug_line. */
  readonly lineTable: number | undefined;
  readonly isAssembly: boolean;
  /** Link-time address ranges of its code, read when first asked for. */
  readonly ranges: readonly AddressRange[];
  /** Of a type unit: its signature and the offset of the type's entry. */
  readonly type: { readonly signature: bigint; readonly entry: number } | undefined;
  /** How to read the entries below the root. */
  readonly entries: {
    readonly section: UnitSection;
    readonly encoding: Encoding;
    readonly abbrevOffset: number;
    readonly values: UnitValues;
    /** Offsets behind the root and at the end of the unit. */
    readonly firstEntry: number;
    readonly end: number;
  };
}

/** Reads the root entry of the unit that starts at `start` of its section. */
function readRoot(
  section: UnitSection,
  lists: RangeLists,
  start: number,
  cursor: Cursor,
  offsetSize: 4 | 8,
  remarks: string[],
): CompilationUnit | undefined {
  const { sections, base } = section;
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new CursorError(`has DWARF version ${version}`);
  let addressSize = 0;
  let abbrevOffset: number;
  let unitType: number | undefined = section.holdsTypes ? UnitType.type : undefined;
  if (version >= 5) {
    unitType = cursor.u8();
    addressSize = cursor.u8();
    abbrevOffset = sectionOffset(cursor, offsetSize);
    if (unitType === UnitType.skeleton || unitType === UnitType.splitCompile) cursor.skip(8); // dwo_id
  } else {
    abbrevOffset = sectionOffset(cursor, offsetSize);
    addressSize = cursor.u8();
  }
  let type: CompilationUnit['type'];
  if (unitType === UnitType.type || unitType === UnitType.splitType) {
    const signature = cursor.u64();
    type = { signature, entry: base + start + sectionOffset(cursor, offsetSize) };
  }
  const encoding: Encoding = { version, offsetSize, addressSize };
  const abbreviation = section.abbreviations.find(abbrevOffset, cursor.uleb());
  const kind = abbreviation && ROOT_TAGS.get(abbreviation.tag);
  if (!kind) return undefined;
  const root = new Map<number, FormValue>();
  for (const { name, form, implicit } of abbreviation.attributes) {
    root.set(name, readForm(form, cursor, encoding, sections, implicit));
  }
  const values = new UnitValues(sections, lists, encoding, root);
  let ranges: readonly AddressRange[] | undefined = kind === 'type' ? [] : undefined;
  return {
    kind,
    offset: base + start,
    name: values.text(root.get(At.name)) ?? '',
    compDir: values.text(root.get(At.compDir)) ?? '',
    lineTable: numberOf(root.get(At.stmtList)),
    isAssembly: numberOf(root.get(At.language)) === LANGUAGE_ASSEMBLER,
    get ranges() {
      ranges ??= rangesOf(this, root, remarks);
      return ranges;
    },
    type,
    entries: {
      section,
      encoding,
      abbrevOffset,
      values,
      firstEntry: base + cursor.position,
      end: base + cursor.end,
    },
  };
}

function rangesOf({ name, entries }: CompilationUnit, root: EntryValues, remarks: string[]): readonly AddressRange[] {
  try {
    return entries.values.ranges(root);
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    remarks.push(`Where the code of ${name || 'a unit'} is, is not known: its range list ${error.message}.`);
    return [];
  }
}

/** The sections that hold units, each with its place in the shared range of offsets. */
function unitSections(sections: DwarfSections): UnitSection[] {
  const found: UnitSection[] = [];
  const ofFile = (file: DwarfSections, base: number): void => {
    const abbreviations = new AbbreviationTables(file.abbrev);
    const typesBase = base + file.info.length;
    const supplementaryBase = typesBase + file.types.length;
    const common = { sections: file, supplementaryBase, abbreviations };
    found.push({ ...common, bytes: file.info, base, holdsTypes: false });
    found.push({ ...common, bytes: file.types, base: typesBase, holdsTypes: true });
    if (file.supplementary) ofFile(file.supplementary, supplementaryBase);
  };
  ofFile(sections, 0);
  return found;
}

/** All units, ascending by offset; a broken one costs itself and gives a remark. */
export function readUnits(sections: DwarfSections, remarks: string[]): CompilationUnit[] {
  return unitSections(sections).flatMap((section) => unitsOf(section, remarks));
}

function unitsOf(section: UnitSection, remarks: string[]): CompilationUnit[] {
  const units: CompilationUnit[] = [];
  const lists = new RangeLists(section.sections);
  const cursor = new Cursor(section.bytes);
  while (cursor.remaining > 0) {
    const offset = cursor.position;
    let body: Cursor;
    let offsetSize: 4 | 8;
    try {
      const unit = initialLength(cursor);
      offsetSize = unit.offsetSize;
      body = cursor.sub(unit.length);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      remarks.push(`The debug information ends at unit ${hex(offset)}: it ${error.message}.`);
      break;
    }
    try {
      const unit = readRoot(section, lists, offset, body, offsetSize, remarks);
      if (unit) units.push(unit);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      remarks.push(`The debug information of unit ${hex(offset)} is left out: ${error.message}.`);
    }
  }
  return units;
}
