/** What `mpxdbg run` watches for: records each bounds violation before the kernel acts on it, and keeps the history of the tables. */
import { Unwinder } from '../debugger/backtrace.ts';
import { CodeReader } from '../debugger/code.ts';
import { withInlined } from '../debugger/inlined-frames.ts';
import { predictReport, reportDifferences } from '../debugger/kernel-report.ts';
import { ProcessMemory } from '../debugger/memory.ts';
import type { RunHooks } from '../debugger/run-control.ts';
import { runtimeHint } from '../debugger/runtime-hint.ts';
import type { StopReason, TrapStop } from '../debugger/stop.ts';
import { baseName, type ProgramSymbols } from '../debugger/symbols.ts';
import { TableLedger } from '../debugger/tables.ts';
import { Timeline } from '../debugger/timeline.ts';
import { describeViolation, type Violation } from '../debugger/violation.ts';
import { violationPlace } from '../debugger/violation-place.ts';
import type { KernelEvent, ProcessView, TaskView } from '../kernel/api.ts';
import { Vector } from '../machine/api.ts';
import type { Explanation, RecordedViolation, ReportFrame } from './report.ts';

/** Violations kept; more are only counted. */
const MAX_VIOLATIONS = 10_000;
/** Functions of a stack that a report shows. */
const MAX_FRAMES = 32;

/** Text of the instruction with these bytes at an address. */
export type InstructionText = (bytes: Uint8Array, address: bigint) => string;

export class Recorder implements RunHooks {
  readonly violations: RecordedViolation[] = [];
  violationsOmitted = 0;
  /** The program wanted more memory than it may have. */
  memoryLimitReached = false;
  readonly ledger: TableLedger;
  /** What happened, if anybody wants to know: the page does. */
  readonly timeline: Timeline | undefined;
  private code: CodeReader | undefined;
  /** Checks whose violation has been explained: further ones at the same place say no more. */
  private readonly explained = new Set<bigint>();
  private process: ProcessView | undefined;

  constructor(
    private readonly symbols: ProgramSymbols,
    private readonly textOf: InstructionText,
    private readonly stopOnViolation: boolean,
    keepEvents: boolean,
  ) {
    this.timeline = keepEvents ? new Timeline() : undefined;
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
    this.timeline?.noteKernel(event, false);
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
    const isFirst = !this.explained.has(violation.pc);
    this.explained.add(violation.pc);
    const place = symbols.locationOf(violation.pc);
    this.violations.push({
      violation,
      explanation: isFirst ? this.explain(task, code, violation) : undefined,
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

  /** Expression, object and stack. Nothing of it is needed to report, so what cannot be read is left out. */
  private explain(task: TaskView, code: CodeReader, violation: Violation): Explanation | undefined {
    const { process, symbols } = this;
    if (!process) return undefined;
    const memory = new ProcessMemory(process);
    const unwinder = new Unwinder(memory, code, symbols);
    const regionOf = (address: bigint) =>
      process.vmas().find(({ start, end }) => address >= start && address < end)?.name;
    const stack = unwinder
      .userFrames(task, MAX_FRAMES)
      .flatMap((frame) => withInlined(frame, symbols))
      .map((frame): ReportFrame => {
        // A return address lies behind the call, perhaps on the next line.
        const pc = frame.afterCall ? frame.pc - 1n : frame.pc;
        const place = frame.inlined?.location ?? symbols.locationOf(pc);
        const name = (frame.inlined?.isCopy ? frame.inlined.name : undefined) ?? symbols.nameAt(pc) ?? '??';
        return { pc: frame.pc, name, file: place?.file, line: place?.line };
      });
    return { ...violationPlace({ memory, symbols, unwinder, task }, code, violation, regionOf), stack };
  }
}
