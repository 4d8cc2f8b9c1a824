import { Cursor, CursorError } from '../../base/cursor.ts';
import { hexBytes } from '../../base/hex.ts';
import { NT_GNU_BUILD_ID, PT_NOTE, SHT_NOTE } from './constants.ts';
import { type ElfFile, sectionBytes } from './file.ts';

export interface ElfNote {
  owner: string;
  type: number;
  description: Uint8Array;
}

/** The notes of one note section or segment, up to the first that is broken. */
export function readNotes(bytes: Uint8Array): ElfNote[] {
  const notes: ElfNote[] = [];
  const cursor = new Cursor(bytes);
  const padded = (size: number) => Math.min((size + 3) & ~3, cursor.remaining);
  try {
    while (cursor.remaining >= 12) {
      const ownerSize = cursor.u32();
      const descriptionSize = cursor.u32();
      const type = cursor.u32();
      if (ownerSize > cursor.remaining) break;
      const owner = new TextDecoder().decode(cursor.take(padded(ownerSize)).subarray(0, ownerSize)).replace(/\0+$/, '');
      if (descriptionSize > cursor.remaining) break;
      const description = cursor.take(padded(descriptionSize)).subarray(0, descriptionSize);
      notes.push({ owner, type, description });
    }
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
  }
  return notes;
}

/** All notes: those of note sections, or of note segments where there are no sections. */
export function allNotes(elf: ElfFile): ElfNote[] {
  const sections = elf.sections.filter(({ type }) => type === SHT_NOTE);
  if (sections.length) return sections.flatMap((section) => readNotes(sectionBytes(elf, section) ?? new Uint8Array()));
  return elf.segments
    .filter(({ type }) => type === PT_NOTE)
    .flatMap(({ offset, filesz }) => readNotes(elf.bytes.subarray(Number(offset), Number(offset + filesz))));
}

/** The build-id as lower-case hexadecimal digits, or undefined if the file has none. */
export function buildId(elf: ElfFile): string | undefined {
  const note = allNotes(elf).find(({ owner, type }) => owner === 'GNU' && type === NT_GNU_BUILD_ID);
  return note && hexBytes(note.description);
}
