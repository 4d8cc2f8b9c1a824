/** Group C: one bounds check, in register form and in plain memory form. */

import { encodeMemory, encodeRegister, type MpxMnemonic } from './encode.ts';
import type { Observations, Observed } from './expectation.ts';
import { observedText } from './expectation.ts';
import type { Group, GroupContext } from './group.ts';
import { type CodeMode, DEFAULT_RIP, modeOf, pageOf, place, preparedCpu, raisedBr, stepOne } from './machine.ts';

const RAX = 0;
/** The directory is of no interest. */
const ENABLED = 1n;

interface Scene {
  context: GroupContext;
  mode: CodeMode;
}

interface Check {
  br: boolean;
  bndstatus: bigint;
}

/** Executes `code`, a check of RAX = `addr` against BND0. */
function execute({ context, mode }: Scene, code: Uint8Array, addr: bigint, lower: bigint, upperRaw: bigint): Check {
  const machine = context.machines.empty();
  const cpu = preparedCpu(machine, context.common, DEFAULT_RIP, mode);
  place(machine, pageOf(DEFAULT_RIP), new Uint8Array(4096));
  place(machine, DEFAULT_RIP, code);
  cpu.bndcfgu = ENABLED;
  cpu.setBnd(0, { lower, upperRaw });
  cpu.setGpr(RAX, addr);
  const br = raisedBr(stepOne(machine, cpu));
  return { br, bndstatus: cpu.bndstatus };
}

/** The greatest address that BNDCU lets pass, found by asking it. */
function effectiveUpper(scene: Scene, upperRaw: bigint): Observed {
  const upper = BigInt.asUintN(scene.mode, ~upperRaw);
  const code = encodeRegister('bndcu', 0, RAX);
  const passes = (addr: bigint) => !execute(scene, code, addr, 0n, upperRaw).br;
  const exact = passes(upper) && (upper === 2n ** BigInt(scene.mode) - 1n || !passes(upper + 1n));
  return exact ? upper : `not ${observedText(upper)}, as BNDCU shows`;
}

export const checks: Group = {
  profiled: false,
  run(input, context): Observations {
    const scene = { context, mode: modeOf(input) };
    const insn = input.choice<MpxMnemonic>('insn', ['bndcl', 'bndcu', 'bndcn']);
    const [lower, upperRaw, addr] = [input.word('lb'), input.word('ub_raw'), input.word('addr')];
    const forms = [encodeRegister(insn, 0, RAX), encodeMemory(insn, 0, { base: RAX, index: null })];
    const [inRegister, inMemory] = forms.map((code) => execute(scene, code, addr, lower, upperRaw));
    const both = (of: (check: Check) => Observed): Observed => {
      const [a, b] = [of(inRegister), of(inMemory)];
      return a === b ? a : `${observedText(a)} in register form, ${observedText(b)} in memory form`;
    };
    return {
      br: both(({ br }) => br),
      bndstatus: both(({ bndstatus }) => (bndstatus === 0n ? 'unchanged' : bndstatus)),
      effective_upper: effectiveUpper(scene, upperRaw),
    };
  },
};
