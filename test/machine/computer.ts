/** A machine with assembled code, some data and a stack, for tests. */
import {
  type Machine,
  type MachineOptions,
  PAGE_SIZE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  type Stop,
  type Vcpu,
} from '../../src/machine/api.ts';
import { createMachine } from '../../src/machine/machine.ts';
import { assemble } from '../support/assemble.ts';

export const CODE = 0x400000n;
export const DATA = 0x600000n;
/** Four pages. */
export const DATA_BYTES = 4 * PAGE_SIZE;
export const STACK_TOP = 0x7fff_2000_0000n;
export const RW = PROT_READ | PROT_WRITE;
export const RX = PROT_READ | PROT_EXEC;

export const Register = { rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, r8: 8, r9: 9 } as const;

export interface Computer {
  machine: Machine;
  cpu: Vcpu;
  /** Address of a label. */
  at(label: string): bigint;
  run(budget?: number): Stop;
}

/** Loads `source` at CODE; RIP is at its start. */
export function computer(source: string, options: MachineOptions = {}): Computer {
  const { bytes, symbols } = assemble(source, CODE);
  const machine = createMachine(options);
  const { memory } = machine;
  for (let offset = 0; offset < bytes.length; offset += PAGE_SIZE)
    memory.populate(CODE + BigInt(offset), RX, bytes.subarray(offset, offset + PAGE_SIZE));
  for (let offset = 0; offset < DATA_BYTES; offset += PAGE_SIZE) memory.populate(DATA + BigInt(offset), RW);
  memory.populate(STACK_TOP - BigInt(PAGE_SIZE), RW);
  const cpu = machine.newVcpu();
  cpu.rip = CODE;
  cpu.setGpr(Register.rsp, STACK_TOP);
  const at = (label: string) => {
    const address = symbols.get(label);
    if (address === undefined) throw new Error(`no label ${label}`);
    return address;
  };
  return { machine, cpu, at, run: (budget = 1_000_000) => machine.run(cpu, budget) };
}
