/** Makes small ELF64 programs in memory. */
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
  entry?: bigint;
  segments: TestSegment[];
  /** PT_GNU_STACK flags; undefined leaves the header out. */
  stackFlags?: number;
  /** Path of the dynamic linker. */
  interp?: string;
}

const PAGE = 4096;

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
  bytes.set([0x7f, 0x45, 0x4c, 0x46, program.elfClass ?? 2, 1, 1]);
  view.setUint16(16, program.type ?? 2, true);
  view.setUint16(18, program.machine ?? 62, true);
  view.setBigUint64(24, program.entry ?? program.segments[0]?.vaddr ?? 0n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, phnum, true);
  const header = (
    index: number,
    type: number,
    flags: number,
    at: number,
    vaddr: bigint,
    filesz: number,
    memsz: number,
  ) => {
    const base = 64 + 56 * index;
    view.setUint32(base, type, true);
    view.setUint32(base + 4, flags, true);
    view.setBigUint64(base + 8, BigInt(at), true);
    view.setBigUint64(base + 16, vaddr, true);
    view.setBigUint64(base + 32, BigInt(filesz), true);
    view.setBigUint64(base + 40, BigInt(memsz), true);
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
