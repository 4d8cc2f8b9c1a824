/** What `mpxdbg run` watches for: records each bounds violation before the kernel acts on it, and keeps the history of the tables. */
import { CodeReader } from '../debugger/code.ts';
import { predictReport, reportDifferences } from '../debugger/kernel-report.ts';
import type { RunHooks } from '../debugger/run-control.ts';
import { runtimeHint } from '../debugger/runtime-hint.ts';
import type { StopReason, TrapStop } from '../debugger/stop.ts';
import { baseName, type ProgramSymbols } from '../debugger/symbols.ts';
import { TableLedger } from '../debugger/tables.ts';
import { describeViolation } from '../debugger/violation.ts';
import type { KernelEvent, ProcessView, TaskView } from '../kernel/api.ts';
import { Vector } from '../machine/api.ts';
import type { RecordedViolation } from './report.ts';

/** Violations kept; more are only counted. */
const MAX_VIOLATIONS = 10_000;

/** Text of the instruction with these bytes at an address. */
export type InstructionText = (bytes: Uint8Array, address: bigint) => string;

export class Recorder implements RunHooks {
  readonly violations: RecordedViolation[] = [];
  violationsOmitted = 0;
  /** The program wanted more memory than it may have. */
  memoryLimitReached = false;
  readonly ledger: TableLedger;
  private code: CodeReader | undefined;
  private process: ProcessView | undefined;

  constructor(
    private readonly symbols: ProgramSymbols,
    private readonly textOf: InstructionText,
    private readonly stopOnViolation: boolean,
  ) {
    this.ledger = new TableLedger((pc) => symbols.describe(pc));
  }

  /** The process exists; events may have come before. */
  attach(process: ProcessView): void {
    this.process = process;
    this.code = new CodeReader(process.machine.memory, process);
  }

  noteEvent(event: KernelEvent): void {
    if (this.process && event.pid !== this.process.pid) return;
    this.ledger.note(event);
    if (event.kind === 'memory-limit') this.memoryLimitReached = true;
  }

  breakpointAddresses(): Iterable<bigint> {
    return [];
  }

  atBreakpoint(): undefined {
    return undefined;
  }

  takeRequestedStop(): undefined {
    return undefined;
  }

  enteringKernel(): void {}

  beforeTrap(task: TaskView, trap: TrapStop): StopReason | undefined {
    // Error code 1 in BNDSTATUS: a check failed; 2 would be a missing table (spec A.2).
    if (trap.vector !== Vector.BR || (task.cpu.bndstatus & 3n) !== 1n) return undefined;
    const text = this.record(task);
    return this.stopOnViolation ? { kind: 'exception', filter: 'bounds-violation', text, details: [] } : undefined;
  }

  private record(task: TaskView): string {
    const { code, symbols } = this;
    // A description costs more than the whole signal: none is made that nobody reads.
    if (this.violations.length >= MAX_VIOLATIONS) {
      this.violationsOmitted++;
      return 'Bounds violation';
    }
    const violation = code && describeViolation(task.cpu.rip, task.cpu, code, symbols);
    if (!code || !violation) return 'Bounds violation';
    const bytes = code.bytes(violation.insn);
    const reported = predictReport(task);
    const place = symbols.locationOf(violation.pc);
    this.violations.push({
      violation,
      instruction: this.textOf(bytes, violation.pc),
      symbol: symbols.nameAt(violation.pc) ?? '',
      location: place ? `${baseName(place.file)}:${place.line}` : '',
      at: task.cpu.retired,
      reported,
      differences: reported ? reportDifferences(reported, violation.address, bytes, task) : [],
      hint: runtimeHint(bytes),
    });
    return violation.text;
  }
}
