import { type ElfFile, sectionBytes, sectionNamed } from '../elf/file.ts';

/** The DWARF sections of a file; those it lacks are empty. */
export interface DwarfSections {
  readonly info: Uint8Array;
  /** Type units of DWARF 4. */
  readonly types: Uint8Array;
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
  /** Those of the file that several programs share what they have in common in (DWARF 5, 7.3.6; made by dwz). */
  readonly supplementary: DwarfSections | undefined;
}

export function dwarfSections(elf: ElfFile, supplementary?: DwarfSections): DwarfSections {
  const named = (name: string) => {
    const section = sectionNamed(elf, `.debug_${name}`) ?? sectionNamed(elf, `.zdebug_${name}`);
    return (section && sectionBytes(elf, section)) ?? new Uint8Array();
  };
  return {
    info: named('info'),
    types: named('types'),
    abbrev: named('abbrev'),
    line: named('line'),
    str: named('str'),
    lineStr: named('line_str'),
    strOffsets: named('str_offsets'),
    addr: named('addr'),
    ranges: named('ranges'),
    rnglists: named('rnglists'),
    loc: named('loc'),
    loclists: named('loclists'),
    supplementary,
  };
}
