/** What assembling makes: sections, symbols and relocations, as in an object file (System V gABI, x86-64 psABI). */
import type { Place } from './source.ts';

export interface ObjectSection {
  name: string;
  /** SHT_*, SHF_*. */
  type: number;
  flags: number;
  entrySize: number;
  alignment: number;
  /** Empty for SHT_NOBITS. */
  bytes: Uint8Array;
  size: number;
  relocations: Relocation[];
}

export interface ObjectSymbol {
  name: string;
  /** Where it is defined; `undefined` for symbols of elsewhere. */
  section: ObjectSection | 'absolute' | 'common' | undefined;
  /** Offset in the section, value, or alignment of a common block. */
  value: bigint;
  size: bigint;
  type: 'none' | 'function' | 'object' | 'tls' | 'ifunc' | 'section';
  binding: 'local' | 'global' | 'weak';
  visibility: 'default' | 'internal' | 'hidden' | 'protected';
  /** Where it is used first. */
  used?: Place;
}

export interface Relocation {
  /** In its section. */
  offset: number;
  /** R_X86_64_*. */
  type: number;
  symbol: ObjectSymbol;
  addend: bigint;
  /** Where the source asks for it. */
  place: Place;
}

export interface ObjectFile {
  /** Name of the source. */
  name: string;
  sections: ObjectSection[];
  symbols: ObjectSymbol[];
}

/** Relocation types of the x86-64 psABI (4.4). */
export const R = {
  64: 1,
  PC32: 2,
  PLT32: 4,
  GOTPCREL: 9,
  32: 10,
  '32S': 11,
  16: 12,
  PC16: 13,
  8: 14,
  PC8: 15,
  TLSGD: 19,
  TLSLD: 20,
  DTPOFF32: 21,
  GOTTPOFF: 22,
  TPOFF32: 23,
  PC64: 24,
  SIZE32: 32,
  SIZE64: 33,
  GOTPCRELX: 41,
  REX_GOTPCRELX: 42,
} as const;
