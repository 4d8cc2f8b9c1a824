/** The dynamic linker that a program names (PT_INTERP), found among the program's files. */
import { RegularFile } from '../files/inode.ts';
import { find } from '../files/lookup.ts';
import type { Process } from '../process.ts';
import type { Task } from '../task.ts';
import { type ElfProgram, ExecError, readProgram } from './elf.ts';

export interface Interpreter {
  path: string;
  program: ElfProgram;
  bytes: Uint8Array;
}

/** undefined if `program` wants none. `path` is the program's, for messages. Throws ExecError. */
export function findInterpreter(process: Process<Task>, program: ElfProgram, path: string): Interpreter | undefined {
  const { interpreter } = program;
  if (interpreter === undefined) return undefined;
  const { root, cwd } = process.fs;
  const inode = find({ root, cwd, pid: process.pid, tid: process.pid }, interpreter, { follow: true });
  const content = inode instanceof RegularFile ? inode.load() : undefined;
  if (content === undefined || typeof content === 'number')
    throw new ExecError(
      `${path} is dynamically linked and its dynamic linker ${interpreter} is not there; set the sysroot to a folder that holds it and the program’s libraries, or link the program with -static.`,
    );
  return { path: interpreter, program: readProgram(content.all, interpreter), bytes: content.all };
}
