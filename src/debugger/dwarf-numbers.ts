/** How the psABIs number registers in DWARF, and where a signal's ucontext keeps them. */
export interface DwarfNumbers {
  /** Encoding-order index of each general register, and its number by that index. */
  readonly general: readonly number[];
  readonly ofGpr: readonly number[];
  readonly fp: number;
  readonly sp: number;
  /** The return address. */
  readonly pc: number;
  readonly xmm0: number;
  readonly st0: number;
  /** Bytes of a general register. */
  readonly word: 4 | 8;
  /** Numbers in the order of a signal's ucontext; −1 is something else. */
  readonly ucontext: readonly number[];
}

const X86_64 = [0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
const I386 = [0, 1, 2, 3, 4, 5, 6, 7];

export const DWARF_NUMBERS: Readonly<Record<32 | 64, DwarfNumbers>> = {
  64: {
    general: X86_64,
    ofGpr: X86_64.map((_, gpr) => X86_64.indexOf(gpr)),
    fp: 6,
    sp: 7,
    pc: 16,
    xmm0: 17,
    st0: 33,
    word: 8,
    // r8–r15 rdi rsi rbp rbx rdx rax rcx rsp rip.
    ucontext: [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16],
  },
  32: {
    general: I386,
    ofGpr: I386,
    fp: 5,
    sp: 4,
    pc: 8,
    xmm0: 21,
    st0: 11,
    word: 4,
    // edi esi ebp esp ebx edx ecx eax, trap number and error code, eip.
    ucontext: [7, 6, 5, 4, 3, 2, 1, 0, -1, -1, 8],
  },
};
