/** Finds the program that belongs to a source file, and all programs of a folder. Knows files, not VS Code. */
import path from 'node:path';
import { isAssembly } from '../../assembler/paths.ts';
import { fileKind, HEAD_BYTES } from './elf-kind.ts';
import type { Files } from './files.ts';

/** Folders in which builds put programs, beside or above the sources. */
const OUTPUT_FOLDERS = ['', 'bin', 'build', 'out', 'debug', 'Debug', 'release', 'Release', 'dist', 'target'];
/** Endings that never are programs, so that their files need not be opened. */
const NOT_PROGRAMS =
  /\.(c|cc|cpp|cxx|h|hh|hpp|s|asm|inc|o|a|d|md|txt|json|js|ts|py|sh|html|css|svg|png|yml|yaml|toml|map|log)$/i;
/** Folders that hold no programs of the user's, or too many files. */
const NOT_SEARCHED = new Set(['node_modules', '.git', '.cache', '.hg', '.svn']);

export async function isProgram(files: Files, file: string): Promise<boolean> {
  return (await files.kind(file)) === 'file' && fileKind(await files.head(file, HEAD_BYTES)) === 'program';
}

/** Sources beyond this size are written by compilers. */
const MOST_SOURCE = 1 << 20;

/** Whether a file is an assembly source that says where the program begins: one that needs no other build. */
export async function isWholeSource(files: Files, file: string): Promise<boolean> {
  if (!isAssembly(file)) return false;
  return /^\s*_start\s*:/m.test(new TextDecoder().decode(await files.head(file, MOST_SOURCE)));
}

/** Base names under which the program of `source` may go: `list.O0.s` → `list.O0`, `list`. */
function stems(source: string): string[] {
  const found: string[] = [];
  for (let name = path.basename(source); path.extname(name); name = path.basename(name, path.extname(name)))
    found.push(path.basename(name, path.extname(name)));
  return found.length ? found : [path.basename(source)];
}

/** Folders to look into: those of builds, at the source and at every folder above it up to `root`. */
function placesFor(source: string, root: string | undefined): string[] {
  const places: string[] = [];
  for (let folder = path.dirname(source); ; folder = path.dirname(folder)) {
    places.push(...OUTPUT_FOLDERS.map((output) => path.join(folder, output)));
    const inside = root !== undefined && folder !== root && !path.relative(root, folder).startsWith('..');
    if (!inside || folder === path.dirname(folder)) return places;
  }
}

/**
 * The programs that may be meant by the open file `file`: itself if it is one; else the one of the same name; else those whose
 * name goes on after it (`list.O0`, `list-static`); else an `a.out` beside it. More than one: the user must choose.
 * `root` is the workspace folder, above which nothing is looked for.
 */
export async function programsFor(files: Files, file: string, root?: string): Promise<string[]> {
  if (await isProgram(files, file)) return [file];
  const places = placesFor(file, root);
  for (const stem of stems(file)) {
    for (const place of places)
      for (const name of [stem, `${stem}.elf`, `${stem}.out`]) {
        const candidate = path.join(place, name);
        if (candidate !== file && (await isProgram(files, candidate))) return [candidate];
      }
    const longer = (await Promise.all(places.map((place) => variants(files, place, stem)))).flat();
    if (longer.length) return [...new Set(longer)];
  }
  const unnamed = path.join(path.dirname(file), 'a.out');
  return (await isProgram(files, unnamed)) ? [unnamed] : [];
}

/** Programs in `folder` whose name is `stem`, then `.`, `-` or `_`, then more. */
async function variants(files: Files, folder: string, stem: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, directory } of await files.list(folder)) {
    if (directory || NOT_PROGRAMS.test(name) || !name.startsWith(stem) || !/^[.\-_]/.test(name.slice(stem.length)))
      continue;
    const candidate = path.join(folder, name);
    if (await isProgram(files, candidate)) found.push(candidate);
  }
  return found.sort();
}

/** All programs below `folder`, nearest first; looks at no more than `limit` files. */
export async function programsBelow(files: Files, folder: string, limit = 5000): Promise<string[]> {
  const found: string[] = [];
  let looked = 0;
  const queue = [folder];
  for (let next = queue.shift(); next !== undefined && looked < limit; next = queue.shift()) {
    const entries = (await files.list(next)).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, directory } of entries) {
      if (++looked > limit) break;
      const full = path.join(next, name);
      if (directory) {
        if (!NOT_SEARCHED.has(name)) queue.push(full);
      } else if (!NOT_PROGRAMS.test(name) && (await isProgram(files, full))) found.push(full);
    }
  }
  return found;
}
