/** Reading an ELF file for execution, and saying in one sentence why one cannot be executed. */
import { Cursor, CursorError } from '../../base/cursor.ts';

/** The program cannot be run; the message is one sentence for the user. */
export class ExecError extends Error {}

export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474e551;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;
/** More program headers than this is no program. */
const MAX_PHDRS = 1024;
const USER_END = { 32: 0xffffe000n, 64: 0x7ffffffff000n } as const;
export type Bits = 32 | 64;
const EHDR_SIZE = { 32: 52, 64: 64 } as const;
/** Size of a program header. */
export const PHDR_SIZE = { 32: 32, 64: 56 } as const;

const MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  8: 'MIPS',
  20: 'PowerPC',
  21: '64-bit PowerPC',
  22: 'S390',
  40: 'ARM',
  43: 'SPARC V9',
  50: 'IA-64',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
};

export interface Segment {
  type: number;
  /** PF_ bits. */
  flags: number;
  offset: number;
  vaddr: bigint;
  filesz: bigint;
  memsz: bigint;
}

export interface ElfProgram {
  bits: Bits;
  /** ET_DYN: may be loaded anywhere. */
  positionIndependent: boolean;
  entry: bigint;
  /** File offset, size and number of the program headers. */
  phoff: bigint;
  phnum: number;
  loads: Segment[];
  /** False only if a PT_GNU_STACK header says that the stack is not executable. */
  executableStack: boolean;
  /** Path of the dynamic linker that has to start the program (PT_INTERP), if it wants one. */
  interpreter: string | undefined;
}

interface Header {
  bits: Bits;
  type: number;
  entry: bigint;
  phoff: number;
  phentsize: number;
  phnum: number;
}

/** Word size of the program, from its class and machine. Throws ExecError if it is built for another kind of machine. */
function bitsOf(bytes: Uint8Array, machine: number, name: string): Bits {
  if (bytes[4] === 2 && bytes[5] === 1 && machine === EM_X86_64) return 64;
  if (bytes[4] === 1 && bytes[5] === 1 && machine === EM_386) return 32;
  if (bytes[4] === 1 && machine === EM_X86_64)
    throw new ExecError(`${name} is a program of the x32 interface, which cannot be run; build it with -m64 or -m32.`);
  const what = MACHINES[machine] ?? `machine type ${machine}`;
  throw new ExecError(`${name} is built for ${what}; only x86 programs, of 64 or 32 bits, can be run.`);
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    const script = bytes[0] === 0x23 && bytes[1] === 0x21;
    throw new ExecError(
      script
        ? `${name} is a script, not an ELF program; name the program that it runs.`
        : `${name} is not an ELF program; build one with gcc or clang for x86-64 Linux.`,
    );
  }
  const cursor = new Cursor(bytes);
  cursor.seek(18);
  const bits = bitsOf(bytes, cursor.u16(), name);
  cursor.seek(16);
  const type = cursor.u16();
  cursor.seek(24);
  const entry = bits === 64 ? cursor.u64() : BigInt(cursor.u32());
  const phoff = bits === 64 ? cursor.offset64() : cursor.u32();
  cursor.seek(EHDR_SIZE[bits] - 10);
  const phentsize = cursor.u16();
  const phnum = cursor.u16();
  if (type !== ET_EXEC && type !== ET_DYN) {
    const what =
      type === 1 ? 'an object file; link it first' : type === 4 ? 'a core dump, not a program' : 'not a program';
    throw new ExecError(`${name} is ${what}.`);
  }
  return { bits, type, entry, phoff, phentsize, phnum };
}

function readSegments(bytes: Uint8Array, { bits, phoff, phnum }: Header): Segment[] {
  const cursor = new Cursor(bytes, phoff);
  const word = () => (bits === 64 ? cursor.u64() : BigInt(cursor.u32()));
  return Array.from({ length: phnum }, () => {
    const type = cursor.u32();
    const flags64 = bits === 64 ? cursor.u32() : 0;
    const offset = bits === 64 ? cursor.offset64() : cursor.u32();
    const vaddr = word();
    word();
    const filesz = word();
    const memsz = word();
    const flags = bits === 64 ? flags64 : cursor.u32();
    word();
    return { type, flags, offset, vaddr, filesz, memsz };
  });
}

function checkLoad(bytes: Uint8Array, segment: Segment, bits: Bits, name: string): void {
  const { offset, vaddr, filesz, memsz } = segment;
  const refuse = (why: string): never => {
    throw new ExecError(`${name} is damaged: ${why}.`);
  };
  if (filesz > memsz) refuse('a segment is larger in the file than in memory');
  if (BigInt(offset) + filesz > BigInt(bytes.length)) refuse('the file is truncated, a segment lies beyond its end');
  if (memsz > USER_END[bits] || vaddr > USER_END[bits] - memsz) refuse('a segment lies outside user space');
  if ((BigInt(offset) ^ vaddr) & 0xfffn) refuse('a segment’s address and file offset disagree about the page');
}

/** Longest path of an interpreter (Linux: PATH_MAX). */
const MAX_INTERPRETER = 4096;

function interpreterOf(bytes: Uint8Array, segments: readonly Segment[], name: string): string | undefined {
  const segment = segments.find(({ type }) => type === PT_INTERP);
  if (!segment) return undefined;
  const size = Number(segment.filesz);
  const text = bytes.subarray(segment.offset, segment.offset + size);
  if (size < 2 || size > MAX_INTERPRETER || text.length < size || text[size - 1] !== 0)
    throw new ExecError(`${name} is damaged: the path of its dynamic linker cannot be read.`);
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

/** Reads what exec needs of the program `bytes`; `name` is for messages, `kernel` the word size of the kernel. Throws ExecError. */
export function readProgram(bytes: Uint8Array, name: string, kernel: Bits = 64): ElfProgram {
  const program = readElf(bytes, name);
  if (program.bits > kernel)
    throw new ExecError(
      `${name} is a 64-bit program, and the kernel profile is one for 32-bit programs; choose another profile, or build it with -m32.`,
    );
  return program;
}

function readElf(bytes: Uint8Array, name: string): ElfProgram {
  try {
    const header = readHeader(bytes, name);
    const { bits, type, entry, phoff, phentsize, phnum } = header;
    if (phnum === 0 || phnum > MAX_PHDRS || phentsize !== PHDR_SIZE[bits] || phoff < EHDR_SIZE[bits])
      throw new ExecError(`${name} is damaged: its program headers are not those of a ${bits}-bit x86 program.`);
    const segments = readSegments(bytes, header);
    const loads = segments.filter((segment) => segment.type === PT_LOAD && segment.memsz > 0n);
    if (loads.length === 0) throw new ExecError(`${name} has no loadable segment, so there is nothing to run.`);
    for (const load of loads) checkLoad(bytes, load, bits, name);
    const stack = segments.find((segment) => segment.type === PT_GNU_STACK);
    return {
      bits,
      positionIndependent: type === ET_DYN,
      entry,
      phoff: BigInt(phoff),
      phnum,
      loads,
      executableStack: !stack || (stack.flags & PF_X) !== 0,
      interpreter: interpreterOf(bytes, segments, name),
    };
  } catch (error) {
    if (error instanceof CursorError)
      throw new ExecError(`${name} is damaged: the file is truncated inside its headers.`);
    throw error;
  }
}
