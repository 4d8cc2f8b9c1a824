/** FNSTENV, FLDENV, FNSAVE and FRSTOR: the environment in its 32-bit layout, or the 16-bit one with 66h (SDM Vol. 1, 8.1.10). */
import { State } from '../../../isa/emit/state.ts';
import { type Insn, Segment } from '../../../isa/insn.ts';
import { kindOf, readExtended } from '../../float/extended.ts';
import { Status, withSummary } from '../../float/status.ts';
import { FCW_CHANGEABLE, FCW_FIXED } from '../../xsave/layout.ts';
import type { HostContext, HostFunction } from '../context.ts';
import { initialise } from './control.ts';
import { checkPending } from './fpu.ts';
import { FOP_MASK } from './opcode.ts';

const REGISTER_BYTES = 80;
const TAG = { VALID: 0, ZERO: 1, SPECIAL: 2, EMPTY: 3 } as const;

function tagOf(registers: DataView, n: number): number {
  if (((registers.getUint8(State.FTW) >> n) & 1) === 0) return TAG.EMPTY;
  const kind = kindOf(readExtended(registers, State.ST + 16 * n));
  return kind === 'normal' ? TAG.VALID : kind === 'zero' ? TAG.ZERO : TAG.SPECIAL;
}

/** The words of the environment: FCW, FSW, FTW, FIP, (FCS and) FOP, FDP, FDS; the selectors are kept no more (CPUID leaf 7, EBX bit 13). */
function environmentOf(registers: DataView, wide: boolean): Uint8Array {
  let tags = 0;
  for (let n = 0; n < 8; n++) tags |= tagOf(registers, n) << (2 * n);
  const pointer = (offset: number) => Number(registers.getBigUint64(offset, true) & 0xffffffffn);
  const high = 0xffff0000;
  const words = [
    high | registers.getUint16(State.FCW, true),
    high | registers.getUint16(State.FSW, true),
    high | tags,
    pointer(State.FIP),
    registers.getUint16(State.FOP, true) << 16,
    pointer(State.FDP),
    high,
  ];
  const step = wide ? 4 : 2;
  const view = new DataView(new ArrayBuffer(words.length * step));
  words.forEach((word, i) => {
    if (wide) view.setUint32(4 * i, word >>> 0, true);
    else view.setUint16(2 * i, word & 0xffff, true);
  });
  return new Uint8Array(view.buffer);
}

function loadEnvironment(registers: DataView, image: DataView, wide: boolean): void {
  const word = (i: number) => image.getUint16(i * (wide ? 4 : 2), true);
  const pointer = (i: number) => BigInt(wide ? image.getUint32(4 * i, true) : word(i));
  const fcw = (word(0) & FCW_CHANGEABLE) | FCW_FIXED;
  const tags = word(2);
  let inUse = 0;
  for (let n = 0; n < 8; n++) if (((tags >> (2 * n)) & 3) !== TAG.EMPTY) inUse |= 1 << n;
  registers.setUint16(State.FCW, fcw, true);
  registers.setUint16(State.FSW, withSummary(word(1), fcw), true);
  registers.setUint8(State.FTW, inUse);
  registers.setBigUint64(State.FIP, pointer(3), true);
  registers.setUint16(State.FOP, wide ? image.getUint16(18, true) & FOP_MASK : 0, true);
  registers.setBigUint64(State.FDP, pointer(5), true);
}

function area(cpu: HostContext, insn: Insn): { at: bigint; stack: boolean; wide: boolean } {
  if (insn.a?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
  const wide = insn.a.size !== 14 && insn.a.size !== 94;
  return { at: cpu.address(insn.a), stack: insn.a.segment === Segment.SS, wide };
}

/** Address in the state block of ST(i). */
const stackSlot = (registers: DataView, i: number): number =>
  State.ST + 16 * ((((registers.getUint16(State.FSW, true) >> 11) & 7) + i) & 7);

/** Stores the environment, then masks all exceptions. */
export const fnstenv: HostFunction = (cpu, insn) => {
  const { registers } = cpu;
  const { at, stack, wide } = area(cpu, insn);
  cpu.store(at, environmentOf(registers, wide), stack);
  const fcw = registers.getUint16(State.FCW, true) | Status.EXCEPTIONS;
  registers.setUint16(State.FCW, fcw, true);
  registers.setUint16(State.FSW, withSummary(registers.getUint16(State.FSW, true), fcw), true);
  return 'next';
};

export const fldenv: HostFunction = (cpu, insn) => {
  checkPending(cpu);
  const { at, stack, wide } = area(cpu, insn);
  const image = cpu.load(at, wide ? 28 : 14, stack).slice();
  loadEnvironment(cpu.registers, new DataView(image.buffer), wide);
  return 'next';
};

/** Stores environment and registers, then initialises. */
export const fnsave: HostFunction = (cpu, insn) => {
  const { registers } = cpu;
  const { at, stack, wide } = area(cpu, insn);
  const environment = environmentOf(registers, wide);
  const image = new Uint8Array(environment.length + REGISTER_BYTES);
  image.set(environment);
  for (let i = 0; i < 8; i++) {
    const slot = new Uint8Array(registers.buffer, registers.byteOffset + stackSlot(registers, i), 10);
    image.set(slot, environment.length + 10 * i);
  }
  cpu.store(at, image, stack);
  initialise(registers);
  return 'next';
};

export const frstor: HostFunction = (cpu, insn) => {
  checkPending(cpu);
  const { registers } = cpu;
  const { at, stack, wide } = area(cpu, insn);
  const header = wide ? 28 : 14;
  const image = cpu.load(at, header + REGISTER_BYTES, stack).slice();
  loadEnvironment(registers, new DataView(image.buffer), wide);
  for (let i = 0; i < 8; i++) {
    const slot = new Uint8Array(registers.buffer, registers.byteOffset + stackSlot(registers, i), 10);
    slot.set(image.subarray(header + 10 * i, header + 10 * i + 10));
  }
  return 'next';
};
