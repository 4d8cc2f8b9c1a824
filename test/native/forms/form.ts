/**
 * The instruction forms the differential test covers. A form is text: opcode bytes, then how the rest is made:
 *   /r      ModRM with random register        /0 … /7  ModRM with that extension
 *   +r      register in the opcode's low bits  ib iw iz iq  immediates (z: 2 or 4 bytes by operand size)
 *   8       byte operation (no size prefixes)  s  16, 32 and 64-bit variants     d  32 and 64-bit variants
 *   moffs   an address of 8 bytes behind the opcode
 *   zero    an immediate that masks to zero
 *   mem reg only that ModRM form               lock  may carry LOCK with memory
 *   rep     may carry F2 or F3                 lowcount  RCX is small
 *   x       XMM operands (in fault classes only memory matters)
 *   al32    the same for 32 bytes
 *   vex.L.P.M.W  VEX prefix instead of others: 128, 256 or lig; np, 66, f2 or f3; 0f, 0f38 or 0f3a; w0, w1, wig or wd (by operand size)
 *   v       VEX.vvvv names a register          is4  the immediate does
 *   smallv  its low bytes are often small
 *   vsib    memory operand with a vector of indexes
 *   al16    memory operands should mostly be 16-byte aligned
 */

import type { CpuModel } from '../../../src/isa/model.ts';

export interface Form {
  name: string;
  text: string;
  /** `x86-64-v2` if none is given. */
  model?: CpuModel;
  /** Arithmetic flags (EFLAGS bits) that are undefined: a mask, or by the operands. */
  undefinedFlags?: number | ((facts: Facts) => number);
  /** General register whose result is undefined in some cases. */
  undefinedResult?: (facts: Facts) => boolean;
  /** Implicit memory: RSP, RSI and RDI should point into the scratch windows. */
  implicit?: 'stack' | 'string' | 'rbx';
  /** Whether it faults, where, and what it has stored by then depend on the CPU's model: cases with a native page or stack fault do not count. */
  looseFaults?: boolean;
  /** XMM registers and memory hold floating-point edge values; the sticky MXCSR flags are not compared. */
  floating?: boolean;
  /** Half of the numbers have exponents close to each other, so that sums round and cancel. */
  close?: boolean;
  /** MXCSR holds anything, and its flags are compared. */
  anyMxcsr?: boolean;
  /** `text`: vectors hold few different elements, often zeros, and RAX and RDX small lengths. */
  contents?: 'text';
  /** The x87 unit and memory hold extended edge values, and its registers are compared in this way. */
  x87?: X87Result;
}

/** `near`: results of transcendental instructions may differ in the last bits (docs/DIFFERENCES.md). */
export type X87Result = 'exact' | 'near';

/** What a mask may depend on. */
export interface Facts {
  /** Operand size in bits. */
  bits: number;
  /** Immediate, as given. */
  immediate: number;
  /** RCX before. */
  rcx: bigint;
  /** RAX before. */
  rax: bigint;
  /** Value of ModRM's r/m operand before, if it is a register or within the windows. */
  rm: bigint | undefined;
  /** Value of ModRM's reg operand before. */
  reg: bigint;
}

/** Arithmetic flags in EFLAGS positions. */
export const CF = 1;
export const PF = 4;
export const AF = 0x10;
export const ZF = 0x40;
export const SF = 0x80;
export const OF = 0x800;
export const ALL_FLAGS = CF | PF | AF | ZF | SF | OF;

/** Adds forms of one name: texts separated by semicolons. */
export type Add = (name: string, texts: string, more?: Partial<Form>) => void;

/** Collects the forms of one family. */
export function forms(family: (add: Add) => void): readonly Form[] {
  const list: Form[] = [];
  family((name, texts, more = {}) => {
    for (const text of texts.split(';')) list.push({ name, text: text.trim(), ...more });
  });
  return list;
}

export const hex = (n: number): string => n.toString(16).padStart(2, '0');
