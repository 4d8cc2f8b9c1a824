/** The report of `mpxdbg run`: what happened, as data (docs/report.schema.json) and as text for people. */
import { hex } from '../base/hex.ts';
import { reportText } from '../debugger/kernel-report.ts';
import { baseName } from '../debugger/symbols.ts';
import type { TableCounts } from '../debugger/tables.ts';
import { placedText, type Violation, type ViolationPlace, violationLines } from '../debugger/violation.ts';
import type { ExitStatus, ProcessView, SignalInfo } from '../kernel/api.ts';
import type { FileChange } from '../kernel/files/directory.ts';
import type { Unimplemented } from '../machine/api.ts';
import type { KernelChoice } from '../protocol/launch.ts';

export type Ending = 'program' | 'max-instructions' | 'violation' | 'interrupted' | 'oops' | 'deadlock';

/** A function on the stack, innermost first. */
export interface ReportFrame {
  pc: bigint;
  /** `main+0x1c`, or an address where there are no symbols. */
  name: string;
  /** As the debug information has it. */
  file: string | undefined;
  line: number | undefined;
}

/** What a violation is about, and how the program came there: of the first at each check. */
export interface Explanation extends ViolationPlace {
  stack: ReportFrame[];
}

/** A violation with what the kernel made of it. */
export interface RecordedViolation {
  violation: Violation;
  explanation: Explanation | undefined;
  /** AT&T text of the check. */
  instruction: string;
  symbol: string;
  /** `file:line` or ''. */
  location: string;
  /** Instructions retired before it. */
  at: bigint;
  reported: SignalInfo | undefined;
  /** Where the report differs from the truth. */
  differences: string[];
  hint: string;
}

export interface RunResult {
  program: string;
  kernel: KernelChoice['profile'];
  seed: number;
  ended: Ending;
  exit: ExitStatus;
  oops: { function: string; reason: string } | undefined;
  instructions: bigint;
  seconds: number;
  memoryHash: string;
  violations: RecordedViolation[];
  violationsOmitted: number;
  memoryLimitReached: boolean;
  tables: TableCounts;
  unimplemented: ProcessView['unimplemented'];
  /** What the program made, changed and removed. */
  files: readonly FileChange[];
}

/** The inclusive upper bound that the check went by. */
function comparedUpper({ violation }: RecordedViolation): bigint {
  const raw = violation.bounds.upperRaw;
  return violation.insn.op === 'bndcn' ? raw : ~raw & 0xffff_ffff_ffff_ffffn;
}

/** One line: the check, the expression and the object as far as they are known. */
export const titleOf = ({ violation, explanation }: RecordedViolation): string =>
  explanation ? placedText(violation, explanation) : violation.text;

/** `0x4011d3 in fill+0x4c (heap-overflow.c:8)`, as sanitizers write it. */
export const frameText = ({ pc, name, file, line }: ReportFrame): string =>
  `${hex(pc)} in ${name}${file === undefined ? '' : ` (${baseName(file)}:${line})`}`;

const sameCheck = (one: RecordedViolation) => (other: RecordedViolation) => other.violation.pc === one.violation.pc;

const bytesText = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** The report as docs/report.schema.json describes it. */
export function reportJson(result: RunResult): object {
  return {
    version: 1,
    program: result.program,
    kernel: result.kernel,
    seed: result.seed,
    exit: result.exit,
    ended: result.ended,
    ...(result.oops && { oops: result.oops }),
    instructions: Number(result.instructions),
    seconds: result.seconds,
    memoryHash: result.memoryHash,
    memoryLimitReached: result.memoryLimitReached,
    mpx: {
      violations: result.violations.map((recorded) => ({
        pc: hex(recorded.violation.pc),
        symbol: recorded.symbol,
        location: recorded.location,
        instruction: recorded.instruction,
        register: `bnd${recorded.violation.register}`,
        lower: hex(recorded.violation.bounds.lower),
        upper: hex(comparedUpper(recorded)),
        address: hex(recorded.violation.address),
        kind: recorded.violation.insn.op === 'bndcl' ? 'lower' : 'upper',
        overshoot: hex(recorded.violation.overshoot),
        at: Number(recorded.at),
        description: titleOf(recorded),
        stack: (recorded.explanation?.stack ?? []).map(({ pc, name, file, line }) => ({
          pc: hex(pc),
          name,
          ...(file !== undefined && { file, line }),
        })),
        reported: recorded.reported
          ? {
              signal: recorded.reported.signo,
              code: recorded.reported.code,
              address: hex(recorded.reported.address),
              ...(recorded.reported.lower !== undefined && { lower: hex(recorded.reported.lower) }),
              ...(recorded.reported.upper !== undefined && { upper: hex(recorded.reported.upper) }),
            }
          : null,
        hint: recorded.hint,
      })),
      violationsOmitted: result.violationsOmitted,
      tables: {
        allocated: result.tables.everAllocated,
        freed: result.tables.freed,
        zapped: result.tables.zapped,
        live: result.tables.live,
        leaked: result.tables.leaked,
      },
    },
    files: result.files,
    unimplemented: result.unimplemented.map((item) =>
      'mnemonic' in item
        ? {
            kind: 'instruction',
            mnemonic: item.mnemonic,
            bytes: bytesText(item.bytes),
            pc: hex(item.pc),
            ...(item.model && { model: item.model }),
          }
        : { kind: 'syscall', number: item.syscall, args: item.args.map((value) => hex(value)), pc: hex(item.pc) },
    ),
  };
}

