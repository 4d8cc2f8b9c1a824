import { type Cursor, CursorError } from '../../base/cursor.ts';
import { pathAt } from '../elf/strings.ts';
import { baseNameOf, joinPath } from '../paths.ts';
import { type Encoding, type FormValue, initialLength, readForm, sectionOffset } from './forms.ts';
import type { DwarfSections } from './sections.ts';

/** A name with the directory it counts from; the text is decoded only when a row needs it. */
interface FileEntry {
  readonly name: FormValue;
  readonly directory: number;
}

/** The header of one line table (DWARF 5, 6.2.4; DWARF 2–4 likewise). */
export interface LineHeader {
  readonly minInstructionLength: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  /** Operand counts of the standard opcodes 1 … length. */
  readonly operandCounts: readonly number[];
  readonly addressSize: number;
  /** The statements, up to the end of the table. */
  readonly program: Cursor;
  /** Adds a file that the program itself defines (DW_LNE_define_file). */
  defineFile(entry: Cursor): void;
  /** Full path of the file that the program calls `index`; undefined if there is none. */
  filePath(index: number): string | undefined;
  /** Whether a file of the header has this base name. */
  mentions(baseName: string): boolean;
  /** Full paths of all files of the header. */
  files(): readonly string[];
}

/** DW_LNCT_* content types. */
const CONTENT_PATH = 1;
const CONTENT_DIRECTORY = 2;

const inlineString = (cursor: Cursor): Extract<FormValue, { kind: 'string' }> => {
  const value = cursor.position;
  cursor.skipString();
  return { kind: 'string', table: cursor.bytes, value };
};

/** `name, directory, time, length` of DWARF 2–4. */
function fileEntry4(cursor: Cursor): FileEntry {
  const name = inlineString(cursor);
  const directory = cursor.uleb();
  cursor.uleb();
  cursor.uleb();
  return { name, directory };
}

/** A directory or file table of DWARF 5 (6.2.4.1): a list of formats, then the entries. */
function entries5(cursor: Cursor, encoding: Encoding, sections: DwarfSections): FileEntry[] {
  const formats = Array.from({ length: cursor.u8() }, () => ({ content: cursor.uleb(), form: cursor.uleb() }));
  const count = cursor.uleb();
  // Every entry takes at least one byte, or a small table could claim any number of them.
  if (count > cursor.remaining) throw new CursorError(`table of ${count} entries does not fit`);
  return Array.from({ length: count }, () => {
    let name: FormValue = { kind: 'none' };
    let directory = 0;
    for (const { content, form } of formats) {
      const value = readForm(form, cursor, encoding, sections);
      if (content === CONTENT_PATH) name = value;
      else if (content === CONTENT_DIRECTORY && value.kind === 'number') directory = value.value;
    }
    return { name, directory };
  });
}

const textOf = (value: FormValue | undefined) =>
  value?.kind === 'string' ? pathAt(value.table, value.value) : undefined;

/**
 * Reads a header; `cursor` stands at its start and ends at the end of the whole section.
 * Afterwards it stands behind the table. `compDir` is what relative directories count from.
 * @throws CursorError if the header is broken.
 */
export function readLineHeader(
  cursor: Cursor,
  sections: DwarfSections,
  compDir: string,
  defaultAddressSize: number,
): LineHeader {
  const { length, offsetSize } = initialLength(cursor);
  const table = cursor.sub(length);
  const version = table.u16();
  if (version < 2 || version > 5) throw new CursorError(`has DWARF version ${version}`);
  const addressSize = version >= 5 ? table.u8() : defaultAddressSize;
  if (version >= 5) table.skip(1); // segment selector size: x86-64 has none
  const headerLength = sectionOffset(table, offsetSize);
  const programStart = table.position + headerLength;
  const minInstructionLength = table.u8();
  if (version >= 4) table.skip(1); // operations per instruction: x86 is no VLIW machine
  const defaultIsStatement = table.u8() !== 0;
  const lineBase = table.i8();
  const lineRange = table.u8();
  if (lineRange === 0) throw new CursorError('has a line range of 0');
  const opcodeBase = table.u8();
  const operandCounts = Array.from({ length: Math.max(0, opcodeBase - 1) }, () => table.u8());

  const encoding: Encoding = { version, offsetSize, addressSize };
  const directories: FormValue[] = [];
  const files: FileEntry[] = [];
  if (version >= 5) {
    for (const { name } of entries5(table, encoding, sections)) directories.push(name);
    for (const file of entries5(table, encoding, sections)) files.push(file);
  } else {
    // Numbers start at 1; directory 0 is the compilation directory.
    directories.push({ kind: 'none' });
    files.push({ name: { kind: 'none' }, directory: 0 });
    for (;;) {
      const directory = inlineString(table);
      if (table.bytes[directory.value] === 0) break;
      directories.push(directory);
    }
    while (table.bytes[table.position] !== 0 && table.remaining > 0) files.push(fileEntry4(table));
  }
  table.seek(programStart);

  const directoryPath = (index: number) => {
    const base = joinPath(compDir, textOf(directories[0]) ?? '');
    return index === 0 ? base : joinPath(base, textOf(directories[index]) ?? '');
  };
  const filePath = (index: number) => {
    const file = files[index];
    const name = textOf(file?.name);
    return name ? joinPath(directoryPath(file.directory), name) : undefined;
  };
  let paths: readonly string[] | undefined;
  return {
    minInstructionLength,
    defaultIsStatement,
    lineBase,
    lineRange,
    operandCounts,
    addressSize,
    program: table,
    defineFile: (entry) => files.push(fileEntry4(entry)),
    filePath,
    mentions: (baseName) =>
      // The cheap test first: most files have another name.
      files.some(
        ({ name }, index) => textOf(name)?.endsWith(baseName) && baseNameOf(filePath(index) ?? '') === baseName,
      ),
    files: () => {
      paths ??= [...new Set(files.flatMap((_, index) => filePath(index) ?? []))];
      return paths;
    },
  };
}
