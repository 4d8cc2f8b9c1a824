/** Encodes MPX instructions for 64-bit mode, with base and index in the roles the caller gives them. */
import { RSP } from './machine.ts';

/** Mandatory prefix and second opcode byte (spec A.4). */
const OPCODES = {
  bndmk: [0xf3, 0x1b],
  bndcl: [0xf3, 0x1a],
  bndcu: [0xf2, 0x1a],
  bndcn: [0xf2, 0x1b],
  bndldx: [undefined, 0x1a],
  bndstx: [undefined, 0x1b],
} as const;
export type MpxMnemonic = keyof typeof OPCODES;

/** Register numbers; null is "none". */
export interface MemoryForm {
  base: number | null;
  index: number | null;
  scale?: number;
  disp?: number;
  /** Override by FS. */
  fs?: boolean;
}

const FS_OVERRIDE = 0x64;
const REX = 0x40;

function displacement(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (value >> (8 * i)) & 0xff);
}

function assemble(mnemonic: MpxMnemonic, fs: boolean, rex: number, rest: readonly number[]): Uint8Array {
  const [prefix, opcode] = OPCODES[mnemonic];
  return Uint8Array.from([
    ...(fs ? [FS_OVERRIDE] : []),
    ...(prefix === undefined ? [] : [prefix]),
    ...(rex ? [REX | rex] : []),
    0x0f,
    opcode,
    ...rest,
  ]);
}

/** `bndN` with a general register. */
export function encodeRegister(mnemonic: MpxMnemonic, bnd: number, register: number): Uint8Array {
  return assemble(mnemonic, false, register >> 3, [0xc0 | (bnd << 3) | (register & 7)]);
}

/** `bndN` with a memory operand, always with a SIB byte, as mib operands need. */
export function encodeMemory(mnemonic: MpxMnemonic, bnd: number, form: MemoryForm): Uint8Array {
  const { base, index, scale = 1, disp = 0, fs = false } = form;
  const rex = ((index ?? 0) & 8 ? 2 : 0) | ((base ?? 0) & 8 ? 1 : 0);
  // Without a base the encoding demands mod 0 and a displacement of 4 bytes.
  const size = base === null ? 4 : disp === 0 && (base & 7) !== 5 ? 0 : disp >= -128 && disp <= 127 ? 1 : 4;
  const mod = base === null || size === 0 ? 0 : size === 1 ? 1 : 2;
  const sib = (Math.log2(scale) << 6) | (((index ?? RSP) & 7) << 3) | ((base ?? 5) & 7);
  return assemble(mnemonic, fs, rex, [(mod << 6) | (bnd << 3) | 4, sib, ...displacement(disp, size)]);
}
