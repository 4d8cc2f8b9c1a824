/** Sections by name: what the tools take those with usual names to be. Numbers are those of the ELF specification. */
import type { SectionAttributes } from './sections.ts';

export const SHT_PROGBITS = 1;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
const SHT_INIT_ARRAY = 14;
const SHT_FINI_ARRAY = 15;
const SHT_PREINIT_ARRAY = 16;
export const SHT_X86_64_UNWIND = 0x7000_0001;

export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_MERGE = 0x10;
export const SHF_STRINGS = 0x20;
export const SHF_GROUP = 0x200;
export const SHF_TLS = 0x400;
export const SHF_GNU_RETAIN = 0x20_0000;
export const SHF_EXCLUDE = 0x8000_0000;

const A = SHF_ALLOC;
const W = SHF_ALLOC | SHF_WRITE;
const X = SHF_ALLOC | SHF_EXECINSTR;

/** Prefix of a name (up to its end or a dot) → type and flags. */
const USUAL: readonly (readonly [name: string, type: number, flags: number, entrySize?: number])[] = [
  ['.text', SHT_PROGBITS, X],
  ['.init_array', SHT_INIT_ARRAY, W, 8],
  ['.fini_array', SHT_FINI_ARRAY, W, 8],
  ['.preinit_array', SHT_PREINIT_ARRAY, W, 8],
  ['.init', SHT_PROGBITS, X],
  ['.fini', SHT_PROGBITS, X],
  ['.data', SHT_PROGBITS, W],
  ['.bss', SHT_NOBITS, W],
  ['.rodata', SHT_PROGBITS, A],
  ['.ctors', SHT_PROGBITS, W],
  ['.dtors', SHT_PROGBITS, W],
  ['.tdata', SHT_PROGBITS, W | SHF_TLS],
  ['.tbss', SHT_NOBITS, W | SHF_TLS],
  ['.eh_frame', SHT_X86_64_UNWIND, A],
  ['.note.GNU-stack', SHT_PROGBITS, 0],
  ['.note', SHT_NOTE, 0],
  ['.comment', SHT_PROGBITS, SHF_MERGE | SHF_STRINGS, 1],
  ['.debug_str', SHT_PROGBITS, SHF_MERGE | SHF_STRINGS, 1],
  ['.debug_line_str', SHT_PROGBITS, SHF_MERGE | SHF_STRINGS, 1],
];

export function usualAttributes(name: string): SectionAttributes {
  const known = USUAL.find(([prefix]) => name === prefix || name.startsWith(`${prefix}.`));
  return { type: known?.[1] ?? SHT_PROGBITS, flags: known?.[2] ?? 0, entrySize: known?.[3] ?? 0 };
}

const FLAG_LETTERS: Record<string, number> = {
  a: SHF_ALLOC,
  w: SHF_WRITE,
  x: SHF_EXECINSTR,
  M: SHF_MERGE,
  S: SHF_STRINGS,
  G: SHF_GROUP,
  T: SHF_TLS,
  e: SHF_EXCLUDE,
  R: SHF_GNU_RETAIN,
};

/** `"aMS"` as SHF_* flags; the first letter that is none, if there is one. */
export function flagsOf(letters: string): { flags: number; wrong?: string } {
  let flags = 0;
  for (const letter of letters) {
    const flag = FLAG_LETTERS[letter];
    if (flag === undefined) return { flags, wrong: letter };
    flags |= flag;
  }
  return { flags: flags >>> 0 };
}

const TYPES: Record<string, number> = {
  progbits: SHT_PROGBITS,
  nobits: SHT_NOBITS,
  note: SHT_NOTE,
  init_array: SHT_INIT_ARRAY,
  fini_array: SHT_FINI_ARRAY,
  preinit_array: SHT_PREINIT_ARRAY,
  unwind: SHT_X86_64_UNWIND,
};

/** `progbits` as SHT_*; undefined if there is no such type. */
export const typeOf = (name: string): number | undefined => TYPES[name];
