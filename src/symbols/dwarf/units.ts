import { Cursor, CursorError } from '../../base/cursor.ts';
import { hex } from '../../base/hex.ts';
import type { Abbreviation, AbbreviationTables } from './abbreviations.ts';
import { type Encoding, type FormValue, initialLength, readForm, sectionOffset } from './forms.ts';
import { type AddressRange, RangeLists } from './ranges.ts';
import type { DwarfSections } from './sections.ts';
import { At, numberOf, UnitValues } from './unit-values.ts';

/** DW_TAG_* of the roots that describe code. */
const ROOT_TAGS = new Set([0x11 /* compile_unit */, 0x3c /* partial_unit */, 0x4a /* skeleton_unit */]);

/** DW_LANG_Mips_Assembler: what assemblers say of their units. */
const LANGUAGE_ASSEMBLER = 0x8001;

/** The root of one compilation unit. */
export interface CompilationUnit {
  /** Offset of the unit in .debug_info. */
  readonly offset: number;
  readonly name: string;
  /** Directory the compiler ran in; '' if unknown. */
  readonly compDir: string;
  /** Offset of its line table in .debug_line. */
  readonly lineTable: number | undefined;
  readonly isAssembly: boolean;
  /** Link-time address ranges of its code. */
  readonly ranges: readonly AddressRange[];
  /** How to read the entries below the root. */
  readonly entries: {
    readonly encoding: Encoding;
    readonly abbrevOffset: number;
    readonly values: UnitValues;
    /** Offsets in .debug_info behind the root and at the end of the unit. */
    readonly firstEntry: number;
    readonly end: number;
  };
}

/** Reads the root entry of the unit that starts at `offset`. */
function readRoot(
  sections: DwarfSections,
  abbreviations: AbbreviationTables,
  lists: RangeLists,
  offset: number,
  cursor: Cursor,
  offsetSize: 4 | 8,
): CompilationUnit | undefined {
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new CursorError(`has DWARF version ${version}`);
  let addressSize = 0;
  let abbrevOffset: number;
  if (version >= 5) {
    const unitType = cursor.u8();
    addressSize = cursor.u8();
    abbrevOffset = sectionOffset(cursor, offsetSize);
    if (unitType === 4 || unitType === 5) cursor.skip(8); // skeleton, split_compile: dwo_id
    if (unitType === 2 || unitType === 6) return undefined; // type units hold no code
  } else {
    abbrevOffset = sectionOffset(cursor, offsetSize);
    addressSize = cursor.u8();
  }
  const encoding: Encoding = { version, offsetSize, addressSize };
  const abbreviation: Abbreviation | undefined = abbreviations.find(abbrevOffset, cursor.uleb());
  if (!abbreviation || !ROOT_TAGS.has(abbreviation.tag)) return undefined;
  const root = new Map<number, FormValue>();
  for (const { name, form, implicit } of abbreviation.attributes) {
    root.set(name, readForm(form, cursor, encoding, sections, implicit));
  }
  const values = new UnitValues(sections, lists, encoding, root);
  return {
    offset,
    name: values.text(root.get(At.name)) ?? '',
    compDir: values.text(root.get(At.compDir)) ?? '',
    lineTable: numberOf(root.get(At.stmtList)),
    isAssembly: numberOf(root.get(At.language)) === LANGUAGE_ASSEMBLER,
    ranges: values.ranges(root),
    entries: { encoding, abbrevOffset, values, firstEntry: cursor.position, end: cursor.end },
  };
}

/** All compilation units; a broken one costs itself and gives a remark. */
export function readUnits(
  sections: DwarfSections,
  abbreviations: AbbreviationTables,
  remarks: string[],
): CompilationUnit[] {
  const units: CompilationUnit[] = [];
  const lists = new RangeLists(sections);
  const cursor = new Cursor(sections.info);
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
      const unit = readRoot(sections, abbreviations, lists, offset, body, offsetSize);
      if (unit) units.push(unit);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      remarks.push(`The debug information of unit ${hex(offset)} is left out: ${error.message}.`);
    }
  }
  return units;
}
