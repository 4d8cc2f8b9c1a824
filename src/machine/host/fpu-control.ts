/**
 * The x87 control instructions, which work on the state that FXSAVE and XSAVE carry. There is no x87 arithmetic, so no exception can
 * be pending when WAIT looks.
 */
import { State } from '../../isa/emit/state.ts';
import { initX87 } from '../xsave/image.ts';
import { FCW_CHANGEABLE, FCW_FIXED } from '../xsave/layout.ts';
import type { HostFunction } from './context.ts';

/** Status word bits FNCLEX keeps: condition codes and TOP. */
const FSW_KEPT_BY_CLEAR = 0x7f00;

/** FNINIT marks the registers empty and keeps their contents. */
export const fninit: HostFunction = (cpu) => {
  const { buffer, byteOffset } = cpu.registers;
  const stack = new Uint8Array(buffer, byteOffset + State.ST, 128);
  const contents = stack.slice();
  initX87(cpu.registers);
  stack.set(contents);
  return 'next';
};

export const fnstcw: HostFunction = (cpu, insn) => {
  cpu.write(insn.a, 2, BigInt(cpu.registers.getUint16(State.FCW, true)));
  return 'next';
};

export const fldcw: HostFunction = (cpu, insn) => {
  cpu.registers.setUint16(State.FCW, (Number(cpu.read(insn.a, 2)) & FCW_CHANGEABLE) | FCW_FIXED, true);
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
