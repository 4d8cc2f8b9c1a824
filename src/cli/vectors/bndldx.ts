/** Group X: BNDLDX with its operand, walk and result, judged before the kernel. */
import { bndTranslate, tableEntryAddress } from '../../machine/mpx/translate.ts';
import { encodeMemory } from './encode.ts';
import { type Observations, observedText } from './expectation.ts';
import { type Fields, NotUnderstood, wordOf } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { type CodeMode, DEFAULT_RIP, modeOf, place, preparedCpu } from './machine.ts';
import { type WalkSetup, watchOperand, watchWalk } from './walk.ts';

const RAX = 0;
const RCX = 1;
const SCALES = [1, 2, 4, 8];

interface Operand {
  mode: CodeMode;
  base: bigint | null;
  index: bigint | null;
  disp: number;
  seg_base: bigint;
}

function setupFor(context: GroupContext, operand: Operand, scale: number, fs: boolean, bndcfgu: bigint): WalkSetup {
  const code = encodeMemory('bndldx', 0, {
    base: operand.base === null ? null : RAX,
    index: operand.index === null ? null : RCX,
    scale,
    disp: operand.disp,
    fs,
  });
  const machine = context.machines.empty();
  return {
    machine,
    mode: operand.mode,
    clear() {
      machine.memory.discard(0n, 1n << 64n);
      place(machine, DEFAULT_RIP, code);
    },
    cpu() {
      const cpu = preparedCpu(machine, context.common, DEFAULT_RIP, operand.mode);
      cpu.setGpr(RAX, operand.base ?? cpu.gpr(RAX));
      cpu.setGpr(RCX, operand.index ?? cpu.gpr(RCX));
      cpu.fsBase = operand.seg_base;
      cpu.bndcfgu = bndcfgu;
      return cpu;
    },
  };
}

/** Lower bound, raw upper bound and pointer of the table entry; nothing where there is no table. */
function entryOf(input: Fields): bigint[] {
  if (input.has('entry') && input.raw('entry') === null) return [0n, 0n, 0n];
  const entry = input.list('entry', wordOf);
  if (entry.length !== 3) throw new NotUnderstood(`entry has ${entry.length} values, not 3`);
  return entry;
}

/** All observations of one encoding. */
function observe(
  setup: WalkSetup,
  context: GroupContext,
  operand: Operand,
  bde: bigint,
  entry: bigint[],
): Observations {
  const { lap, ptr_value } = watchOperand(setup, operand.index ?? 0n);
  const unitsEntry = tableEntryAddress(bde, bndTranslate(lap, 0n, 0, operand.mode).tableIndex, operand.mode);
  const walk = watchWalk(setup, bde, entry, unitsEntry);
  const common = { lap, ptr_value, bde_addr: walk.bde_addr, br: walk.br };
  const bnd = walk.cpu.bnd(0);
  const before = context.common.bndset[0];
  if (walk.br) {
    const changed = bnd.lower !== before.lower || bnd.upperRaw !== before.upperRaw;
    if (changed) throw new NotUnderstood('#BR was raised, yet the bounds register changed');
    return { ...common, bndstatus: walk.bndstatus };
  }
  const match = walk.mismatch === undefined;
  return { ...common, bte_addr: walk.bte_addr, match, lb: bnd.lower, ub_raw: bnd.upperRaw, bndstatus: walk.bndstatus };
}

export const bndldx: Group = {
  profiled: false,
  run(input, context): Observations {
    input.choice('insn', ['bndldx']);
    const operand: Operand = {
      mode: modeOf(input),
      base: input.wordOrNull('base'),
      index: input.wordOrNull('index'),
      disp: input.integer('disp', 0),
      seg_base: input.word('seg_base', 0n),
    };
    const bndcfgu = input.word('bndcfgu');
    const bde = input.word('bde_value');
    const entry = entryOf(input);
    // Every scale is run in any case: none may matter.
    input.integer('scale', 1);
    const overrides = operand.seg_base === 0n ? [false, true] : [true];
    const scales = operand.index === null ? [1] : SCALES;
    const all = overrides.flatMap((fs) =>
      scales.map((scale) => observe(setupFor(context, operand, scale, fs, bndcfgu), context, operand, bde, entry)),
    );
    const different = all.find((one) => observedText(one) !== observedText(all[0]));
    if (different) throw new NotUnderstood(`encodings differ: ${observedText(all[0])} and ${observedText(different)}`);
    return all[0];
  },
};
