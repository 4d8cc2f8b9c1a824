import { ElfError } from './api.ts';
import { crc32 } from './elf/crc32.ts';
import { type ElfFile, readElf, sectionNamed } from './elf/file.ts';
import { debugLink, supplementaryChecksum, supplementaryLink } from './elf/links.ts';
import { buildId } from './elf/notes.ts';
import { joinPath } from './paths.ts';

/** Reads a file of the system that a program belongs to by its absolute path; undefined if there is none. */
export type FileReader = (path: string) => Uint8Array | undefined;

/** What is known of one loaded file: itself, the file with its debug information (often the same), and one shared with others. */
export interface DebugFiles {
  readonly elf: ElfFile;
  readonly debug: ElfFile;
  readonly supplementary: ElfFile | undefined;
}

/** Where distributions put separate debug information. */
const DEBUG_ROOT = '/usr/lib/debug';

const byBuildId = (id: string) => `${DEBUG_ROOT}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';

function hasDebugInformation(elf: ElfFile): boolean {
  return elf.sections.some(({ name }) => /^\.z?debug_(info|line)$/.test(name));
}

/** The ELF file at the first of `paths` that `accepts` lets pass, and where it was. */
function firstFile(
  paths: readonly string[],
  read: FileReader,
  accepts: (elf: ElfFile) => boolean,
): { elf: ElfFile; path: string } | undefined {
  for (const path of paths) {
    const bytes = read(path);
    if (!bytes) continue;
    try {
      const elf = readElf(bytes, path);
      if (accepts(elf)) return { elf, path };
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
    }
  }
  return undefined;
}

/** The file that holds the debug information of a stripped one. */
function separateFile(elf: ElfFile, path: string, read: FileReader): { elf: ElfFile; path: string } | undefined {
  const id = buildId(elf);
  const found = id && firstFile([byBuildId(id)], read, (one) => buildId(one) === id);
  if (found) return found;
  const link = debugLink(elf);
  if (!link) return undefined;
  const folder = directoryOf(path);
  const paths = [folder, joinPath(folder, '.debug'), joinPath(DEBUG_ROOT, `.${folder}`)].map((one) =>
    joinPath(one, link.name),
  );
  let other = '';
  const linked = firstFile(paths, read, (one) => {
    if (crc32(one.bytes) === link.crc) return true;
    other ||= one.name;
    return false;
  });
  if (!linked)
    elf.remarks.push(
      other
        ? `The debug information in ${other} belongs to another build of ${path}: copy the right file there.`
        : `The debug information of ${path} is in a separate file: copy ${link.name} to ${folder}.`,
    );
  return linked;
}

function supplementaryFile(debug: ElfFile, path: string, read: FileReader): ElfFile | undefined {
  const link = supplementaryLink(debug);
  if (!link) return undefined;
  const paths = [joinPath(directoryOf(path), link.name), byBuildId(link.buildId)];
  const found = firstFile(paths, read, (one) => (supplementaryChecksum(one) ?? buildId(one)) === link.buildId);
  if (!found)
    debug.remarks.push(
      `Types and names of ${path} are known in part: copy the file with its common debug information to ${paths[0]}.`,
    );
  return found?.elf;
}

/**
 * Finds the debug information of `elf`, which lies at `path` of the system that `read` reads. Files that belong to another build are
 * not taken; what is missing gives a remark.
 */
export function findDebugFiles(elf: ElfFile, path: string, read: FileReader | undefined): DebugFiles {
  const reader: FileReader = read ?? (() => undefined);
  const own = hasDebugInformation(elf) ? { elf, path } : separateFile(elf, path, reader);
  const debug = own?.elf ?? elf;
  return { elf, debug, supplementary: supplementaryFile(debug, own?.path ?? path, reader) };
}

/** Whether the file has no symbols of its own but those that other files link to. */
export function isStripped(elf: ElfFile): boolean {
  return sectionNamed(elf, '.symtab') === undefined;
}
