import { firstIndex } from '../base/search.ts';
import type { CompilationUnit } from './dwarf/units.ts';

/**
 * The units of one file, and which of them is at an address. Where their code is, is read when it is first asked for: in C++ these are
 * hundreds of thousands of ranges, so they are kept as plain numbers. Addresses of user space fit into a double.
 */
export class UnitIndex {
  private ranges: UnitRanges | undefined;

  /** `units` ascend by offset. */
  constructor(readonly units: readonly CompilationUnit[]) {}

  /** The unit at a link-time address; of several the one whose code there begins last. */
  at(linked: bigint): CompilationUnit | undefined {
    this.ranges ??= new UnitRanges(this.units);
    const number = this.ranges.at(Number(linked));
    return number === undefined ? undefined : this.units[number];
  }
}

/** Ranges of all units, ascending by start. */
class UnitRanges {
  private readonly start: Float64Array;
  private readonly end: Float64Array;
  /** Index of the unit. */
  private readonly unit: Uint32Array;
  /** Greatest of end[0 … i]: tells when a search backwards may end although ranges may overlap. */
  private readonly reach: Float64Array;

  constructor(units: readonly CompilationUnit[]) {
    const count = units.reduce((sum, { ranges }) => sum + ranges.length, 0);
    const start = new Float64Array(count);
    const end = new Float64Array(count);
    const unit = new Uint32Array(count);
    let filled = 0;
    units.forEach(({ ranges }, number) => {
      for (const range of ranges) {
        start[filled] = Number(range.start);
        end[filled] = Number(range.end);
        unit[filled++] = number;
      }
    });
    const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
      (a, b) => start[a] - start[b] || end[b] - end[a],
    );
    this.start = Float64Array.from(order, (i) => start[i]);
    this.end = Float64Array.from(order, (i) => end[i]);
    this.unit = Uint32Array.from(order, (i) => unit[i]);
    let reach = 0;
    this.reach = Float64Array.from(this.end, (one) => {
      reach = Math.max(reach, one);
      return reach;
    });
  }

  at(address: number): number | undefined {
    const { start, end, reach, unit } = this;
    for (let i = firstIndex(start.length, (k) => start[k] > address) - 1; i >= 0 && reach[i] > address; i--) {
      if (end[i] > address) return unit[i];
    }
    return undefined;
  }
}
