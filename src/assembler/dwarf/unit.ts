/** The one compilation unit that an assembly source is, in DWARF 4: enough for a debugger to find its lines. */
import { ByteList } from '../bytes.ts';
import { type Expression, number, sum, symbolic } from '../model.ts';
import type { Fixup, Section } from '../sections.ts';
import type { Place } from '../source.ts';
import { startOf } from './line-program.ts';

const DW_LANG_MIPS_ASSEMBLER = 0x8001;
const PRODUCER = 'MPX Debugger, assembler';

/** Abbreviation 1: a unit of one stretch of code; 2: of several (DWARF 4, 7.5). */
const ATTRIBUTES: readonly (readonly [attribute: number, form: number])[] = [
  [0x10, 0x17], // stmt_list: sec_offset
  [0x11, 0x01], // low_pc: addr
  [0x03, 0x08], // name: string
  [0x1b, 0x08], // comp_dir: string
  [0x25, 0x08], // producer: string
  [0x13, 0x05], // language: data2
];

export interface UnitRequest {
  name: string;
  directory: string;
  /** Sections with code. */
  code: readonly Section[];
  sections: { info: Section; abbreviations: Section; ranges: Section; lines: Section };
  place: Place;
}

/** Writes `.debug_info`, `.debug_abbrev` and `.debug_ranges`. Call it after the layout of the code. */
export function writeUnit({ name, directory, code, sections, place }: UnitRequest): void {
  const abbreviations = new ByteList();
  abbreviations.uleb(1).uleb(0x11).u8(0);
  for (const [attribute, form] of [...ATTRIBUTES, [0x55, 0x17] as const]) abbreviations.uleb(attribute).uleb(form);
  abbreviations.u16(0).u8(0);
  sections.abbreviations.write(abbreviations.bytes);

  const ranges = new ByteList();
  const rangeFixups: Fixup[] = [];
  const address = (bytes: ByteList, fixups: Fixup[], expression: Expression, size: 4 | 8) => {
    fixups.push({ offset: bytes.length, size, expression, place });
    bytes.reserve(size);
  };
  for (const section of code) {
    address(ranges, rangeFixups, symbolic(startOf(section)), 8);
    address(ranges, rangeFixups, sum(symbolic(startOf(section)), number(section.size)), 8);
  }
  ranges.u64(0).u64(0);
  append(sections.ranges, ranges, rangeFixups);

  const info = new ByteList();
  const fixups: Fixup[] = [];
  info.u32(0).u16(4);
  address(info, fixups, symbolic(startOf(sections.abbreviations)), 4);
  info.u8(8).uleb(1);
  address(info, fixups, symbolic(startOf(sections.lines)), 4);
  info.u64(0);
  info.cstring(name).cstring(directory).cstring(PRODUCER).u16(DW_LANG_MIPS_ASSEMBLER);
  address(info, fixups, symbolic(startOf(sections.ranges)), 4);
  const { bytes } = info;
  new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
  append(sections.info, info, fixups);
}

/** Adds `bytes` to a section, with their fields. */
export function append(section: Section, { bytes }: { bytes: Uint8Array }, fixups: readonly Fixup[]): void {
  const data = section.data(bytes.length);
  const base = data.bytes.length;
  data.bytes.push(bytes);
  for (const fixup of fixups) data.fixups.push({ ...fixup, offset: base + fixup.offset });
}
