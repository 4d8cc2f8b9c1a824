/** Source files: from the paths in the debug information to files of this machine, and the kernel's own sources. */
import { UserError } from '../debugger/errors.ts';
import { kernelSource } from '../debugger/kernel-source.ts';
import { baseName } from '../debugger/symbols.ts';
import type { HostFiles } from './host.ts';
import type { DebugProtocol } from './messages.ts';
import type { ReferenceCounter } from './references.ts';

/** Folder of a path, without the last separator. */
function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return end < 0 ? '' : path.slice(0, end);
}

/** How far sources are searched for around the program, and by how much of their path. */
const FOLDERS_SEARCHED = 3;
const PARTS_COMPARED = 4;

export class Sources {
  private readonly resolved = new Map<string, { path: string; found: boolean }>();
  private readonly originals = new Map<string, string>();
  private readonly kernelReferences = new Map<string, number>();
  private readonly kernelFiles = new Map<number, string>();

  constructor(
    private readonly files: HostFiles,
    private readonly counter: ReferenceCounter,
    private readonly program: string,
    private readonly sourceMap: Record<string, string> = {},
  ) {}

  /** A source of the program. */
  source(file: string): DebugProtocol.Source {
    const { path, found } = this.resolve(file);
    return found ? { name: baseName(path), path } : { name: baseName(path), path, presentationHint: 'deemphasize' };
  }

  /** The path of a source that was found on this machine. */
  found(file: string): string | undefined {
    const { path, found } = this.resolve(file);
    return found ? path : undefined;
  }

  /** A kernel source, whose text comes through the source request. */
  kernelSource(file: string): DebugProtocol.Source {
    let sourceReference = this.kernelReferences.get(file);
    if (sourceReference === undefined) {
      sourceReference = this.counter.next();
      this.kernelReferences.set(file, sourceReference);
      this.kernelFiles.set(sourceReference, file);
    }
    return {
      name: baseName(file),
      path: `kernel/${file}`,
      sourceReference,
      origin: 'emulated kernel',
      presentationHint: 'normal',
    };
  }

  /** Text of a source reference. */
  content(sourceReference: number): string {
    const file = this.kernelFiles.get(sourceReference);
    const text = file === undefined ? undefined : kernelSource(file);
    if (text === undefined) throw new UserError('There is no source with this reference.');
    return text;
  }

  /** Where the debug information calls the file at `path` of this machine something else. */
  original(path: string, known: readonly string[]): string {
    const remembered = this.originals.get(path);
    if (remembered !== undefined) return remembered;
    // A file that was not shown yet: one of the program's that leads to this path, else the path itself.
    return known.find((file) => baseName(file) === baseName(path) && this.resolve(file).path === path) ?? path;
  }

  private resolve(file: string): { path: string; found: boolean } {
    const known = this.resolved.get(file);
    if (known) return known;
    const candidates = this.candidates(file);
    const path = candidates.find((candidate) => this.files.exists(candidate));
    const result = { path: path ?? candidates[0], found: path !== undefined };
    this.resolved.set(file, result);
    this.originals.set(result.path, file);
    return result;
  }

  /** Mapped first, then as it stands, then beside the program: programs are often built elsewhere. */
  private candidates(file: string): string[] {
    const prefix = Object.keys(this.sourceMap)
      .filter((from) => file.startsWith(from))
      .sort((a, b) => b.length - a.length)[0];
    const mapped = prefix === undefined ? [] : [this.sourceMap[prefix] + file.slice(prefix.length)];
    return [...mapped, file, ...this.besideProgram(file)];
  }

  /** The last parts of the path in the program's folder and in those above it. */
  private besideProgram(file: string): string[] {
    const parts = file.split(/[\\/]/).filter((part) => part !== '' && part !== '.' && part !== '..');
    const candidates: string[] = [];
    let folder = folderOf(this.program);
    for (let up = 0; up < FOLDERS_SEARCHED && folder !== ''; up++) {
      for (let length = Math.min(parts.length, PARTS_COMPARED); length > 0; length--)
        candidates.push(`${folder}/${parts.slice(-length).join('/')}`);
      folder = folderOf(folder);
    }
    return candidates;
  }
}
