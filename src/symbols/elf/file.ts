import { Cursor, CursorError } from '../../base/cursor.ts';
import { hex } from '../../base/hex.ts';
import { ElfError, type ElfSegment } from '../api.ts';
import { packing, packingRemark, unpack } from './compressed.ts';
import { PT_LOAD, SHN_XINDEX, SHT_NOBITS } from './constants.ts';
import { identifyForeign } from './identify.ts';
import { stringAt } from './strings.ts';

/** One section header; sizes and offsets are bytes, `address` is the link-time address (0 if the section is not loaded). */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

/** The headers of an ELF file (either class, little-endian, any machine). */
export interface ElfFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly is64: boolean;
  /** e_type, e_machine. */
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  /** Contents of compressed sections that were asked for; undefined if they are damaged. */
  readonly unpacked: Map<ElfSection, Uint8Array | undefined>;
  /** Sentences about parts of the file that had to be left out. */
  readonly remarks: string[];
}

interface FileHeader {
  is64: boolean;
  type: number;
  machine: number;
  entry: bigint;
  programHeaders: { offset: number; entrySize: number; count: number };
  sectionHeaders: { offset: number; entrySize: number; count: number; names: number };
}

/** A word of the file's class. */
const word = (cursor: Cursor, is64: boolean) => (is64 ? cursor.u64() : BigInt(cursor.u32()));
const offsetWord = (cursor: Cursor, is64: boolean) => (is64 ? cursor.offset64() : cursor.u32());

function readFileHeader(bytes: Uint8Array, name: string): FileHeader {
  if (!(bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46)) {
    const { is, mend } = identifyForeign(bytes);
    throw new ElfError(`${name} is ${is}, not an ELF program; ${mend}.`);
  }
  const elfClass = bytes[4];
  if (bytes.length < 52 || (elfClass === 2 && bytes.length < 64)) {
    throw new ElfError(`${name} is truncated: it ends within its ELF header; build or copy it again.`);
  }
  if (elfClass !== 1 && elfClass !== 2) {
    throw new ElfError(
      `${name} is damaged: its ELF class ${elfClass} is neither 32 nor 64 bits; build or copy it again.`,
    );
  }
  if (bytes[5] !== 1) {
    throw new ElfError(`${name} is a big-endian ELF file; choose a program built for x86-64 Linux.`);
  }
  const is64 = elfClass === 2;
  const cursor = new Cursor(bytes, 16);
  const type = cursor.u16();
  const machine = cursor.u16();
  cursor.skip(4);
  const entry = word(cursor, is64);
  const programOffset = offsetWord(cursor, is64);
  const sectionOffset = offsetWord(cursor, is64);
  cursor.skip(6);
  const programHeaders = { offset: programOffset, entrySize: cursor.u16(), count: cursor.u16() };
  const sectionHeaders = { offset: sectionOffset, entrySize: cursor.u16(), count: cursor.u16(), names: cursor.u16() };
  return { is64, type, machine, entry, programHeaders, sectionHeaders };
}

type RawSection = Omit<ElfSection, 'name'> & { nameOffset: number };

function readSectionHeader(cursor: Cursor, is64: boolean, index: number): RawSection {
  const nameOffset = cursor.u32();
  const type = cursor.u32();
  // Flags above bit 31 are not defined.
  const flags = Number(word(cursor, is64) & 0xffff_ffffn);
  const address = word(cursor, is64);
  const offset = offsetWord(cursor, is64);
  const size = offsetWord(cursor, is64);
  const link = cursor.u32();
  const info = cursor.u32();
  offsetWord(cursor, is64);
  const entrySize = offsetWord(cursor, is64);
  return { index, nameOffset, type, flags, address, offset, size, link, info, entrySize };
}

