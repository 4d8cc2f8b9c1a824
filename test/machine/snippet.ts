import {
  type Machine,
  type MachineOptions,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  type Stop,
  type Vcpu,
} from '../../src/machine/api.ts';
import { createMachine } from '../../src/machine/machine.ts';

export const CODE = 0x400000n;
export const DATA = 0x600000n;
export const STACK = 0x7ffe00000000n;

/** A machine with a page of code, two of data and one of stack; RSP in the middle of the latter. */
export class Snippet {
  readonly machine: Machine;
  readonly cpu: Vcpu;

  constructor(hex = '', options: MachineOptions = {}) {
    this.machine = createMachine(options);
    this.cpu = this.machine.newVcpu();
    this.machine.memory.populate(CODE, PROT_READ | PROT_EXEC, new Uint8Array(4096).fill(0xcc));
    this.machine.memory.populate(DATA, PROT_READ | PROT_WRITE);
    this.machine.memory.populate(DATA + 0x1000n, PROT_READ | PROT_WRITE);
    this.machine.memory.populate(STACK, PROT_READ | PROT_WRITE);
    this.cpu.setGpr(4, STACK + 0x800n);
    this.code(hex);
  }

  /** Puts bytes at the start of the code page, INT3s behind them, and RIP there. */
  code(hex: string): this {
    const bytes = hex
      .split(/\s+/)
      .filter(Boolean)
      .map((h) => Number.parseInt(h, 16));
    this.machine.memory.write(CODE, Uint8Array.from([...bytes, ...Array(16).fill(0xcc)]));
    this.cpu.rip = CODE;
    return this;
  }

  /** Runs to an INT3 or whatever else stops. */
  run(budget = 10_000): Stop {
    return this.machine.run(this.cpu, budget);
  }

  /** Runs to the INT3 behind the code; throws what else happened. */
  finish(): this {
    const stop = this.run();
    if (stop.kind !== 'trap' || stop.vector !== 3)
      throw new Error(
        `stopped by ${JSON.stringify(stop, (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v))}`,
      );
    return this;
  }
}
