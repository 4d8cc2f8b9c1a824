/**
 * One decoded instruction, in the shape the semantics table wants it: operation, operands, sizes.
 *
 * `op` is the key of the semantics table. It is the lower-case mnemonic, but synonyms share one name:
 *  - `movsxd` → `movsx`; `sal` → `shl`; `xor r,r` of 4 or 8 bytes → `zero`; `xchg` with memory has the memory first
 *  - `imul` has `imul1` (RDX:RAX), `imul` (two operands) and `imul3`
 *  - `cbw cwde cdqe` → `cbw` and `cwd cdq cqo` → `cwd`, with `size` of the result
 *  - `jmp call` are direct (`target`), `jmpi calli` indirect near, `jmpf callf retf iret` far; `jcc setcc cmov` have `cc`;
 *    `loop loope loopne jrcxz` have the counter's width in `addressSize`, what uses the stack has the stack pointer's there
 *  - string operations are `movs stos lods cmps scas` with `size` and the `rep`/`repne` flags;
 *    with addresses narrower than the mode's or a source in another segment `movs.rare` … (left to the host)
 *  - shifts by one have an immediate 1; the CL forms have register 1 (size 1) as operand `b`
 *  - `pushf popf enter leave` by `size`; `ret` has the bytes to drop as immediate `a` or none
 *  - SSE: `movaps movapd movdqa movnt*` → `movaps`; `movups movupd movdqu` → `movups`; logic of any type → `pand por pxor pandn`;
 *    `unpcklps…` → `punpckldq…`; `movlps` → `movlpd`; `movhps` → `movhpd`
 *  - MMX forms have the name of their SSE form, MMX registers and `size` 8; `movntq` → `movq`
 *  - VEX forms: `v` before the name of the legacy operation (`vpaddd`, `vmovaps`), YMM registers with `size` 32; the first source, where it is an
 *    operand of its own, is `v`. The vector of indexes of a gather is `c`, its mask `v`. Those without a legacy form, and the general-register ones (`andn`), have their own mnemonic
 *  - x87: the mnemonic without the implied WAIT (`fnstcw`); the size of a memory operand tells the format
 *  - every prefetch, hint and long nop → `nop`; `ud` = #UD by the architecture; `privileged` = #GP(0) at CPL 3;
 *    `toolong` = more than 15 bytes (#GP(0)); `fetch` = the bytes given ended inside the instruction
 *  - `unimplemented` = a valid instruction of an extension that the machine does not have (#UD, reported by name)
 */

/** Operand sizes in bytes. 10 and above only for memory operands of host-implemented instructions. */
export type Size = 1 | 2 | 4 | 8 | 16 | 32;

/** Address widths in bytes. */
export type AddressSize = 2 | 4 | 8;

/** Segment register numbers, as encoded. */
export const Segment = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 } as const;
export type SegmentNumber = 0 | 1 | 2 | 3 | 4 | 5;

export interface RegisterOperand {
  kind: 'reg';
  /** 0–15 in encoding order (rax rcx rdx rbx rsp rbp rsi rdi r8…). */
  number: number;
  size: Size;
  /** AH, CH, DH, BH: bits 15:8 of register `number` (0–3). */
  high: boolean;
}

export interface ImmediateOperand {
  kind: 'imm';
  /** Sign-extended to 64 bits where the instruction extends it, otherwise zero-extended from its own size. */
  value: bigint;
  size: Size;
}

export interface MemoryOperand {
  kind: 'mem';
  /** Base and index register numbers, −1 for none. RIP-relative operands are resolved: no base, `disp` is the address. */
  base: number;
  index: number;
  scale: 1 | 2 | 4 | 8;
  /** Signed displacement, or the absolute address if `ripRelative`. */
  disp: bigint;
  ripRelative: boolean;
  /** Effective segment: decides the base (FS, GS) and #SS against #GP. In 64-bit mode CS, DS, ES overrides have no effect. */
  segment: SegmentNumber;
  /** Width the effective address is truncated to: 8, or 4 with a 67h prefix; in 32-bit code 4, or 2 with the prefix. */
  addressSize: AddressSize;
  /** Bytes accessed; 0 where none is (LEA, the checks) or where the instruction decides. */
  size: number;
}

/** A vector register; how much of it is meant follows from the instruction's size (32: YMM). */
export interface XmmOperand {
  kind: 'xmm';
  number: number;
}

/** An MMX register: the significand of physical x87 register `number`, 0–7. */
export interface MmxOperand {
  kind: 'mm';
  number: number;
}

export interface BndOperand {
  kind: 'bnd';
  /** 0–3. */
  number: number;
}

export interface StackOperand {
  kind: 'st';
  /** i of ST(i), 0–7. */
  number: number;
}

export interface SegmentOperand {
  kind: 'seg';
  number: SegmentNumber;
}

export type Operand =
  | RegisterOperand
  | ImmediateOperand
  | MemoryOperand
  | XmmOperand
  | MmxOperand
  | BndOperand
  | StackOperand
  | SegmentOperand;

export interface Insn {
  op: string;
  /** Address and length in bytes; the next instruction is at ip + length. */
  ip: bigint;
  length: number;
  /** Operation size: of the destination, or of the memory access of string operations. */
  size: Size;
  /** Operands in Intel order (destination first), undefined beyond the last. */
  a: Operand | undefined;
  /** VEX.vvvv where it names a source: it stands between `a` and `b`. */
  v: Operand | undefined;
  b: Operand | undefined;
  c: Operand | undefined;
  /** Condition code 0–15 (o no b ae e ne be a s ns p np l ge le g) of `jcc setcc cmov`, otherwise −1. */
  cc: number;
  /** Target of a direct branch. */
  target: bigint;
  /** Address size of the implicit operands: of string operations, LOOP and JRCXZ (67h narrows it), of the stack (it does not). */
  addressSize: AddressSize;
  /** The effective segment of the implicit source of string operations (RSI). */
  segment: SegmentNumber;
  /** F2 on a branch: keeps the bounds. */
  bnd: boolean;
  lock: boolean;
  rep: boolean;
  repne: boolean;
  /** A near branch that initialises BND0–3 when MPX is on, BNDPRESERVE is 0 and there is no F2 (spec A.6); false if it has F2. */
  initialisesBounds: boolean;
  /** Decoder library's code of the encoding: `mnemonicOf(insn)` in src/isa/decode gives the text. */
  code: number;
}

/** The operands there are, the first source behind the destination. */
export function operandsOf({ a, v, b, c }: Pick<Insn, 'a' | 'v' | 'b' | 'c'>): Operand[] {
  return [a, v, b, c].filter((o) => o !== undefined);
}
