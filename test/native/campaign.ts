/** Makes cases, runs them on this CPU and in the machine, and tells the differences. */
import { createMachine } from '../../src/machine/machine.ts';
import type { Case } from './case.ts';
import { clearScratch, difference, mapScratch, runEmulated } from './compare.ts';
import type { NativeCpu } from './native.ts';

export class Campaign {
  private readonly machine = createMachine();

  constructor(private readonly native: NativeCpu) {
    mapScratch(this.machine);
  }

  /** What differs, a text for each case that does. */
  differences(cases: readonly Case[]): string[] {
    const expected = this.native.run(cases);
    clearScratch(this.machine);
    return cases
      .map((c, i) => difference(c, expected[i], runEmulated(this.machine, c)))
      .filter((text) => text !== undefined);
  }
}
