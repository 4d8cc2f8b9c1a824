/** What the kernel will tell the program about a violation, and why that may not be the truth (spec B.10, K-01 to K-21). */

import { ADDRESS_MAX } from '../base/address.ts';
import { hex } from '../base/hex.ts';
import type { SignalInfo, TaskView } from '../kernel/api.ts';
import { insn_decode, isBndcn, type MpxInsn } from '../kernel/mpx/insn.ts';
import type { Switches } from '../kernel/mpx/profiles.ts';
import { mpx_generate_siginfo } from '../kernel/mpx/siginfo.ts';
import { complete } from '../kernel/steps.ts';
import { Task } from '../kernel/task.ts';
import { isInit } from './format.ts';

const SIGSEGV = 11;
const SI_KERNEL = 0x80;

/** Asks the kernel's own code, before it acts, what siginfo it would make for the check at the task's RIP. */
export function predictReport(task: TaskView): SignalInfo | undefined {
  if (!(task instanceof Task)) return undefined;
  const made = complete(mpx_generate_siginfo(task));
  // Without a siginfo of its own the violation becomes a plain SIGSEGV (spec B.2).
  return typeof made === 'number' ? { signo: SIGSEGV, code: SI_KERNEL, errno: 0, address: 0n } : made;
}

/** `SIGSEGV (SEGV_BNDERR), si_addr 0x60201a, bounds [0x602010, 0x602019]`. */
export function reportText(report: SignalInfo): string {
  if (report.lower === undefined || report.upper === undefined)
    return 'a plain SIGSEGV (SI_KERNEL) without address and bounds';
  return `SIGSEGV (SEGV_BNDERR) with si_addr ${hex(report.address)}, bounds [${hex(report.lower)}, ${hex(report.upper)}]`;
}

/** A quirk of the kernel's address decoder: which instructions it spoils, and how to say it. */
interface Quirk {
  id: string;
  /** Whether this kernel has it. */
  present(switches: Readonly<Switches>): boolean;
  concerns(insn: MpxInsn): boolean;
  words: string;
}

const sibIndex = (insn: MpxInsn) => ((insn.sib ?? 0) >> 3) & 7;

const ADDRESS_QUIRKS: readonly Quirk[] = [
  {
    id: 'K-01',
    present: (s) => !s.decodeRexX,
    concerns: (i) => i.sib !== undefined && (i.rex & 2) !== 0,
    words: 'this kernel takes index registers r8–r15 for rax–rdi',
  },
  {
    id: 'K-02',
    present: (s) => !s.sibNoIndex,
    concerns: (i) => i.sib !== undefined && sibIndex(i) === 4 && (i.rex & 2) === 0,
    words: 'this kernel adds rsp as an index where the instruction has none (every operand based on rsp or r12)',
  },
  {
    id: 'K-03',
    present: (s) => !s.sibNoBase,
    concerns: (i) => i.sib !== undefined && (i.sib & 7) === 5 && i.mod === 0,
    words: 'this kernel adds rbp or r13 as a base where the instruction has none',
  },
  {
    id: 'K-04',
    present: (s) => !s.ripRelative,
    concerns: (i) => i.sib === undefined && i.mod === 0 && i.rm === 5,
    words: 'this kernel takes a RIP-relative operand for one based on rbp',
  },
  {
    id: 'K-05',
    present: (s) => s.addSegBase,
    concerns: (i) => i.segments.some((segment) => segment === 0x64 || segment === 0x65),
    words: 'this kernel adds the segment base, which the check does not',
  },
  {
    id: 'K-07',
    present: (s) => s.honour67h,
    concerns: (i) => i.addr_bytes === 4,
    words: 'this kernel truncates the address to 32 bits because of the 67h prefix, which the CPU ignores',
  },
];

/** Each difference between what is true (`address`) and what is reported, as a sentence with the quirk's number. */
export function reportDifferences(report: SignalInfo, address: bigint, bytes: Uint8Array, task: TaskView): string[] {
  if (!(task instanceof Task)) return [];
  const { switches } = task.process.profile;
  const insn = insn_decode(bytes, true);
  const differences: string[] = [];
  if (report.lower === undefined) {
    if (address === ADDRESS_MAX)
      differences.push('The kernel takes the all-ones address for a failure of its decoder (K-06).');
    else if ([0, 1, 2, 3].every((index) => isInit(task.cpu.bnd(index))))
      differences.push('All bound registers are in their initial state, so the kernel does not find them (K-20).');
    else differences.push('The kernel cannot decode the check and gives no details.');
    return differences;
  }
  if (report.address !== address) {
    const quirks = ADDRESS_QUIRKS.filter((quirk) => quirk.present(switches) && quirk.concerns(insn));
    const why = quirks.map((quirk) => `${quirk.words} (${quirk.id})`).join('; ');
    differences.push(
      `si_addr will be ${hex(report.address)}, but the CPU compared ${hex(address)}${why ? `: ${why}` : ''}.`,
    );
  }
  if (isBndcn(insn) && switches.bndcnUpperComplemented)
    differences.push('si_upper will be the complement of what BNDCN compared with (K-21).');
  return differences;
}
