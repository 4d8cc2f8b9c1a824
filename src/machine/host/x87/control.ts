/** Control instructions and those that only move TOP or tags. */
import { State } from '../../../isa/emit/state.ts';
import { withSummary } from '../../float/status.ts';
import { initX87 } from '../../xsave/image.ts';
import { FCW_CHANGEABLE, FCW_FIXED } from '../../xsave/layout.ts';
import type { HostFunction } from '../context.ts';
import { checkPending } from './fpu.ts';
import { stackRegister, x87 } from './instruction.ts';

/** Status word bits FNCLEX keeps: condition codes and TOP. */
const FSW_KEPT_BY_CLEAR = 0x7f00;

/** As FNINIT: marks the registers empty and keeps their contents. */
export function initialise(registers: DataView): void {
  const stack = new Uint8Array(registers.buffer, registers.byteOffset + State.ST, 128);
  const contents = stack.slice();
  initX87(registers);
  stack.set(contents);
}

export const fninit: HostFunction = (cpu) => {
  initialise(cpu.registers);
  return 'next';
};

export const fnstcw: HostFunction = (cpu, insn) => {
  cpu.write(insn.a, 2, BigInt(cpu.registers.getUint16(State.FCW, true)));
  return 'next';
};

/** An exception that the new word unmasks is pending from now on. */
export const fldcw: HostFunction = (cpu, insn) => {
  checkPending(cpu);
  const { registers } = cpu;
  const fcw = (Number(cpu.read(insn.a, 2)) & FCW_CHANGEABLE) | FCW_FIXED;
  registers.setUint16(State.FCW, fcw, true);
  registers.setUint16(State.FSW, withSummary(registers.getUint16(State.FSW, true), fcw), true);
  return 'next';
};

export const fnstsw: HostFunction = (cpu, insn) => {
  cpu.write(insn.a, 2, BigInt(cpu.registers.getUint16(State.FSW, true)));
  return 'next';
};

export const fnclex: HostFunction = (cpu) => {
  cpu.registers.setUint16(State.FSW, cpu.registers.getUint16(State.FSW, true) & FSW_KEPT_BY_CLEAR, true);
  return 'next';
};

/** FWAIT and FNOP. */
export const fwait: HostFunction = (cpu) => {
  checkPending(cpu);
  return 'next';
};

/** FNENI, FNDISI and FNSETPM: without effect since the 80387. */
export const withoutEffect: HostFunction = () => 'next';

const CONTROL = { control: true };

export const fincstp = x87((fpu) => fpu.rotate(1), CONTROL);
export const fdecstp = x87((fpu) => fpu.rotate(-1), CONTROL);
export const ffree = x87((fpu, insn) => fpu.free(stackRegister(insn.a, 0)), CONTROL);
/** As FFREE, then pops: not documented by Intel, but every CPU has it. */
export const ffreep = x87((fpu, insn) => {
  fpu.free(stackRegister(insn.a, 0));
  fpu.pop();
}, CONTROL);
