/** Stubs of the procedure linkage table: jumps through a word that the dynamic linker fills (psABI, 5.2). The files have no symbols for them. */
import { Cursor, CursorError } from '../../base/cursor.ts';
import { SHF_EXECINSTR, SHT_RELA } from './constants.ts';
import { type ElfFile, sectionBytes } from './file.ts';
import { stringAt } from './strings.ts';

export interface LinkageStub {
  /** Function that it leads to. */
  readonly name: string;
  /** Link-time address of the stub and of the word that it jumps through. */
  readonly address: bigint;
  readonly slot: bigint;
  readonly size: number;
}

const RELA_SIZE = 24;
const SYMBOL_SIZE = 24;
/** R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT. */
const FUNCTION_WORDS = new Set([6, 7]);
const ENTRY_SIZES = [16, 8];

/** The names of the functions whose addresses the dynamic linker writes into words of the file. */
function namesOfSlots(elf: ElfFile): Map<bigint, string> {
  const names = new Map<bigint, string>();
  for (const table of elf.sections.filter(({ type }) => type === SHT_RELA)) {
    const symbols = elf.sections[table.link];
    const strings = symbols && elf.sections[symbols.link];
    const [rows, entries, texts] = [table, symbols, strings].map((one) => one && sectionBytes(elf, one));
    if (!rows || !entries || !texts) continue;
    const cursor = new Cursor(rows);
    while (cursor.remaining >= RELA_SIZE) {
      const slot = cursor.u64();
      const type = cursor.u32();
      const symbol = cursor.u32();
      cursor.skip(8);
      const name = FUNCTION_WORDS.has(type) && stringAt(texts, new Cursor(entries, symbol * SYMBOL_SIZE).u32());
      if (name) names.set(slot, name);
    }
  }
  return names;
}

/** Where `jmp *distance(%rip)` ends in a stub, and its distance: behind ENDBR64 if there is one, with a BND prefix or without. */
function jump(code: Uint8Array): { end: number; distance: number } | undefined {
  let at = code[0] === 0xf3 && code[1] === 0x0f && code[2] === 0x1e && code[3] === 0xfa ? 4 : 0;
  if (code[at] === 0xf2) at++;
  if (code[at] !== 0xff || code[at + 1] !== 0x25 || at + 6 > code.length) return undefined;
  const distance = code[at + 2] | (code[at + 3] << 8) | (code[at + 4] << 16) | (code[at + 5] << 24);
  return { end: at + 6, distance };
}

/** The stubs of a 64-bit file in order of address; damaged tables give none. */
export function linkageStubs(elf: ElfFile): LinkageStub[] {
  const tables = elf.sections.filter(({ name, flags }) => name.startsWith('.plt') && flags & SHF_EXECINSTR);
  if (!elf.is64 || tables.length === 0) return [];
  try {
    const names = namesOfSlots(elf);
    return tables.flatMap((table) => {
      const bytes = sectionBytes(elf, table) ?? new Uint8Array();
      const size = ENTRY_SIZES.find((one) => one === table.entrySize) ?? (table.name === '.plt.got' ? 8 : 16);
      const stubs: LinkageStub[] = [];
      for (let at = 0; at + size <= bytes.length; at += size) {
        const found = jump(bytes.subarray(at, at + size));
        if (!found) continue;
        const address = table.address + BigInt(at);
        const slot = address + BigInt(found.end) + BigInt(found.distance);
        const name = names.get(slot);
        if (name) stubs.push({ name, address, slot, size });
      }
      return stubs;
    });
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    elf.remarks.push(`The linkage table of ${elf.name} cannot be read: ${error.message}.`);
    return [];
  }
}
