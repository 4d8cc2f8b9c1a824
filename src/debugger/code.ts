/** Instructions of the program, as the debugger reads them from memory. */

import { wrap64 } from '../base/address.ts';
import { InsnDecoder, MAX_INSN_LENGTH } from '../isa/decode/decoder.ts';
import type { Insn, MemoryOperand, RegisterOperand } from '../isa/insn.ts';
import { Segment } from '../isa/insn.ts';
import type { ProcessView } from '../kernel/api.ts';
import type { Vcpu } from '../machine/api.ts';
import type { Memory } from './memory.ts';

/** Operations that decode to no instruction. */
const NOT_DECODED = new Set(['fetch', 'toolong', 'ud']);
const CALLS = new Set(['call', 'calli', 'callf']);
export const CHECKS = new Set(['bndcl', 'bndcu', 'bndcn']);

export const isCall = (insn: Insn): boolean => CALLS.has(insn.op);
export const isReturn = (insn: Insn): boolean => insn.op === 'ret' || insn.op === 'retf';
/** BNDCL, BNDCU, BNDCN. */
export const isCheck = (insn: Insn): boolean => CHECKS.has(insn.op);
export const isMpx = (insn: Insn): boolean => insn.op.startsWith('bnd') && insn.op !== 'bnd';

export class CodeReader {
  /** MPX is decoded even while the program has it off: that is what the bytes are there for. */
  private readonly decoders = {
    32: new InsnDecoder({ bitness: 32, mpx: true }),
    64: new InsnDecoder({ bitness: 64, mpx: true }),
  };

  constructor(
    private readonly memory: Memory,
    private readonly process: Pick<ProcessView, 'bits'> = { bits: 64 },
  ) {}

  get bits(): 32 | 64 {
    return this.process.bits;
  }

  /** Bytes of an address. */
  get wordSize(): 4 | 8 {
    return this.bits === 64 ? 8 : 4;
  }

  /** The instruction at `address`; undefined where nothing is mapped or the bytes are none. */
  at(address: bigint): Insn | undefined {
    const bytes = this.memory.read(address, MAX_INSN_LENGTH);
    if (bytes.length === 0) return undefined;
    const insn = this.decoders[this.bits].decode(bytes, address);
    return NOT_DECODED.has(insn.op) ? undefined : insn;
  }

  /** Bytes of an instruction. */
  bytes(insn: Insn): Uint8Array {
    return this.memory.read(insn.ip, insn.length);
  }

  /** The word at `address`, a return address for example. */
  word(address: bigint): bigint | undefined {
    return this.memory.readUint(wrap64(address), this.wordSize);
  }

  /** Instructions from `start` until `end` is reached or `limit` are read; stops at what cannot be decoded. */
  *between(start: bigint, end: bigint, limit = 10_000): Generator<Insn> {
    for (let at = start, count = 0; at < end && count < limit; count++) {
      const insn = this.at(at);
      if (!insn) return;
      yield insn;
      at += BigInt(insn.length);
    }
  }

  /** Whether a call ends right before `address`, as it does before every return address. */
  followsCall(address: bigint): boolean {
    for (let length = 2n; length <= 8n; length++) {
      const insn = this.at(wrap64(address - length));
      if (insn && BigInt(insn.length) === length && (insn.op === 'call' || insn.op === 'calli')) return true;
    }
    return false;
  }
}

/** The address an operand denotes by LEA's rules, which is what checks compare: no segment base (spec A.4). */
export function effectiveAddress(cpu: Vcpu, operand: MemoryOperand): bigint {
  const base = operand.base >= 0 ? cpu.gpr(operand.base) : 0n;
  const index = operand.index >= 0 ? cpu.gpr(operand.index) * BigInt(operand.scale) : 0n;
  return BigInt.asUintN(operand.addressSize * 8, base + index + operand.disp);
}

/** The address a check compares: the register of the register form, else the effective address. */
export function comparedAddress(cpu: Vcpu, operand: MemoryOperand | RegisterOperand): bigint {
  return operand.kind === 'reg' ? cpu.gpr(operand.number) : effectiveAddress(cpu, operand);
}

/** The slot BNDLDX and BNDSTX translate and the pointer they compare or store (spec A.5). */
export function mibOperand(cpu: Vcpu, operand: MemoryOperand): { slot: bigint; pointer: bigint } {
  const base = operand.base >= 0 ? cpu.gpr(operand.base) + operand.disp : 0n;
  const segment = operand.segment === Segment.FS ? cpu.fsBase : operand.segment === Segment.GS ? cpu.gsBase : 0n;
  return { slot: wrap64(base + segment), pointer: operand.index >= 0 ? cpu.gpr(operand.index) : 0n };
}
