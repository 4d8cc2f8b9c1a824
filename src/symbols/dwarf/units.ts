import { wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { hex } from '../../base/hex.ts';
import { pathAt } from '../elf/strings.ts';
import { type Abbreviation, AbbreviationTables } from './abbreviations.ts';
import { type Encoding, type FormValue, initialLength, readForm, sectionOffset, targetAddress } from './forms.ts';
import { type AddressRange, RangeLists } from './ranges.ts';
import type { DwarfSections } from './sections.ts';

/** DW_TAG_* of the roots that describe code. */
const ROOT_TAGS = new Set([0x11 /* compile_unit */, 0x3c /* partial_unit */, 0x4a /* skeleton_unit */]);

/** DW_LANG_Mips_Assembler: what assemblers say of their units. */
const LANGUAGE_ASSEMBLER = 0x8001;

/** DW_AT_* that we read of a unit's root. */
const At = {
  name: 0x03,
  stmtList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  language: 0x13,
  compDir: 0x1b,
  ranges: 0x55,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  rnglistsBase: 0x74,
} as const;

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
}

const asNumber = (value: FormValue | undefined): number | undefined =>
  value?.kind === 'number' || value?.kind === 'offset'
    ? value.value
    : value?.kind === 'big'
      ? Number(value.value)
      : undefined;

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
  const values = new Map<number, FormValue>();
  for (const { name, form, implicit } of abbreviation.attributes) {
    values.set(name, readForm(form, cursor, encoding, sections, implicit));
  }
  return interpretRoot(sections, lists, encoding, offset, values);
}

function interpretRoot(
  sections: DwarfSections,
  lists: RangeLists,
  encoding: Encoding,
  offset: number,
  values: Map<number, FormValue>,
): CompilationUnit {
  const { offsetSize, addressSize } = encoding;
  // Without a base attribute the tables start behind the header of their section (split DWARF, DWARF 5 7.26/7.27).
  const headerSize = offsetSize === 8 ? 16 : 8;
  const strBase = asNumber(values.get(At.strOffsetsBase)) ?? headerSize;
  const addrBase = asNumber(values.get(At.addrBase)) ?? headerSize;
  const listBase = asNumber(values.get(At.rnglistsBase)) ?? (offsetSize === 8 ? 20 : 12);
  const text = (value: FormValue | undefined): string | undefined => {
    if (value?.kind === 'string') return pathAt(value.table, value.value);
    if (value?.kind !== 'string-index') return undefined;
    const cursor = new Cursor(sections.strOffsets, strBase + value.value * offsetSize);
    return pathAt(sections.str, sectionOffset(cursor, offsetSize));
  };
  const addressAt = (index: number): bigint =>
    targetAddress(new Cursor(sections.addr, addrBase + index * addressSize), addressSize);
  const address = (value: FormValue | undefined): bigint | undefined =>
    value?.kind === 'address' ? value.value : value?.kind === 'address-index' ? addressAt(value.value) : undefined;

  const low = address(values.get(At.lowPc));
  const ranges: AddressRange[] = [];
  const list = values.get(At.ranges);
  if (list?.kind === 'offset') {
    for (const range of lists.read(encoding, list.value, low ?? 0n, addressAt)) ranges.push(range);
  } else if (list?.kind === 'list-index') {
    const entry = new Cursor(sections.rnglists, listBase + list.value * offsetSize);
    const start = listBase + sectionOffset(entry, offsetSize);
    for (const range of lists.read(encoding, start, low ?? 0n, addressAt)) ranges.push(range);
  } else if (low !== undefined) {
    const high = values.get(At.highPc);
    // An address, or (since DWARF 4) a length.
    const end = address(high) ?? wrap64(low + BigInt(asNumber(high) ?? 0));
    if (low < end) ranges.push({ start: low, end });
  }
  return {
    offset,
    name: text(values.get(At.name)) ?? '',
    compDir: text(values.get(At.compDir)) ?? '',
    lineTable: asNumber(values.get(At.stmtList)),
    isAssembly: asNumber(values.get(At.language)) === LANGUAGE_ASSEMBLER,
    ranges,
  };
}

/** All compilation units; a broken one costs itself and gives a remark. */
export function readUnits(sections: DwarfSections, remarks: string[]): CompilationUnit[] {
  const units: CompilationUnit[] = [];
  const abbreviations = new AbbreviationTables(sections.abbrev);
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
