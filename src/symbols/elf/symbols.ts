import { Cursor, CursorError } from '../../base/cursor.ts';
import type { ElfSymbol } from '../api.ts';
import {
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  SHT_DYNSYM,
  SHT_SYMTAB,
  STB_LOCAL,
  STB_WEAK,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_OBJECT,
  STT_SECTION,
  STT_TLS,
} from './constants.ts';
import { type ElfFile, type ElfSection, sectionBytes } from './file.ts';
import { stringAt } from './strings.ts';

/** A symbol with its link-time address; `section` is the index of the section it is in, undefined for absolute values. */
export interface RawSymbol extends ElfSymbol {
  section: number | undefined;
}

const kindOf = (type: number): ElfSymbol['kind'] =>
  type === STT_FUNC || type === STT_GNU_IFUNC ? 'function' : type === STT_OBJECT ? 'object' : 'other';
const bindingOf = (binding: number): ElfSymbol['binding'] =>
  binding === STB_LOCAL ? 'local' : binding === STB_WEAK ? 'weak' : 'global';

function readTable(elf: ElfFile, table: ElfSection, into: RawSymbol[]): void {
  const entrySize = elf.is64 ? 24 : 16;
  const cursor = new Cursor(sectionBytes(elf, table) ?? new Uint8Array());
  const stringTable = elf.sections[table.link];
  const strings = (stringTable && sectionBytes(elf, stringTable)) ?? new Uint8Array();
  // Names may share tails, so they can be longer together than their table, but not by much unless somebody means harm.
  let budget = strings.length * 8 + 65536;
  for (let count = Math.floor(cursor.remaining / entrySize); count > 0; count--) {
    const nameOffset = cursor.u32();
    let address = 0n;
    let size = 0n;
    if (!elf.is64) {
      address = BigInt(cursor.u32());
      size = BigInt(cursor.u32());
    }
    const info = cursor.u8();
    cursor.skip(1);
    const section = cursor.u16();
    if (elf.is64) {
      address = cursor.u64();
      size = cursor.u64();
    }
    const type = info & 15;
    // A TLS symbol's value is an offset into thread storage, no address.
    if (section === SHN_UNDEF || section === SHN_COMMON) continue;
    if (type === STT_SECTION || type === STT_FILE || type === STT_TLS) continue;
    const name = stringAt(strings, nameOffset);
    if (!name) continue;
    budget -= name.length;
    if (budget < 0) {
      elf.remarks.push(`The names in ${table.name} overlap without end: the last ${count} symbols are left out.`);
      return;
    }
    into.push({
      name,
      address,
      size,
      kind: kindOf(type),
      binding: bindingOf(info >> 4),
      section: section === SHN_ABS ? undefined : section,
    });
  }
}

/**
 * Defined symbols of .symtab, and those of .dynsym that it lacks; link-time addresses, in the files' order. `files` are one file, or
 * a stripped one and the one with what was taken from it.
 */
export function readSymbols(files: readonly ElfFile[]): RawSymbol[] {
  let symbols: RawSymbol[] = [];
  for (const type of [SHT_SYMTAB, SHT_DYNSYM]) {
    const found: RawSymbol[] = [];
    for (const elf of files) {
      for (const table of elf.sections.filter((section) => section.type === type)) {
        try {
          readTable(elf, table, found);
        } catch (error) {
          if (!(error instanceof CursorError)) throw error;
          elf.remarks.push(`The symbols of ${table.name} cannot be read: ${error.message}.`);
        }
      }
    }
    // Big files have more symbols than a call may have arguments.
    if (!symbols.length) symbols = found;
    else {
      const known = new Set(symbols.map(({ name, address }) => `${address} ${name}`));
      for (const symbol of found) if (!known.has(`${symbol.address} ${symbol.name}`)) symbols.push(symbol);
    }
  }
  return symbols;
}
