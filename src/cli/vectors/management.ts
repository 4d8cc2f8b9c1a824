/** Group P: prctl 43 and 44. */
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { PAGE_SIZE } from '../../machine/api.ts';
import { resultText } from './errno-text.ts';
import { type Observations, observedText } from './expectation.ts';
import { NotUnderstood, wordOf } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { preparedCpu } from './machine.ts';
import { areaOf, PreparedProcess } from './process.ts';

const PRCTL = 157n;
const ENABLE = 43n;
/** Directory of an earlier success, and one to use where that is the vector's. */
const EARLIER = 0x7e0000000000n;
const OTHER_EARLIER = 0x7d0000000000n;
const NONE = 2n ** 64n - 1n;

interface Call {
  op: bigint;
  args: bigint[];
  mpx: boolean;
  bndcfgu: bigint;
  vma_above: bigint | undefined;
}

interface Answer {
  ret: bigint | string;
  /** Afterwards; "unchanged" is told apart by `unchanged`. */
  bd_addr: bigint;
  unchanged: boolean;
  warnings: number;
}

function ask(context: GroupContext, call: Call, afterSuccess: boolean): Answer {
  const machine = context.machines.empty({ mpx: call.mpx });
  const cpu = preparedCpu(machine, context.common);
  const prepared = new PreparedProcess(machine, cpu, resolveProfile(context.profile));
  const { mm, profile } = prepared;
  const earlierDirectory = call.bndcfgu >> 12n === EARLIER >> 12n ? OTHER_EARLIER : EARLIER;
  if (afterSuccess && call.mpx) {
    cpu.bndcfgu = earlierDirectory | 1n;
    const earlier = prepared.syscall(PRCTL, ENABLE, 0n, 0n, 0n, 0n);
    if (earlier !== 0n || mm.bd_addr !== earlierDirectory) throw new NotUnderstood('the earlier prctl did not succeed');
  } else if (afterSuccess) mm.bd_addr = earlierDirectory;
  if (call.vma_above !== undefined) {
    mm.install([...mm.vmas, areaOf(mm, profile, call.vma_above, call.vma_above + BigInt(PAGE_SIZE), 'anon')]);
  }
  const before = mm.bd_addr;
  prepared.records.length = 0;
  for (const [i, value] of context.common.regs64.entries()) cpu.setGpr(i, value);
  cpu.bndcfgu = call.bndcfgu;
  const ret = resultText(prepared.syscall(PRCTL, call.op, ...call.args));
  return { ret, bd_addr: mm.bd_addr, unchanged: mm.bd_addr === before, warnings: prepared.events('mpx-log').length };
}

/** One line for an outcome, as P07 has it. */
function outcomeText({ ret, unchanged, warnings }: Answer): string {
  const warning = warnings === 0 ? '' : warnings === 1 ? ', one kernel warning' : `, ${warnings} kernel warnings`;
  return `${ret}${unchanged ? ', bd_addr unchanged' : ''}${warning}`;
}

export const management: Group = {
  profiled: true,
  commented: ['bd_addr', 'outcome'],
  run(input, context): Observations {
    const op = input.raw('op');
    const ops = typeof op === 'string' ? op.split('|').map((one) => wordOf(Number(one))) : [wordOf(op)];
    const args = input.has('args') ? input.list('args', wordOf) : [];
    const mpx = input.flag('mpx', true);
    const bndcfgu = input.word('bndcfgu', 0n);
    const vma_above = input.has('vma_above') ? input.word('vma_above') : undefined;
    const answers = ops.flatMap((number) => {
      if (number === undefined) throw new NotUnderstood(`op is ${JSON.stringify(op)}`);
      return [false, true].map((afterSuccess) =>
        ask(context, { op: number, args, mpx, bndcfgu, vma_above }, afterSuccess),
      );
    });
    const agreed = <T>(of: (answer: Answer) => T, text: (value: T) => string): T | string =>
      answers.every((answer) => of(answer) === of(answers[0]))
        ? of(answers[0])
        : answers.map((a) => text(of(a))).join('; ');
    const unchanged = answers.every((answer) => answer.unchanged);
    const outcome = agreed(outcomeText, String);
    const bd_addr = agreed(({ bd_addr }) => bd_addr, observedText);
    return {
      ret: agreed(({ ret }) => ret, observedText),
      bd_addr: unchanged ? 'unchanged' : bd_addr === NONE ? '-1' : bd_addr,
      outcome: /^\d+$/.test(outcome) ? Number(outcome) : outcome,
    };
  },
};
