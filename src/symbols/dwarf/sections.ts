import { type ElfFile, sectionBytes, sectionNamed } from '../elf/file.ts';

/** The DWARF sections of a file; those it lacks are empty. */
export interface DwarfSections {
  readonly info: Uint8Array;
  readonly abbrev: Uint8Array;
  readonly line: Uint8Array;
  readonly str: Uint8Array;
  readonly lineStr: Uint8Array;
  readonly strOffsets: Uint8Array;
  readonly addr: Uint8Array;
  readonly ranges: Uint8Array;
  readonly rnglists: Uint8Array;
  readonly loc: Uint8Array;
  readonly loclists: Uint8Array;
}

export function dwarfSections(elf: ElfFile): DwarfSections {
  const named = (name: string) => {
    const section = sectionNamed(elf, name);
    return (section && sectionBytes(elf, section)) ?? new Uint8Array();
  };
  return {
    info: named('.debug_info'),
    abbrev: named('.debug_abbrev'),
    line: named('.debug_line'),
    str: named('.debug_str'),
    lineStr: named('.debug_line_str'),
    strOffsets: named('.debug_str_offsets'),
    addr: named('.debug_addr'),
    ranges: named('.debug_ranges'),
    rnglists: named('.debug_rnglists'),
    loc: named('.debug_loc'),
    loclists: named('.debug_loclists'),
  };
}
