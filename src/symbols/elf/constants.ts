/** Numbers of the ELF format (System V gABI and the x86-64 psABI) that the readers use. */

export const ET_REL = 1;
export const ET_EXEC = 2;
export const ET_DYN = 3;
export const ET_CORE = 4;

export const EM_386 = 3;
export const EM_X86_64 = 62;

export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PT_TLS = 7;
export const PF_X = 1;

export const SHT_SYMTAB = 2;
export const SHT_RELA = 4;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_DYNSYM = 11;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_COMPRESSED = 0x800;

export const SHN_UNDEF = 0;
export const SHN_ABS = 0xfff1;
export const SHN_COMMON = 0xfff2;
/** In e_phnum, e_shstrndx and st_shndx: the real number is elsewhere because it does not fit into 16 bits. */
export const SHN_XINDEX = 0xffff;

export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const STT_FILE = 4;
export const STT_TLS = 6;
export const STT_GNU_IFUNC = 10;
export const STB_LOCAL = 0;
export const STB_WEAK = 2;

export const NT_GNU_BUILD_ID = 3;

const machines: Record<number, string> = {
  2: 'SPARC',
  3: '32-bit x86 (i386)',
  8: 'MIPS',
  20: 'PowerPC',
  21: '64-bit PowerPC',
  22: 'IBM Z (s390)',
  40: '32-bit ARM',
  43: '64-bit SPARC',
  50: 'Itanium',
  62: 'x86-64',
  183: '64-bit ARM (AArch64)',
  243: 'RISC-V',
  247: 'BPF',
  258: 'LoongArch',
};

/** What an e_machine number is called, e.g. `64-bit ARM (AArch64)`. */
export function machineName(machine: number): string {
  return machines[machine] ?? `machine number ${machine}`;
}