/** Reads the section headers; a broken table costs the sections, never the file (programs run without any). */
function readSections(bytes: Uint8Array, header: FileHeader, remarks: string[]): ElfSection[] {
  const { offset, entrySize, count, names } = header.sectionHeaders;
  if (offset === 0) return [];
  try {
    if (entrySize < (header.is64 ? 64 : 40))
      throw new CursorError(`section headers of ${entrySize} bytes are too small`);
    const at = (index: number) => readSectionHeader(new Cursor(bytes, offset + index * entrySize), header.is64, index);
    const zero = at(0);
    const total = count || zero.size;
    if (offset + total * entrySize > bytes.length) {
      throw new CursorError(`${total} section headers at ${hex(offset)} do not fit into ${bytes.length} bytes`);
    }
    const raw = Array.from({ length: total }, (_, index) => at(index));
    const table = raw[names === SHN_XINDEX ? zero.link : names];
    const strings = table ? bytes.subarray(table.offset, table.offset + table.size) : new Uint8Array();
    return raw.map(({ nameOffset, ...section }) => ({ ...section, name: stringAt(strings, nameOffset) ?? '' }));
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    remarks.push(`The section headers cannot be read (${error.message}): no symbols and no source lines.`);
    return [];
  }
}

function readSegment(cursor: Cursor, is64: boolean): ElfSegment {
  const type = cursor.u32();
  const flags64 = is64 ? cursor.u32() : 0;
  const offset = word(cursor, is64);
  const vaddr = word(cursor, is64);
  word(cursor, is64);
  const filesz = word(cursor, is64);
  const memsz = word(cursor, is64);
  const flags = is64 ? flags64 : cursor.u32();
  const align = word(cursor, is64);
  return { type, flags, vaddr, memsz, offset, filesz, align };
}

function readSegments(bytes: Uint8Array, name: string, header: FileHeader): ElfSegment[] {
  const { offset, entrySize, count } = header.programHeaders;
  if (count === 0) return [];
  if (entrySize < (header.is64 ? 56 : 32)) {
    throw new ElfError(`${name} is damaged: its program headers have only ${entrySize} bytes; build or copy it again.`);
  }
  let total = count;
  if (count === SHN_XINDEX && header.sectionHeaders.offset) {
    total = readSectionHeader(new Cursor(bytes, header.sectionHeaders.offset), header.is64, 0).info;
  }
  if (offset + total * entrySize > bytes.length) {
    throw new ElfError(
      `${name} is truncated: its program headers end at ${hex(offset + total * entrySize)}, the file at ${hex(bytes.length)}; build or copy it again.`,
    );
  }
  return Array.from({ length: total }, (_, i) => readSegment(new Cursor(bytes, offset + i * entrySize), header.is64));
}

/**
 * Reads the headers of an ELF file. `name` begins the error sentences.
 * @throws ElfError when the file is no ELF file, or too damaged or short to tell its segments.
 */
export function readElf(bytes: Uint8Array, name = 'The file'): ElfFile {
  const remarks: string[] = [];
  try {
    const header = readFileHeader(bytes, name);
    const segments = readSegments(bytes, name, header);
    for (const segment of segments) {
      if (segment.type === PT_LOAD && segment.offset + segment.filesz > BigInt(bytes.length)) {
        throw new ElfError(
          `${name} is truncated: a segment ends at ${hex(segment.offset + segment.filesz)}, the file at ${hex(bytes.length)}; build or copy it again.`,
        );
      }
    }
    const { is64, type, machine, entry } = header;
    return {
      name,
      bytes,
      is64,
      type,
      machine,
      entry,
      segments,
      sections: readSections(bytes, header, remarks),
      unpacked: new Map(),
      remarks,
    };
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    throw new ElfError(`${name} is damaged: a header ${error.message}; build or copy it again.`);
  }
}

/**
 * Content of a section, unpacked if it is compressed: a view of the file, cut at its end, or a copy. Undefined (with a
 * remark) if it cannot be unpacked.
 */
export function sectionBytes(elf: ElfFile, section: ElfSection): Uint8Array | undefined {
  if (section.type === SHT_NOBITS) return new Uint8Array();
  const bytes = elf.bytes.subarray(section.offset, section.offset + section.size);
  if (elf.unpacked.has(section)) return elf.unpacked.get(section);
  let content: Uint8Array | undefined;
  try {
    const packed = packing(section.name, section.flags, bytes, elf.is64);
    if (!packed) return bytes;
    content = unpack(packed.data, packed.size);
  } catch (error) {
    const remark = packingRemark(section.name, error);
    if (!remark) throw error;
    elf.remarks.push(remark);
  }
  elf.unpacked.set(section, content);
  return content;
}

/** The section of that name, the first if there are several. */
export function sectionNamed(elf: ElfFile, name: string): ElfSection | undefined {
  return elf.sections.find((section) => section.name === name);
}
