/** The machine as vectors use it: prepared registers and pages, one instruction at a time. */

import { hex } from '../../base/hex.ts';
import type { ProfileId } from '../../kernel/api.ts';
import {
  type CpuFeatures,
  type Machine,
  PAGE_SIZE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  type Stop,
  type Vcpu,
  Vector,
} from '../../machine/api.ts';
import { createMachine } from '../../machine/machine.ts';
import { type Fields, NotUnderstood } from './fields.ts';
import type { Common } from './format.ts';

/** RIP where a vector does not say (spec E.0). */
export const DEFAULT_RIP = 0x400d7cn;
const ALL_ACCESS = PROT_READ | PROT_WRITE | PROT_EXEC;
export const RSP = 4;

const PAGE = BigInt(PAGE_SIZE);
export const pageOf = (address: bigint): bigint => BigInt.asUintN(64, address) & ~(PAGE - 1n);

/** Machines by features, emptied before each use: making one is what costs. */
export class MachinePool {
  private readonly machines = new Map<string, { machine: Machine; xcr0: bigint }>();

  private make(features: Partial<CpuFeatures>): { machine: Machine; xcr0: bigint } {
    const machine = createMachine({ features });
    return { machine, xcr0: machine.xcr0 };
  }

  /** A machine without any page. */
  empty(features: Partial<CpuFeatures> = {}): Machine {
    const key = JSON.stringify(features);
    const entry = this.machines.get(key) ?? this.make(features);
    this.machines.set(key, entry);
    const { machine, xcr0 } = entry;
    machine.memory.discard(0n, 1n << 64n);
    machine.observeMpx = undefined;
    machine.xcr0 = xcr0;
    return machine;
  }
}

/** Width of the code that a vector is about. */
export type CodeMode = 64 | 32;
const CODE32_SELECTOR = 0x23;

/** The mode of vectors that may be about either. Throws NotUnderstood. */
export function modeOf(input: Fields, otherwise: CodeMode = 64): CodeMode {
  const mode = input.integer('mode', otherwise);
  if (mode !== 64 && mode !== 32) throw new NotUnderstood(`mode ${mode}`);
  return mode;
}

/** The kernel that a vector about 4.1 means: for 32-bit code the one built for i386 (spec E.0). */
export const profileIn = (profile: ProfileId, mode: CodeMode): ProfileId =>
  mode === 32 && profile === 'v4.1' ? 'v4.1-i386' : profile;

/** A CPU with the common registers (their low halves in 32-bit code) and bounds, at `rip`; MPX is off. */
export function preparedCpu(machine: Machine, common: Common, rip = DEFAULT_RIP, mode: CodeMode = 64): Vcpu {
  const cpu = machine.newVcpu();
  for (const [i, value] of common.regs64.entries()) cpu.setGpr(i, BigInt.asUintN(mode, value));
  if (mode === 32) cpu.setSelector('cs', CODE32_SELECTOR);
  for (const [i, bounds] of common.bndset.entries()) cpu.setBnd(i, bounds);
  cpu.rip = rip;
  return cpu;
}

/** Makes the pages of [address, address+bytes) present, and puts the bytes there. Pages that are there already keep the rest. */
export function place(machine: Machine, address: bigint, bytes: Uint8Array, prot = ALL_ACCESS): void {
  const last = pageOf(address + BigInt(Math.max(bytes.length, 1)) - 1n);
  for (let page = pageOf(address); page <= last; page += PAGE) {
    if (machine.memory.protection(page) === undefined) machine.memory.populate(page, prot);
  }
  machine.memory.write(address, bytes);
}

/** Little-endian words of `mode` bits as bytes. */
export function wordsOf(mode: CodeMode, ...values: bigint[]): Uint8Array {
  const size = mode / 8;
  const view = new DataView(new ArrayBuffer(values.length * size + 8));
  // Each word covers what the one before it wrote too much.
  for (const [i, value] of values.entries()) view.setBigUint64(size * i, BigInt.asUintN(mode, value), true);
  return new Uint8Array(view.buffer, 0, values.length * size);
}

/** Little-endian 64-bit words as bytes. */
export const words = (...values: bigint[]): Uint8Array => wordsOf(64, ...values);

export const stepOne = (machine: Machine, cpu: Vcpu): Stop => machine.run(cpu, 1);

/** What a stop was, in words, for outcomes that no vector should have. */
export function stopText(stop: Stop): string {
  if (stop.kind !== 'trap') return stop.kind;
  const name = Object.entries(Vector).find(([, number]) => number === stop.vector)?.[0] ?? String(stop.vector);
  return `#${name}(${hex(stop.errorCode)}) at ${hex(stop.address)}${stop.unimplemented ? ', not implemented' : ''}`;
}

/** Whether the instruction raised #BR; true or false, anything else is not what a vector can be about. */
export function raisedBr(stop: Stop): boolean {
  if (stop.kind === 'budget') return false;
  if (stop.kind === 'trap' && stop.vector === Vector.BR) return true;
  throw new NotUnderstood(`the instruction ended with ${stopText(stop)}`);
}
