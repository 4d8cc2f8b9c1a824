/** The bytes of the program to debug: those of an ELF file, or what an assembly source is assembled to. */
import { type BuildFiles, buildProgram } from '../assembler/build.ts';
import { isAssembly } from '../assembler/paths.ts';
import type { Problem } from '../protocol/problems.ts';
import { UserError } from './errors.ts';

/** Files, read at once. */
export interface ProgramFiles {
  /** The bytes of a file, or one sentence why there are none. */
  read(path: string): Uint8Array | { error: string };
  /** Names of the files in a folder. */
  list?(folder: string): readonly string[];
}

/** The bytes of an ELF program. `onProblems` is told what is wrong with a source, also if nothing is. @throws UserError */
export function programBytes(path: string, files: ProgramFiles, onProblems: (problems: Problem[]) => void): Uint8Array {
  if (!isAssembly(path)) return bytesOf(path, files);
  // So that a missing file is told like any other.
  bytesOf(path, files);
  const { program, diagnostics } = buildProgram([path], buildFiles(files));
  onProblems(diagnostics);
  if (program) return program;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [{ file, line, message }] = errors;
  const more = errors.length - 1;
  throw new UserError(
    `${file}:${line}: ${message}${more ? ` There ${more === 1 ? 'is one more mistake' : `are ${more} more mistakes`}.` : ''}`,
  );
}

/** The same files as the assembler wants them. */
export function buildFiles(files: ProgramFiles): BuildFiles {
  return {
    read: (name) => {
      const found = files.read(name);
      return 'error' in found ? undefined : found;
    },
    list: files.list?.bind(files),
  };
}

function bytesOf(path: string, files: ProgramFiles): Uint8Array {
  const bytes = files.read(path);
  if ('error' in bytes) throw new UserError(bytes.error);
  return bytes;
}
