/** Makes small ELF programs in memory. */
export interface TestSegment {
  vaddr: bigint;
  bytes: number[];
  memsz?: number;
  /** PF_ bits: 1 x, 2 w, 4 r. */
  flags: number;
}

export interface TestProgram {
  type?: 2 | 3 | 1;
  machine?: number;
  elfClass?: 1 | 2;
  /** How the headers are laid out: ELF64 unless 32. */
  bits?: 32 | 64;
  entry?: bigint;
  segments: TestSegment[];
  /** PT_GNU_STACK flags; undefined leaves the header out. */
  stackFlags?: number;
  /** Path of the dynamic linker. */
  interp?: string;
}

const PAGE = 4096;
const EM_386 = 3;
const EM_X86_64 = 62;
/** Offsets in a program header. */
const ELF64_FIELDS = { flags: 4, offset: 8, vaddr: 16, filesz: 32, memsz: 40 };
const ELF32_FIELDS = { flags: 24, offset: 4, vaddr: 8, filesz: 16, memsz: 20 };

/** Each segment begins on a page of the file that agrees with its address modulo the page size. */
export function elfFile(program: TestProgram): Uint8Array {
  const extra = (program.stackFlags === undefined ? 0 : 1) + (program.interp ? 1 : 0);
  const phnum = program.segments.length + extra;
  let offset = PAGE;
  const placed = program.segments.map((segment) => {
    const at = offset + Number(segment.vaddr & 0xfffn);
    offset = Math.ceil((at + segment.bytes.length + 1) / PAGE) * PAGE;
    return { ...segment, offset: at };
  });
  const interpAt = offset;
  const interp = new TextEncoder().encode(`${program.interp ?? ''}\0`);
  const bytes = new Uint8Array(offset + interp.length);
  const view = new DataView(bytes.buffer);
  const narrow = program.bits === 32;
  /** An address, offset or size. */
  const word = (at: number, value: bigint) =>
    narrow ? view.setUint32(at, Number(value), true) : view.setBigUint64(at, value, true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, program.elfClass ?? (narrow ? 1 : 2), 1, 1]);
  view.setUint16(16, program.type ?? 2, true);
  view.setUint16(18, program.machine ?? (narrow ? EM_386 : EM_X86_64), true);
  word(24, program.entry ?? program.segments[0]?.vaddr ?? 0n);
  const [headers, size] = narrow ? [52, 32] : [64, 56];
  word(narrow ? 28 : 32, BigInt(headers));
  view.setUint16(narrow ? 42 : 54, size, true);
  view.setUint16(narrow ? 44 : 56, phnum, true);
  const header = (
    index: number,
    type: number,
    flags: number,
    at: number,
    vaddr: bigint,
    filesz: number,
    memsz: number,
  ) => {
    const base = headers + size * index;
    const fields = narrow ? ELF32_FIELDS : ELF64_FIELDS;
    view.setUint32(base, type, true);
    view.setUint32(base + fields.flags, flags, true);
    word(base + fields.offset, BigInt(at));
    word(base + fields.vaddr, vaddr);
    word(base + fields.filesz, BigInt(filesz));
    word(base + fields.memsz, BigInt(memsz));
  };
  placed.forEach((segment, i) => {
    header(
      i,
      1,
      segment.flags,
      segment.offset,
      segment.vaddr,
      segment.bytes.length,
      segment.memsz ?? segment.bytes.length,
    );
    bytes.set(segment.bytes, segment.offset);
  });
  if (program.stackFlags !== undefined) header(placed.length, 0x6474e551, program.stackFlags, 0, 0n, 0, 0);
  if (program.interp) header(phnum - 1, 3, 4, interpAt, 0n, interp.length, interp.length);
  bytes.set(interp, interpAt);
  return bytes;
}

/** mov $60, %eax; xor %edi, %edi; syscall */
export const EXIT_0 = [0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05];
