/** What a file is, judged by its first bytes: enough to offer programs, not to load one. */
export type FileKind = 'program' | 'other-elf' | 'not-elf';

/** Bytes of a file that `fileKind` looks at. */
export const HEAD_BYTES = 20;

const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;

/** An x86 program (ELF of type EXEC or DYN), another ELF file (object file, other machine), or something else. */
export function fileKind(head: Uint8Array): FileKind {
  const magic =
    head.length >= HEAD_BYTES && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
  if (!magic) return 'not-elf';
  const littleEndian = head[5] === 1;
  const type = head[16] | (head[17] << 8);
  const machine = head[18] | (head[19] << 8);
  const runs = (type === ET_EXEC || type === ET_DYN) && (machine === EM_X86_64 || machine === EM_386);
  return littleEndian && runs ? 'program' : 'other-elf';
}
