/** Group M: BNDMK. */
import { encodeMemory } from './encode.ts';
import type { Observations } from './expectation.ts';
import { NotUnderstood } from './fields.ts';
import type { Group } from './group.ts';
import { DEFAULT_RIP, modeOf, place, preparedCpu, stepOne, stopText } from './machine.ts';

const RAX = 0;
const RCX = 1;

export const bndmk: Group = {
  profiled: false,
  run(input, { machines, common }): Observations {
    const machine = machines.empty();
    const mode = modeOf(input);
    const cpu = preparedCpu(machine, common, DEFAULT_RIP, mode);
    const [base, index] = [input.wordOrNull('base'), input.wordOrNull('index')];
    const code = encodeMemory('bndmk', 0, {
      base: base === null ? null : RAX,
      index: index === null ? null : RCX,
      scale: input.integer('scale', 1),
      disp: input.integer('disp', 0),
    });
    cpu.setGpr(RAX, base ?? cpu.gpr(RAX));
    cpu.setGpr(RCX, index ?? cpu.gpr(RCX));
    cpu.bndcfgu = 1n;
    place(machine, DEFAULT_RIP, code);
    const stop = stepOne(machine, cpu);
    if (stop.kind !== 'budget') throw new NotUnderstood(`the instruction ended with ${stopText(stop)}`);
    const { lower, upperRaw } = cpu.bnd(0);
    return { lb: lower, ub_raw: upperRaw, upper: BigInt.asUintN(mode, ~upperRaw) };
  },
};
