/** Writes the file of a program (System V gABI). */
import {
  EM_X86_64,
  ET_EXEC,
  PT_LOAD,
  SHN_ABS,
  SHT_SYMTAB,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_OBJECT,
  STT_TLS,
} from '../../symbols/elf/constants.ts';
import { ByteList } from '../bytes.ts';
import type { ObjectSymbol } from '../object.ts';
import { SHT_NOBITS } from '../section-names.ts';
import type { OutputSection } from './outputs.ts';

const HEADER = 64;
const PROGRAM_HEADER = 56;
const SECTION_HEADER = 64;
const SYMBOL = 24;
const PT_GNU_STACK = 0x6474_e551;
const SHT_STRTAB = 3;
const PF = { x: 1, w: 2, r: 4 };

export interface Segment {
  /** PF_*. */
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
}

/** A symbol with its address. */
export interface PlacedSymbol {
  symbol: ObjectSymbol;
  value: bigint;
  /** Undefined: absolute. */
  section: OutputSection | undefined;
}

export interface Image {
  entry: bigint;
  segments: readonly Segment[];
  sections: readonly OutputSection[];
  /** The bytes of a section; not asked of those without. */
  bytesOf(section: OutputSection): Uint8Array;
  symbols: readonly PlacedSymbol[];
  sourceNames: readonly string[];
}

/** Bytes of the headers that lie before the first section. */
export const headerSize = (segments: number): number => HEADER + PROGRAM_HEADER * (segments + 1);

const TYPES: Record<ObjectSymbol['type'], number> = {
  none: 0,
  object: STT_OBJECT,
  function: STT_FUNC,
  section: 3,
  tls: STT_TLS,
  ifunc: STT_GNU_IFUNC,
};
const BINDINGS = { local: 0, global: 1, weak: 2 };
const VISIBILITIES = { default: 0, internal: 1, hidden: 2, protected: 3 };

/** Texts that end with a zero byte, each by its offset. */
class Strings {
  readonly bytes = new ByteList().u8(0);

  add(text: string): number {
    const at = this.bytes.length;
    this.bytes.cstring(text);
    return at;
  }
}

function symbolTable({ symbols, sections, sourceNames }: Image, names: Strings): { bytes: ByteList; locals: number } {
  const bytes = new ByteList();
  bytes.reserve(SYMBOL);
  const add = (name: string, info: number, other: number, section: number, value: bigint, size: bigint) =>
    bytes
      .u32(name === '' ? 0 : names.add(name))
      .u8(info)
      .u8(other)
      .u16(section)
      .u64(value)
      .u64(size);
  for (const name of sourceNames) add(name, STT_FILE, 0, SHN_ABS, 0n, 0n);
  const isLocal = ({ symbol }: PlacedSymbol) => symbol.binding === 'local';
  const ordered = [...symbols.filter(isLocal), ...symbols.filter((one) => !isLocal(one))];
  for (const { symbol, value, section } of ordered) {
    const index = section ? sections.indexOf(section) + 1 : SHN_ABS;
    const info = (BINDINGS[symbol.binding] << 4) | TYPES[symbol.type];
    add(symbol.name, info, VISIBILITIES[symbol.visibility], index, value, symbol.size);
  }
  return { bytes, locals: 1 + sourceNames.length + symbols.filter(isLocal).length };
}

/** The bytes of the program's file. */
export function writeElf(image: Image): Uint8Array {
  const { sections, segments, entry } = image;
  const file = new ByteList();
  file.reserve(headerSize(segments.length));
  for (const section of sections) {
    if (section.type === SHT_NOBITS) continue;
    file.reserve(section.offset - file.length);
    file.push(image.bytesOf(section));
  }
  const names = new Strings();
  const { bytes: symbols, locals } = symbolTable(image, names);
  const place = (bytes: Uint8Array): number => {
    file.alignTo(8);
    const at = file.length;
    file.push(bytes);
    return at;
  };
  const symbolsAt = place(symbols.bytes);
  const namesAt = place(names.bytes.bytes);

  const headers = new ByteList();
  headers.reserve(SECTION_HEADER);
  const titles = new Strings();
  const header = (name: string, type: number, rest: readonly (number | bigint)[]) => {
    const [flags, address, offset, size, link, info, alignment, entrySize] = rest;
    headers.u32(titles.add(name)).u32(type).u64(flags).u64(address).u64(offset).u64(size);
    headers.u32(Number(link)).u32(Number(info)).u64(alignment).u64(entrySize);
  };
  for (const { name, type, flags, address, offset, size, alignment, entrySize } of sections)
    header(name, type, [flags, address, offset, size, 0, 0, alignment, entrySize]);
  const first = sections.length + 1;
  header('.symtab', SHT_SYMTAB, [0, 0, symbolsAt, symbols.length, first + 1, locals, 8, SYMBOL]);
  header('.strtab', SHT_STRTAB, [0, 0, namesAt, names.bytes.length, 0, 0, 1, 0]);
  const title = titles.add('.shstrtab');
  const titlesAt = place(titles.bytes.bytes);
  headers.u32(title).u32(SHT_STRTAB).u64(0).u64(0).u64(titlesAt).u64(titles.bytes.length).u32(0).u32(0).u64(1).u64(0);
  const headersAt = place(headers.bytes);

  const head = new ByteList();
  head.push([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]).u64(0);
  head.u16(ET_EXEC).u16(EM_X86_64).u32(1).u64(entry).u64(HEADER).u64(headersAt).u32(0);
  head
    .u16(HEADER)
    .u16(PROGRAM_HEADER)
    .u16(segments.length + 1);
  head
    .u16(SECTION_HEADER)
    .u16(first + 3)
    .u16(first + 2);
  for (const { flags, offset, address, fileSize, memorySize } of segments)
    head.u32(PT_LOAD).u32(flags).u64(offset).u64(address).u64(address).u64(fileSize).u64(memorySize).u64(4096);
  head
    .u32(PT_GNU_STACK)
    .u32(PF.r | PF.w)
    .u64(0)
    .u64(0)
    .u64(0)
    .u64(0)
    .u64(0)
    .u64(16);
  const bytes = file.bytes.slice();
  bytes.set(head.bytes, 0);
  return bytes;
}
