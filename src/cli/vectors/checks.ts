/** Group C: one bounds check, in register form and in plain memory form. */

import { encodeMemory, encodeRegister, type MpxMnemonic } from './encode.ts';
import type { Observations, Observed } from './expectation.ts';
import { observedText } from './expectation.ts';
import type { Group, GroupContext } from './group.ts';
import { DEFAULT_RIP, pageOf, place, preparedCpu, raisedBr, stepOne } from './machine.ts';

const RAX = 0;
const ENABLED = 0x7f5500000001n;

interface Check {
  br: boolean;
  bndstatus: bigint;
}

/** Executes `code`, a check of RAX = `addr` against BND0. */
function execute(context: GroupContext, code: Uint8Array, addr: bigint, lower: bigint, upperRaw: bigint): Check {
  const machine = context.machines.empty();
  const cpu = preparedCpu(machine, context.common);
  place(machine, pageOf(DEFAULT_RIP), new Uint8Array(4096));
  place(machine, DEFAULT_RIP, code);
  cpu.bndcfgu = ENABLED;
  cpu.setBnd(0, { lower, upperRaw });
  cpu.setGpr(RAX, addr);
  const br = raisedBr(stepOne(machine, cpu));
  return { br, bndstatus: cpu.bndstatus };
}

/** The greatest address that BNDCU lets pass, found by asking it. */
function effectiveUpper(context: GroupContext, upperRaw: bigint): Observed {
  const upper = BigInt.asUintN(64, ~upperRaw);
  const code = encodeRegister('bndcu', 0, RAX);
  const passes = (addr: bigint) => !execute(context, code, addr, 0n, upperRaw).br;
  const exact = passes(upper) && (upper === 2n ** 64n - 1n || !passes(upper + 1n));
  return exact ? upper : `not ${observedText(upper)}, as BNDCU shows`;
}

export const checks: Group = {
  profiled: false,
  run(input, context): Observations {
    const insn = input.choice<MpxMnemonic>('insn', ['bndcl', 'bndcu', 'bndcn']);
    const [lower, upperRaw, addr] = [input.word('lb'), input.word('ub_raw'), input.word('addr')];
    const forms = [encodeRegister(insn, 0, RAX), encodeMemory(insn, 0, { base: RAX, index: null })];
    const [inRegister, inMemory] = forms.map((code) => execute(context, code, addr, lower, upperRaw));
    const both = (of: (check: Check) => Observed): Observed => {
      const [a, b] = [of(inRegister), of(inMemory)];
      return a === b ? a : `${observedText(a)} in register form, ${observedText(b)} in memory form`;
    };
    return {
      br: both(({ br }) => br),
      bndstatus: both(({ bndstatus }) => (bndstatus === 0n ? 'unchanged' : bndstatus)),
      effective_upper: effectiveUpper(context, upperRaw),
    };
  },
};
