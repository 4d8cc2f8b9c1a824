/** Instructions of 32-bit code that 64-bit mode has dropped (SDM Vol. 2), but for decimal arithmetic (decimal.ts). */
import { Flag } from '../../isa/emit/flags.ts';
import { State } from '../../isa/emit/state.ts';
import { Vector } from '../api.ts';
import { BNDCFG_EN } from '../mpx/translate.ts';
import { XFEATURE_MPX } from '../xsave/layout.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { RAX, RSP } from './registers.ts';
import { setStackPointer, stackAddress, stackPointer } from './stack.ts';

/** PUSHA: all eight general registers, the stack pointer as it was. */
export const pushAll: HostFunction = (cpu, insn) => {
  const size = insn.size === 2 ? 2 : 4;
  const top = stackPointer(cpu, insn);
  const at = (n: number) => stackAddress(insn, top - BigInt(size * (n + 1)));
  for (let n = 0; n < 8; n++) cpu.probeStore(at(n), size, true);
  for (let n = 0; n < 8; n++) cpu.storeUint(at(n), size, BigInt.asUintN(8 * size, n === RSP ? top : cpu.gpr(n)), true);
  setStackPointer(cpu, insn, at(7));
  return 'next';
};

/** POPA: the same back; the stack pointer's image is skipped. */
export const popAll: HostFunction = (cpu, insn) => {
  const size = insn.size === 2 ? 2 : 4;
  const sp = stackPointer(cpu, insn);
  const words = Array.from({ length: 8 }, (_, i) =>
    cpu.loadUint(stackAddress(insn, sp + BigInt(size * i)), size, true),
  );
  for (let n = 0; n < 8; n++) if (n !== RSP) cpu.setGpr(n, words[7 - n], size);
  setStackPointer(cpu, insn, sp + BigInt(8 * size));
  return 'next';
};

/** INTO: a trap if OF is set. */
export const interruptOnOverflow: HostFunction = (cpu) =>
  cpu.rflags & BigInt(Flag.OF) ? { interrupt: Vector.OF } : 'next';

/** BOUND: #BR unless lower ≤ index ≤ upper, signed. With MPX on it says in BNDSTATUS that no bound register was to blame (spec A.7). */
export const boundRange: HostFunction = (cpu, insn) => {
  if (insn.b?.kind !== 'mem') throw new TypeError('BOUND without memory');
  const size = insn.size === 2 ? 2 : 4;
  const signed = (value: bigint) => BigInt.asIntN(8 * size, value);
  const at = cpu.address(insn.b);
  const lower = signed(cpu.loadUint(at, size));
  const upper = signed(cpu.loadUint(at + BigInt(size), size));
  const index = signed(cpu.read(insn.a, size));
  if (index >= lower && index <= upper) return 'next';
  if (isMpxOn(cpu)) cpu.registers.setBigUint64(State.BNDSTATUS, 0n, true);
  throw new GuestFault(Vector.BR);
};

function isMpxOn(cpu: HostContext): boolean {
  const enabled = (cpu.registers.getBigUint64(State.BNDCFGU, true) & BNDCFG_EN) !== 0n;
  return enabled && cpu.features.mpx && (cpu.xcr0 & XFEATURE_MPX) === XFEATURE_MPX;
}

/** ARPL: raises the requested privilege level of the destination to the source's; ZF tells whether it did. */
export const adjustRpl: HostFunction = (cpu, insn) => {
  const destination = cpu.read(insn.a, 2);
  const level = cpu.read(insn.b, 2) & 3n;
  const raises = (destination & 3n) < level;
  // The store is checked whether it happens or not.
  cpu.write(insn.a, 2, raises ? (destination & ~3n) | level : destination);
  const zf = BigInt(Flag.ZF);
  cpu.rflags = raises ? cpu.rflags | zf : cpu.rflags & ~zf;
  return 'next';
};

/** SALC (D6): AL ← CF ? FFh : 0. */
export const setAlFromCarry: HostFunction = (cpu) => {
  cpu.setGpr(RAX, cpu.rflags & BigInt(Flag.CF) ? 0xffn : 0n, 1);
  return 'next';
};
