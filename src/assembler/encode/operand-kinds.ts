/** What each kind of operand in the decoder library's tables takes. */
import { OpCodeOperandKind as K, OpKind, Register } from 'iced-x86';
import type { RegisterClass } from './registers.ts';

export interface ImmediateField {
  opKind: OpKind;
  /** Bits of the operation that the immediate takes part in, and of the field it is kept in (sign-extended if fewer). */
  bits: number;
  field: number;
}

export interface OperandKind {
  /** A register of that class. */
  class?: RegisterClass;
  /** This register only. */
  fixed?: Register;
  /** Memory by ModRM. */
  memory?: true;
  /** Memory by an address of 64 bits in the instruction. */
  absolute?: true;
  /** Memory whose index is a vector. */
  vector?: 'xmm' | 'ymm';
  immediate?: ImmediateField;
  /** The immediate is 1, and is not encoded. */
  one?: true;
  /** Memory that registers address by implication. */
  implied?: { wide: OpKind; narrow: OpKind; base: readonly [Register, Register] };
  /** Target of a branch: bytes of its displacement. */
  branch?: 1 | 4;
}

const register = (name: RegisterClass): OperandKind => ({ class: name });
const either = (name: RegisterClass): OperandKind => ({ class: name, memory: true });
const fixed = (one: Register): OperandKind => ({ fixed: one });
const immediate = (opKind: OpKind, bits: number, field = bits): OperandKind => ({ immediate: { opKind, bits, field } });
const implied = (wide: OpKind, narrow: OpKind, ...base: [Register, Register]): OperandKind => ({
  implied: { wide, narrow, base },
});

/** Kinds that are missing belong to instructions that cannot be written here: those of AVX-512, AMX and 16-bit code. */
export const OPERAND_KINDS: Partial<Record<K, OperandKind>> = {
  [K.mem]: { memory: true },
  [K.mem_mpx]: { memory: true },
  [K.mem_mib]: { memory: true },
  [K.mem_offs]: { absolute: true },
  [K.mem_vsib32x]: { memory: true, vector: 'xmm' },
  [K.mem_vsib64x]: { memory: true, vector: 'xmm' },
  [K.mem_vsib32y]: { memory: true, vector: 'ymm' },
  [K.mem_vsib64y]: { memory: true, vector: 'ymm' },
  [K.r8_or_mem]: either('r8'),
  [K.r16_or_mem]: either('r16'),
  [K.r32_or_mem]: either('r32'),
  [K.r64_or_mem]: either('r64'),
  [K.r64_or_mem_mpx]: either('r64'),
  [K.mm_or_mem]: either('mm'),
  [K.xmm_or_mem]: either('xmm'),
  [K.ymm_or_mem]: either('ymm'),
  [K.bnd_or_mem_mpx]: either('bound'),
  [K.k_or_mem]: either('mask'),
  [K.r8_reg]: register('r8'),
  [K.r8_opcode]: register('r8'),
  [K.r16_reg]: register('r16'),
  [K.r16_reg_mem]: register('r16'),
  [K.r16_rm]: register('r16'),
  [K.r16_opcode]: register('r16'),
  [K.r32_reg]: register('r32'),
  [K.r32_reg_mem]: register('r32'),
  [K.r32_rm]: register('r32'),
  [K.r32_opcode]: register('r32'),
  [K.r32_vvvv]: register('r32'),
  [K.r64_reg]: register('r64'),
  [K.r64_reg_mem]: register('r64'),
  [K.r64_rm]: register('r64'),
  [K.r64_opcode]: register('r64'),
  [K.r64_vvvv]: register('r64'),
  [K.seg_reg]: register('segment'),
  [K.k_reg]: register('mask'),
  [K.k_rm]: register('mask'),
  [K.k_vvvv]: register('mask'),
  [K.mm_reg]: register('mm'),
  [K.mm_rm]: register('mm'),
  [K.xmm_reg]: register('xmm'),
  [K.xmm_rm]: register('xmm'),
  [K.xmm_vvvv]: register('xmm'),
  [K.xmm_is4]: register('xmm'),
  [K.ymm_reg]: register('ymm'),
  [K.ymm_rm]: register('ymm'),
  [K.ymm_vvvv]: register('ymm'),
  [K.ymm_is4]: register('ymm'),
  [K.cr_reg]: register('control'),
  [K.dr_reg]: register('debug'),
  [K.bnd_reg]: register('bound'),
  [K.sti_opcode]: register('st'),
  [K.es]: fixed(Register.ES),
  [K.cs]: fixed(Register.CS),
  [K.ss]: fixed(Register.SS),
  [K.ds]: fixed(Register.DS),
  [K.fs]: fixed(Register.FS),
  [K.gs]: fixed(Register.GS),
  [K.al]: fixed(Register.AL),
  [K.cl]: fixed(Register.CL),
  [K.ax]: fixed(Register.AX),
  [K.dx]: fixed(Register.DX),
  [K.eax]: fixed(Register.EAX),
  [K.rax]: fixed(Register.RAX),
  [K.st0]: fixed(Register.ST0),
  [K.imm8]: immediate(OpKind.Immediate8, 8),
  [K.imm8_const_1]: { one: true },
  [K.imm8sex16]: immediate(OpKind.Immediate8to16, 16, 8),
  [K.imm8sex32]: immediate(OpKind.Immediate8to32, 32, 8),
  [K.imm8sex64]: immediate(OpKind.Immediate8to64, 64, 8),
  [K.imm16]: immediate(OpKind.Immediate16, 16),
  [K.imm32]: immediate(OpKind.Immediate32, 32),
  [K.imm32sex64]: immediate(OpKind.Immediate32to64, 64, 32),
  [K.imm64]: immediate(OpKind.Immediate64, 64),
  [K.seg_rSI]: implied(OpKind.MemorySegRSI, OpKind.MemorySegESI, Register.RSI, Register.ESI),
  [K.es_rDI]: implied(OpKind.MemoryESRDI, OpKind.MemoryESEDI, Register.RDI, Register.EDI),
  [K.seg_rDI]: implied(OpKind.MemorySegRDI, OpKind.MemorySegEDI, Register.RDI, Register.EDI),
  // Written as `(%rbx)`; the library wants it as memory with AL as its index.
  [K.seg_rBX_al]: implied(OpKind.Memory, OpKind.Memory, Register.RBX, Register.EBX),
  [K.br64_1]: { branch: 1 },
  [K.br64_4]: { branch: 4 },
  [K.xbegin_4]: { branch: 4 },
};
