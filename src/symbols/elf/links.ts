import { Cursor, CursorError } from '../../base/cursor.ts';
import { hexBytes } from '../../base/hex.ts';
import { type ElfFile, sectionBytes, sectionNamed } from './file.ts';

/** A file name and what the file must be like. */
export interface DebugLink {
  readonly name: string;
  readonly crc: number;
}

export interface SupplementaryLink {
  readonly name: string;
  /** In hexadecimal digits. */
  readonly buildId: string;
}

function readSection<T>(elf: ElfFile, name: string, read: (cursor: Cursor) => T): T | undefined {
  const section = sectionNamed(elf, name);
  const bytes = section && sectionBytes(elf, section);
  if (!bytes?.length) return undefined;
  try {
    return read(new Cursor(bytes));
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    elf.remarks.push(`Section ${name} is left out: it ${error.message}.`);
    return undefined;
  }
}

/** Where the debug information of a stripped file is (.gnu_debuglink: a base name, padding to four bytes, a CRC-32). */
export function debugLink(elf: ElfFile): DebugLink | undefined {
  return readSection(elf, '.gnu_debuglink', (cursor) => {
    const name = cursor.cstring();
    cursor.seek((cursor.position + 3) & ~3);
    const crc = cursor.u32();
    // A path would lead to files that nobody put there for this purpose.
    if (name.includes('/')) throw new CursorError(`names ${name}, which is no base name`);
    return { name, crc };
  });
}

/** The supplementary file (.gnu_debugaltlink: a path and a build-id; DWARF 5, 7.3.6: .debug_sup). */
export function supplementaryLink(elf: ElfFile): SupplementaryLink | undefined {
  const gnu = readSection(elf, '.gnu_debugaltlink', (cursor) => {
    const name = cursor.cstring();
    return { name, buildId: hexBytes(cursor.take(cursor.remaining)) };
  });
  if (gnu) return gnu;
  const standard = readSection(elf, '.debug_sup', (cursor) => {
    cursor.skip(2); // version
    const isSupplementary = cursor.u8() !== 0;
    const name = cursor.cstring();
    const buildId = hexBytes(cursor.take(cursor.uleb()));
    return { name, buildId, isSupplementary };
  });
  return standard && !standard.isSupplementary ? standard : undefined;
}

/** The checksum by which other files know a supplementary one; undefined if it is none. */
export function supplementaryChecksum(elf: ElfFile): string | undefined {
  return readSection(elf, '.debug_sup', (cursor) => {
    cursor.skip(2);
    if (cursor.u8() === 0) return undefined;
    cursor.skipString();
    return hexBytes(cursor.take(cursor.uleb()));
  });
}
