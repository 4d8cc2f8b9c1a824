import { Flag } from '../../isa/emit/flags.ts';
import { State } from '../../isa/emit/state.ts';
import { xinuse } from '../xsave/image.ts';
import { MXCSR_VALID } from '../xsave/layout.ts';
import type { HostFunction } from './context.ts';
import { generalProtection, RCX, setEdxEax } from './registers.ts';

/** XGETBV: XCR0, or with ECX = 1 the components of it that are in use. */
export const xgetbv: HostFunction = (cpu) => {
  const index = cpu.gpr(RCX) & 0xffffffffn;
  if (index > 1n) throw generalProtection();
  setEdxEax(cpu, index === 0n ? cpu.xcr0 : cpu.xcr0 & xinuse(cpu.registers));
  return 'next';
};

/** The time stamp counter counts retired instructions: the same in every run. */
export const rdtsc: HostFunction = (cpu) => {
  setEdxEax(cpu, cpu.time);
  return 'next';
};

/** As RDTSC, with TSC_AUX (node and CPU number: both 0) in ECX. */
export const rdtscp: HostFunction = (cpu) => {
  setEdxEax(cpu, cpu.time);
  cpu.setGpr(RCX, 0n, 4);
  return 'next';
};

const ARITHMETIC = BigInt(Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF);

/** RDRAND: CF says whether there were random bytes; the other flags, and the register if there were none, are zero. */
export const rdrand: HostFunction = (cpu, insn) => {
  const bytes = cpu.random(insn.size);
  let value = 0n;
  for (const byte of bytes ?? []) value = (value << 8n) | BigInt(byte);
  cpu.write(insn.a, insn.size, value);
  cpu.rflags = (cpu.rflags & ~ARITHMETIC) | BigInt(bytes ? Flag.CF : 0);
  return 'next';
};

/** CLFLUSH has no effect here but the fault of a load. */
export const flushLine: HostFunction = (cpu, insn) => {
  cpu.read(insn.a, 1);
  return 'next';
};

export const ldmxcsr: HostFunction = (cpu, insn) => {
  const value = Number(cpu.read(insn.a, 4));
  if (value & ~MXCSR_VALID) throw generalProtection();
  cpu.registers.setUint32(State.MXCSR, value, true);
  return 'next';
};

export const stmxcsr: HostFunction = (cpu, insn) => {
  cpu.write(insn.a, 4, BigInt(cpu.registers.getUint32(State.MXCSR, true)));
  return 'next';
};
