import { ElfError } from '../api.ts';
import { EM_386, EM_X86_64, ET_CORE, ET_DYN, ET_EXEC, ET_REL, machineName, PT_LOAD } from './constants.ts';
import type { ElfFile } from './file.ts';

/**
 * Refuses an ELF file that is no x86-64 program.
 * @throws ElfError with one sentence that names the reason.
 */
export function checkProgram(elf: ElfFile): void {
  const refuse = (why: string, mend: string) => {
    throw new ElfError(`${elf.name} ${why}; ${mend}.`);
  };
  if (elf.machine === EM_386) refuse('is a 32-bit x86 program', 'build it for x86-64 (gcc -m64)');
  if (elf.machine !== EM_X86_64) {
    refuse(`is a program for ${machineName(elf.machine)}`, 'choose a program built for x86-64 Linux');
  }
  if (!elf.is64) refuse('is a program of the 32-bit x32 interface', 'build it for x86-64 (gcc -m64)');
  if (elf.type === ET_REL)
    refuse('is an object file that is not linked yet', 'link it (gcc -o program file.o) and choose the program');
  if (elf.type === ET_CORE) refuse('is a core dump', 'choose the program that it came from');
  if (elf.type !== ET_EXEC && elf.type !== ET_DYN)
    refuse(`has the unknown ELF type ${elf.type}`, 'build or copy it again');
  if (!elf.segments.some((segment) => segment.type === PT_LOAD)) {
    refuse('has nothing to load into memory', 'choose the program itself, not its separate debug information');
  }
  if (elf.type === ET_DYN && elf.entry === 0n) {
    refuse('is a shared library without an entry point', 'choose the program that uses it');
  }
}
