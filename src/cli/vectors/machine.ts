/** The machine as vectors use it: prepared registers and pages, one instruction at a time. */

import { hex } from '../../base/hex.ts';
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
import { NotUnderstood } from './fields.ts';
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

/** A CPU with the common registers and bounds, at `rip`; MPX is off. */
export function preparedCpu(machine: Machine, common: Common, rip = DEFAULT_RIP): Vcpu {
  const cpu = machine.newVcpu();
  for (const [i, value] of common.regs64.entries()) cpu.setGpr(i, value);
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

/** Little-endian 64-bit words as bytes. */
export function words(...values: bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(8 * i, BigInt.asUintN(64, value), true);
  return bytes;
}

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