/** How the run came to its end. */
export function endingText(result: RunResult): string {
  const exit = 'signal' in result.exit ? `killed by signal ${result.exit.signal}` : `exit status ${result.exit.code}`;
  switch (result.ended) {
    case 'program':
      return exit;
    case 'max-instructions':
      return 'ended by --max-instructions';
    case 'violation':
      return 'ended at the first violation, as --stop-on-violation says';
    case 'interrupted':
      return 'interrupted';
    case 'deadlock':
      return 'ended because no thread could ever go on';
    case 'oops':
      return `the kernel died in ${result.oops?.function}: ${result.oops?.reason}`;
  }
}

/** What to do about an instruction that another CPU model has. */
const modelHint = ({ model }: Unimplemented): string => (model ? `; --cpu ${model} has it` : '');

/** Violations written out; the rest is counted. */
const WRITTEN_OUT = 10;

/** The report as lines for a terminal. */
export function reportLines(result: RunResult): string[] {
  const { violations, violationsOmitted, tables } = result;
  const total = violations.length + violationsOmitted;
  const lines = [`==mpxdbg== ${result.program}: ${endingText(result)}`];
  const add = (text = '') => lines.push(`==mpxdbg== ${text}`.trimEnd());
  add(
    `${result.instructions.toLocaleString('en-US')} instructions in ${result.seconds.toFixed(2)} s, kernel ${result.kernel}`,
  );
  add(`Bounds violations: ${total}`);
  for (const [index, recorded] of violations.slice(0, WRITTEN_OUT).entries()) {
    add();
    const { explanation } = recorded;
    add(`#${index + 1} ${titleOf(recorded)}`);
    for (const line of violationLines(recorded.violation, recorded.instruction)) add(`   ${line}`);
    if (explanation)
      for (const [depth, frame] of explanation.stack.entries()) add(`     #${depth} ${frameText(frame)}`);
    else add(`   The same check as in #${1 + violations.findIndex(sameCheck(recorded))}`);
    if (recorded.reported) add(`   The kernel reports ${reportText(recorded.reported)}`);
    for (const difference of recorded.differences) add(`   ${difference}`);
    if (recorded.hint) add(`   ${recorded.hint}`);
  }
  if (total > WRITTEN_OUT) add(`… and ${total - WRITTEN_OUT} more`);
  add();
  add(
    `Bounds tables: ${tables.everAllocated} allocated, ${tables.freed} freed, ${tables.live} live, ${tables.leaked} leaked; entries dropped ${tables.zapped} times`,
  );
  if (result.memoryLimitReached)
    add('The program wanted more memory than it may have (1 GiB): a mapping failed, or it was killed.');
  for (const { path, what } of result.files.slice(0, WRITTEN_OUT)) add(`File ${what}: ${path}`);
  if (result.files.length > WRITTEN_OUT) add(`… and ${result.files.length - WRITTEN_OUT} more files`);
  for (const item of result.unimplemented.slice(0, WRITTEN_OUT)) {
    if ('mnemonic' in item)
      add(
        `Unimplemented instruction at ${hex(item.pc)}: ${item.mnemonic} (${bytesText(item.bytes)})${modelHint(item)}`,
      );
    else
      add(
        `Unknown system call at ${hex(item.pc)}: ${item.syscall}(${item.args.map((value) => hex(value)).join(', ')})`,
      );
  }
  if (result.unimplemented.length > WRITTEN_OUT)
    add(`… and ${result.unimplemented.length - WRITTEN_OUT} more that are not implemented`);
  return lines;
}
