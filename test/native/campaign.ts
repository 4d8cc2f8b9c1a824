/** Makes cases, runs them on this CPU and in the machine, and tells the differences. */
import type { CpuModel } from '../../src/isa/model.ts';
import type { Machine } from '../../src/machine/api.ts';
import { createMachine } from '../../src/machine/machine.ts';
import type { Case } from './case.ts';
import { clearScratch, difference, mapScratch, runEmulated } from './compare.ts';
import type { NativeCpu } from './native.ts';

export class Campaign {
  private readonly machines: Readonly<Record<CpuModel, Machine>>;

  constructor(private readonly native: NativeCpu) {
    const machineOf = (model: CpuModel): Machine => {
      const machine = createMachine({ features: { model } });
      mapScratch(machine);
      return machine;
    };
    this.machines = { 'x86-64-v2': machineOf('x86-64-v2'), skylake: machineOf('skylake') };
  }

  /** What differs, a text for each case that does. */
  differences(cases: readonly Case[]): string[] {
    const expected = this.native.run(cases);
    for (const machine of Object.values(this.machines)) clearScratch(machine);
    return cases
      .map((c, i) => difference(c, expected[i], runEmulated(this.machines[c.model], c)))
      .filter((text) => text !== undefined);
  }
}
