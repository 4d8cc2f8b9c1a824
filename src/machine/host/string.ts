/** String operations with 67h or an FS/GS source, XLAT and MASKMOVDQU: one iteration in TypeScript, as in src/isa/semantics/string.ts. */
import { State } from '../../isa/emit/state.ts';
import { type Insn, Segment } from '../../isa/insn.ts';
import type { HostContext, HostFunction, HostResult } from './context.ts';
import { RAX, RBX, RCX } from './registers.ts';
import { xmmBytes } from './xmm.ts';

const RSI = 6;
const RDI = 7;
const ZF = 1n << 6n;

/** CF, PF, AF, ZF, SF, OF. */
const ARITHMETIC_FLAGS = 0x8d5n;

function segmentBase(cpu: HostContext, insn: Insn): bigint {
  if (insn.segment === Segment.FS) return cpu.registers.getBigUint64(State.FS_BASE, true);
  if (insn.segment === Segment.GS) return cpu.registers.getBigUint64(State.GS_BASE, true);
  return 0n;
}

/** Flags of a − b, sizes in bytes. */
function subtractFlags(a: bigint, b: bigint, size: number): bigint {
  const bits = 8 * size;
  const result = BigInt.asUintN(bits, a - b);
  const sign = (v: bigint) => (v >> BigInt(bits - 1)) & 1n;
  let parity = result & 0xffn;
  for (const shift of [4n, 2n, 1n]) parity ^= parity >> shift;
  const overflow = sign((a ^ b) & (a ^ result));
  const adjust = ((a ^ b ^ result) >> 4n) & 1n;
  return (
    (a < b ? 1n : 0n) |
    ((~parity & 1n) << 2n) |
    (adjust << 4n) |
    (result === 0n ? ZF : 0n) |
    (sign(result) << 7n) |
    (overflow << 11n)
  );
}

class RareString {
  private readonly size: 1 | 2 | 4 | 8;
  private readonly step: bigint;

  constructor(
    private readonly cpu: HostContext,
    private readonly insn: Insn,
  ) {
    this.size = insn.size === 16 || insn.size === 32 ? 8 : insn.size;
    const down = cpu.registers.getInt32(State.DF, true) !== 0;
    this.step = BigInt(down ? -this.size : this.size);
  }

  private pointer(n: number): bigint {
    return BigInt.asUintN(8 * this.insn.addressSize, this.cpu.gpr(n));
  }
  private advance(n: number, by: bigint): bigint {
    const bits = 8 * this.insn.addressSize;
    const value = BigInt.asUintN(bits, this.pointer(n) + by);
    this.cpu.setGpr(n, value, this.insn.addressSize);
    return value;
  }
  private source(): bigint {
    const at = BigInt.asUintN(64, this.pointer(RSI) + segmentBase(this.cpu, this.insn));
    return this.cpu.loadUint(at, this.size);
  }
  private target(): bigint {
    return this.cpu.loadUint(this.pointer(RDI), this.size);
  }

  /** One iteration. Whether another follows as far as the flags tell. */
  private iterate(op: string): boolean {
    const { cpu, size } = this;
    const accumulator = BigInt.asUintN(8 * size, cpu.gpr(RAX));
    switch (op) {
      case 'movs':
        cpu.storeUint(this.pointer(RDI), size, this.source());
        break;
      case 'stos':
        cpu.storeUint(this.pointer(RDI), size, accumulator);
        break;
      case 'lods':
        cpu.setGpr(RAX, this.source(), size);
        break;
      default: {
        const [a, b] = op === 'cmps' ? [this.source(), this.target()] : [accumulator, this.target()];
        cpu.rflags = (cpu.rflags & ~ARITHMETIC_FLAGS) | subtractFlags(a, b, size);
      }
    }
    if (op !== 'stos' && op !== 'scas') this.advance(RSI, this.step);
    if (op !== 'lods') this.advance(RDI, this.step);
    if (op !== 'cmps' && op !== 'scas') return true;
    return ((cpu.rflags & ZF) !== 0n) === this.insn.rep;
  }

  run(op: string): HostResult {
    const { insn } = this;
    if (!insn.rep && !insn.repne) {
      this.iterate(op);
      return 'next';
    }
    if (this.pointer(RCX) === 0n) return 'next';
    const goesOn = this.iterate(op);
    // RIP stays on the instruction for the next iteration.
    return this.advance(RCX, -1n) !== 0n && goesOn ? 'jump' : 'next';
  }
}

export const rareString: HostFunction = (cpu, insn) => new RareString(cpu, insn).run(insn.op.replace('.rare', ''));

/** AL ← byte at (E/R)BX + AL. */
export const translateByte: HostFunction = (cpu, insn) => {
  const bits = 8 * insn.addressSize;
  const offset = BigInt.asUintN(bits, cpu.gpr(RBX) + (cpu.gpr(RAX) & 0xffn));
  const at = BigInt.asUintN(64, offset + segmentBase(cpu, insn));
  cpu.setGpr(RAX, cpu.loadUint(at, 1), 1);
  return 'next';
};

/** Stores the bytes of `data` whose mask byte has its top bit set to DS:RDI. All must be writable, unless none is stored. */
export function storeMasked(cpu: HostContext, insn: Insn, data: Uint8Array, mask: Uint8Array): void {
  const offset = BigInt.asUintN(8 * insn.addressSize, cpu.gpr(RDI));
  const at = BigInt.asUintN(64, offset + segmentBase(cpu, insn));
  const chosen = [...mask.keys()].filter((i) => mask[i] & 0x80);
  const address = (i: number) => BigInt.asUintN(64, at + BigInt(i));
  if (chosen.length) cpu.probeStore(at, data.length);
  for (const i of chosen) cpu.store(address(i), data.slice(i, i + 1));
}

/** MASKMOVDQU. */
export const maskedStore: HostFunction = (cpu, insn) => {
  storeMasked(cpu, insn, xmmBytes(cpu, insn.a), xmmBytes(cpu, insn.b));
  return 'next';
};
