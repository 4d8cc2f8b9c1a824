/**
 * The x87 unit while one instruction runs. Status and tags are written back when it retires, so that a fault of its memory access leaves
 * no trace.
 */
import { State } from '../../../isa/emit/state.ts';
import type { Insn } from '../../../isa/insn.ts';
import { Vector } from '../../api.ts';
import { Flag, FloatContext } from '../../float/context.ts';
import { type Extended, INDEFINITE, readExtended, writeExtended } from '../../float/extended.ts';
import { Status, withSummary } from '../../float/status.ts';
import { GuestFault, type HostContext } from '../context.ts';
import { FOP_MASK, opcodeOf } from './opcode.ts';

/** Significand bits by the precision control field; the reserved value acts as full precision. */
const PRECISIONS = [24, 64, 53, 64] as const;

/** Raises #MF if an unmasked exception is pending: what every waiting instruction does first. */
export function checkPending(cpu: HostContext): void {
  const fsw = cpu.registers.getUint16(State.FSW, true);
  if (fsw & ~cpu.registers.getUint16(State.FCW, true) & Status.EXCEPTIONS) throw new GuestFault(Vector.MF);
}

export class Fpu {
  readonly float: FloatContext;
  fsw: number;
  ftw: number;
  private readonly written = new Map<number, Extended>();

  constructor(readonly cpu: HostContext) {
    const { registers } = cpu;
    const fcw = registers.getUint16(State.FCW, true);
    this.fsw = registers.getUint16(State.FSW, true) & ~Status.C1;
    this.ftw = registers.getUint8(State.FTW);
    this.float = new FloatContext((fcw >> 10) & 3, PRECISIONS[(fcw >> 8) & 3], fcw & Status.EXCEPTIONS);
  }

  private get top(): number {
    return (this.fsw >> 11) & 7;
  }
  private physical(i: number): number {
    return (this.top + i) & 7;
  }
  /** Moves TOP by `by` without touching tags. */
  rotate(by: number): void {
    this.fsw = (this.fsw & ~0x3800) | (((this.top + by) & 7) << 11);
  }

  isEmpty(i: number): boolean {
    return ((this.ftw >> this.physical(i)) & 1) === 0;
  }
  free(i: number): void {
    this.ftw &= ~(1 << this.physical(i));
  }
  /** ST(i), whatever its tag says. */
  get(i: number): Extended {
    const n = this.physical(i);
    return this.written.get(n) ?? readExtended(this.cpu.registers, State.ST + 16 * n);
  }
  set(i: number, x: Extended): void {
    const n = this.physical(i);
    this.written.set(n, x);
    this.ftw |= 1 << n;
  }

  /** Raises the stack fault of a source that is empty, if there is one; then the masked result is the default NaN. */
  underflows(...registers: number[]): boolean {
    if (!registers.some((i) => this.isEmpty(i))) return false;
    this.float.flags |= Flag.SF;
    this.fsw &= ~Status.C1;
    this.float.raise(Flag.IE);
    return true;
  }

  /** Makes room for a new ST(0). `value` is not asked for if the stack is full: then the masked result is the default NaN. */
  push(value: () => Extended): void {
    if (this.overflows()) this.pushed(INDEFINITE);
    else this.pushed(value());
  }
  overflows(): boolean {
    if (this.isEmpty(7)) return false;
    this.float.flags |= Flag.SF;
    this.fsw |= Status.C1;
    this.float.raise(Flag.IE);
    return true;
  }
  pushed(x: Extended): void {
    this.rotate(-1);
    this.set(0, x);
  }
  pop(): void {
    this.free(0);
    this.rotate(1);
  }

  /** C1 stays what it was, unless an exception of this instruction says otherwise. */
  keepC1(): void {
    this.fsw |= this.cpu.registers.getUint16(State.FSW, true) & Status.C1;
  }
  conditions(mask: number, value: number): void {
    this.fsw = (this.fsw & ~mask) | value;
  }

  /** Makes the instruction's effects those of the CPU. */
  writeBack(): void {
    const { registers } = this.cpu;
    const { flags, roundedUp } = this.float;
    const fsw = this.fsw | flags | (roundedUp ? Status.C1 : 0);
    for (const [n, x] of this.written) writeExtended(registers, State.ST + 16 * n, x);
    registers.setUint16(State.FSW, withSummary(fsw, registers.getUint16(State.FCW, true)), true);
    registers.setUint8(State.FTW, this.ftw);
  }

  /** Keeps where the instruction is; as CPUID says (leaf 7, EBX bit 6), opcode and data pointer only with an unmasked exception. */
  notePointers(insn: Insn): void {
    const { registers } = this.cpu;
    registers.setBigUint64(State.FIP, insn.ip, true);
    if ((this.float.flags & ~this.float.masks & Status.EXCEPTIONS) === 0) return;
    registers.setUint16(State.FOP, opcodeOf(this.cpu, insn) & FOP_MASK, true);
    if (insn.a?.kind === 'mem') registers.setBigUint64(State.FDP, this.cpu.address(insn.a), true);
  }
}
