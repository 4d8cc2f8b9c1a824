/** GNU as as the judge: what it makes of a source, section by section. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ObjectFile } from '../../src/assembler/object.ts';
import { Cursor } from '../../src/base/cursor.ts';
import { hexBytes } from '../../src/base/hex.ts';

export interface JudgedSection {
  size: number;
  alignment: number;
  /** Hexadecimal, empty for sections without bytes. */
  bytes: string;
  /** `offset type symbol+addend`, sorted; local symbols as their section. */
  relocations: string[];
}

const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_NOBITS = 8;
/** Sections that object files are written with, not what the source says. */
const WRITTEN = /^\.(rela|symtab|strtab|shstrtab|group)|^$/;

/** The sections of an object file made by `as`, by name. @throws with its message */
export function gasSections(text: string, folder: string): Map<string, JudgedSection> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-gas-'));
  try {
    const source = path.join(directory, 'a.s');
    const object = path.join(directory, 'a.o');
    fs.writeFileSync(source, text);
    execFileSync('as', ['--64', '-I', folder, '-o', object, source], { stdio: 'pipe', cwd: folder });
    return parse(new Uint8Array(fs.readFileSync(object)));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

interface Header {
  name: string;
  type: number;
  offset: number;
  size: number;
  link: number;
  info: number;
  alignment: number;
}

function headers(file: Uint8Array): Header[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const at = Number(view.getBigUint64(40, true));
  const raw = Array.from({ length: view.getUint16(60, true) }, (_, i) => {
    const cursor = new Cursor(file, at + 64 * i);
    const name = cursor.u32();
    const type = cursor.u32();
    cursor.skip(16);
    const [offset, size] = [cursor.offset64(), cursor.offset64()];
    return { name, type, offset, size, link: cursor.u32(), info: cursor.u32(), alignment: cursor.offset64() };
  });
  const names = raw[view.getUint16(62, true)];
  return raw.map((one) => ({ ...one, name: new Cursor(file, names.offset + one.name).cstring() }));
}

function parse(file: Uint8Array): Map<string, JudgedSection> {
  const all = headers(file);
  const symbols = symbolsOf(file, all);
  const sections = new Map<string, JudgedSection>();
  for (const { name, type, offset, size, alignment } of all) {
    if (WRITTEN.test(name)) continue;
    const bytes = type === SHT_NOBITS ? '' : hexBytes(file.subarray(offset, offset + size));
    sections.set(name, { size, alignment, bytes, relocations: [] });
  }
  for (const { type, offset, size, info } of all) {
    if (type !== SHT_RELA) continue;
    const relocations = sections.get(all[info].name)?.relocations;
    for (const cursor = new Cursor(file, offset, offset + size); cursor.remaining; ) {
      const at = cursor.offset64();
      const kind = cursor.u32();
      const { name, value } = symbols[cursor.u32()];
      relocations?.push(`${at} ${kind} ${name}+${cursor.i64() + value}`);
    }
    relocations?.sort();
  }
  return sections;
}

function symbolsOf(file: Uint8Array, all: readonly Header[]): { name: string; value: bigint }[] {
  const table = all.find(({ type }) => type === SHT_SYMTAB);
  if (!table) return [];
  const found: { name: string; value: bigint }[] = [];
  for (const cursor = new Cursor(file, table.offset, table.offset + table.size); cursor.remaining; ) {
    const name = new Cursor(file, all[table.link].offset + cursor.u32()).cstring();
    const info = cursor.u8();
    cursor.skip(1);
    const section = cursor.u16();
    const value = cursor.u64();
    cursor.skip(8);
    const own = info >> 4 === 0 && section > 0 && section < all.length;
    found.push(own ? { name: all[section].name, value } : { name, value: 0n });
  }
  return found;
}

/** The same of our own object file. */
export function ownSections(object: ObjectFile): Map<string, JudgedSection> {
  return new Map(
    object.sections.map(({ name, size, alignment, bytes, relocations }) => [
      name,
      {
        size,
        alignment,
        bytes: hexBytes(bytes),
        relocations: relocations
          .map(({ offset, type, symbol, addend }) => {
            const own = typeof symbol.section === 'object' && symbol.binding === 'local';
            const place = own && typeof symbol.section === 'object' ? symbol.section.name : symbol.name;
            return `${offset} ${type} ${place}+${own ? addend + symbol.value : addend}`;
          })
          .sort(),
      },
    ]),
  );
}
