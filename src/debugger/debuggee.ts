/**
 * One process under the debugger: run control, breakpoints, filters, the histories of tables and events, and everything that can be
 * asked about a stopped task. Knows no protocol; tells its listener what it should pass on.
 */

import { hexBytes } from '../base/hex.ts';
import { Disassembler } from '../isa/text/disassemble.ts';
import type { KernelEvent, ProcessView, TaskView } from '../kernel/api.ts';
import type { Bounds, Stop as MachineStop, MpxEvent, WatchHit } from '../machine/api.ts';
import type { DisassemblyView } from '../protocol/panel.ts';
import type { SourceLocation } from '../symbols/api.ts';
import { Unavailable } from '../symbols/dwarf/expression.ts';
import { Unwinder, type UserFrame } from './backtrace.ts';
import { BoundsInCode } from './bounds-in-code.ts';
import { BOUNDS_LAYOUTS, type BoundsLayout } from './bounds-layout.ts';
import type { BreakpointTable } from './breakpoints.ts';
import { CodeReader } from './code.ts';
import type { DataBreakpointTable } from './data-breakpoints.ts';
import { UserError } from './errors.ts';
import type { ExceptionPolicy } from './exception-filters.ts';
import {
  describeMissingTable,
  type Exception,
  eventException,
  type KernelEntry,
  kernelEntry,
  mpxException,
  trapException,
} from './exceptions.ts';
import type { Scope } from './expressions/scope.ts';
import { predictReport, reportDifferences, reportText } from './kernel-report.ts';
import { type Memory, ProcessMemory } from './memory.ts';
import { type Rescheduling, RunControl, type RunHooks } from './run-control.ts';
import { runtimeHint } from './runtime-hint.ts';
import type { StopReason, TrapStop } from './stop.ts';
import type { ProgramSymbols } from './symbols.ts';
import { directoryBase, TableLedger } from './tables.ts';
import { Recorder, type RecordingOptions } from './time-travel/recorder.ts';
import type { Scout } from './time-travel/scout.ts';
import type { ReplayMode } from './time-travel/time-travel.ts';
import { Timeline } from './timeline.ts';
import { VariableFrame } from './variables/frame.ts';
import { bindVariable, frameOrGlobals } from './variables/frame-variables.ts';
import type { CObject } from './variables/object.ts';
import { boundsOfPointer } from './variables/pointer-bounds.ts';
import { describeViolation, placedText, type Violation, violationLines } from './violation.ts';
import { objectOfBounds, violationPlace } from './violation-place.ts';

export interface DebuggeeOptions {
  symbols: ProgramSymbols;
  breakpoints: BreakpointTable;
  filters: ExceptionPolicy;
  flavor: 'att' | 'intel';
  /** Instructions after which a run pauses. */
  instructionLimit?: bigint;
  /** Everything is recorded, so that the program can be taken back. */
  recording?: RecordingOptions;
  /** Data breakpoints. */
  data: DataBreakpointTable;
  /** Run only: no breakpoints, no exceptions (noDebug). */
  quiet?: boolean;
  /** A further thread of the process has begun, or one has ended before the process. */
  onThread?(reason: 'started' | 'exited', tid: number): void;
  /** Text of a logpoint, and where it stands. */
  onLog(text: string, location: SourceLocation | undefined): void;
}

export class Debuggee implements RunHooks {
  readonly symbols: ProgramSymbols;
  readonly memory: Memory;
  readonly code: CodeReader;
  readonly unwinder: Unwinder;
  readonly disassembler: Disassembler;
  /** What the disassembly view shows; `showCode` changes how. */
  listing: Disassembler;
  codeView: DisassemblyView;
  private readonly boundsInCode: BoundsInCode;
  readonly ledger: TableLedger;
  readonly timeline = new Timeline();
  readonly control: RunControl;
  private entry: KernelEntry | undefined;
  private requested: Exception | undefined;
  private readonly mpxEvents: MpxEvent[] = [];
  /** Present if the run is recorded. */
  readonly recorder: Recorder | undefined;
  private mode: ReplayMode = 'live';

  constructor(
    readonly process: ProcessView,
    private readonly options: DebuggeeOptions,
  ) {
    const memory = new ProcessMemory(process);
    this.memory = memory;
    this.symbols = options.symbols;
    this.code = new CodeReader(memory, process);
    this.unwinder = new Unwinder(memory, this.code, this.symbols);
    this.boundsInCode = new BoundsInCode(this.code, memory, this.symbols);
    this.codeView = { flavor: options.flavor, mpx: true };
    this.disassembler = this.makeDisassembler();
    this.listing = this.disassembler;
    this.ledger = new TableLedger((pc) => this.symbols.describe(pc));
    this.control = new RunControl(process, this, options.instructionLimit);
    this.recorder = options.recording && new Recorder(this, options.recording);
    this.filtersChanged();
  }

  get breakpoints(): BreakpointTable {
    return this.options.breakpoints;
  }
  get data(): DataBreakpointTable {
    return this.options.data;
  }

  private makeDisassembler(): Disassembler {
    return new Disassembler((address, length) => this.memory.read(address, length), {
      ...this.codeView,
      bits: () => this.process.bits,
      symbolAt: (address) => this.symbols.placeAt(address),
    });
  }

  /** Has the disassembly view show code otherwise. What is said of single instructions stays as it was launched. */
  showCode(view: DisassemblyView): void {
    if (this.listing !== this.disassembler) this.listing.dispose();
    this.codeView = view;
    this.listing = this.makeDisassembler();
  }

  /** Geometry of the program's bounds directory and tables. */
  get boundsLayout(): BoundsLayout {
    return BOUNDS_LAYOUTS[this.process.bits];
  }

  get task(): TaskView {
    return this.control.task;
  }

  /** The kernel tells what it does; also before the first instruction. */
  noteEvent(event: KernelEvent): void {
    if (event.pid !== this.process.pid) return;
    if (event.kind === 'thread-started') this.options.onThread?.('started', event.child);
    if (event.kind === 'thread-exited') this.options.onThread?.('exited', event.tid);
    this.control.noteEvent(event);
    this.ledger.note(event);
    this.timeline.noteKernel(event, this.again);
    this.requested ??= eventException(event, this.entry, this.symbols);
  }

  /** What happens now has happened before. */
  private get again(): boolean {
    return this.mode !== 'live' || (this.recorder?.travel.inPast ?? false);
  }

  /** Filters were switched: the MPX unit is only watched while someone wants to know. */
  filtersChanged(): void {
    const { filters } = this.options;
    const watch = filters.has('bounds-lost') || filters.has('bndldx-mismatch') || this.scout?.observed !== undefined;
    this.process.machine.observeMpx = watch ? (event) => this.mpxEvents.push(event) : undefined;
  }

  /** What names and memory mean at the stop. `kernelFrame` adds the locals of a kernel frame. */
  scope(options: Partial<Pick<Scope, 'kernelLocal' | 'mayWrite' | 'onMemoryWritten'>> = {}, frame?: UserFrame): Scope {
    let view: { frame: VariableFrame | undefined } | undefined;
    const { symbols } = this;
    return {
      cpu: this.task.cpu,
      outer: frame && frame.origin !== 'registers' ? frame.registers : undefined,
      memory: this.memory,
      symbols,
      symbol: (name) => symbols.addressOf(name),
      frame: () => {
        view ??= { frame: frameOrGlobals(this, frame ?? this.unwinder.userFrames(this.task, 1)[0]) };
        return view.frame;
      },
      bindVariable,
      enumerator: (name) => symbols.enumerator(name),
      typeNamed: (name) => symbols.typeNamed(name),
      place: frame ? undefined : this.task.cpu.rip,
      mayWrite: false,
      ...options,
    };
  }

  breakpointAddresses(): Iterable<bigint> {
    if (this.options.quiet) return [];
    const { breakpoints } = this.options;
    return this.mode === 'silent' ? breakpoints.countedAddresses() : breakpoints.addresses();
  }

  atBreakpoint(_task: TaskView, address: bigint): StopReason | undefined {
    const { breakpoints } = this.options;
    const scope = this.scope();
    const stopping = [];
    let problem: string | undefined;
    for (const breakpoint of breakpoints.at(address)) {
      const verdict = breakpoints.judge(breakpoint, scope);
      if (verdict.kind === 'log' && this.mode === 'live') this.options.onLog(verdict.text, breakpoint.location);
      if (verdict.kind !== 'stop') continue;
      stopping.push(breakpoint);
      problem ??= verdict.problem;
    }
    if (stopping.length === 0 || this.mode === 'silent') return undefined;
    return { kind: 'breakpoint', ids: stopping.map(({ id }) => id), breakpoint: stopping[0].kind, problem };
  }

  beforeTrap(task: TaskView, trap: TrapStop): StopReason | undefined {
    if (this.mode === 'silent') return undefined;
    const exception = trapException(
      task,
      trap,
      () => this.explainViolation(task),
      () => describeMissingTable(task, this.code.at(task.cpu.rip), this.symbols, this.process.mpx.bdAddr),
    );
    return exception && this.stopFor(exception);
  }

  enteringKernel(task: TaskView, stop: MachineStop): void {
    this.scout?.entersKernel?.(task);
    this.entry = kernelEntry(task, stop);
    this.requested = undefined;
  }

  atWatchpoint(task: TaskView, hits: readonly WatchHit[], pc?: bigint): StopReason | undefined {
    this.scout?.accessed?.(task, hits, pc);
    if (this.mode === 'silent' || this.options.quiet) return undefined;
    const by =
      pc === undefined
        ? `by the kernel (${task.kernelFrames.at(-1)?.name ?? 'entry'})`
        : `by ${this.instructionText(pc)} at ${this.symbols.describe(pc)}`;
    return this.data.judge(hits, this.scope(), by);
  }

  beforeTurn(): void {
    this.recorder?.travel.redo();
  }

  beforeUser(task: TaskView): number {
    return this.recorder?.travel.beforeUser(task) ?? Number.POSITIVE_INFINITY;
  }

  afterKernelStep(task: TaskView): void {
    this.scout?.kernelStep?.(task);
    this.recorder?.travel.redo();
  }

  rescheduling(change: Rescheduling): void {
    this.recorder?.noteSchedule(change);
  }

  /** What runs now is on the way to another moment. */
  get isReplay(): boolean {
    return this.mode !== 'live';
  }

  /** A replay begins or ends. */
  replaying(mode: ReplayMode): void {
    if (this.mode === mode) return;
    this.mode = mode;
    this.control.breakpointsChanged();
    if (this.data.ranges.length || this.scout) this.watchData();
  }

  /** Who is told of what a silent replay passes. */
  private get scout(): Scout | undefined {
    return this.recorder?.travel.scout;
  }

  /** Somebody wants to hear of what the replays to come pass, or no longer. */
  scoutChanged(): void {
    this.filtersChanged();
    this.watchData();
  }

  /** Data breakpoints were set or removed. */
  watchData(): void {
    const { scout, mode } = this;
    const ranges = mode === 'silent' || this.options.quiet ? scout?.ranges : this.data.ranges;
    this.process.machine.setWatchpoints(ranges ?? []);
    this.data.look(this.memory);
  }

  /** The program was brought to another moment: what was noted of the last one is void. */
  rewound(): void {
    this.entry = undefined;
    this.requested = undefined;
    this.mpxEvents.length = 0;
    this.data.look(this.memory);
  }

  takeRequestedStop(task: TaskView): StopReason | undefined {
    for (const event of this.mpxEvents.splice(0)) {
      if (this.scout) {
        this.scout.observed?.(task, event);
        continue;
      }
      this.timeline.noteMpx(event, this.process.world.retired, this.again);
      this.requested ??= this.options.filters.has(mpxException(event, this.symbols).filter)
        ? mpxException(event, this.symbols)
        : undefined;
    }
    const { requested } = this;
    this.requested = undefined;
    if (this.mode === 'silent') return undefined;
    if (!requested || this.entry?.reported) return undefined;
    const reason = this.stopFor(requested);
    // A failed allocation is told once, not again by the signal that follows from it.
    if (reason && this.entry && task.inKernel) this.entry.reported = true;
    return reason;
  }

  /** The violation the program stands at, if its last trap was one that the kernel has not acted on. */
  violation(): Violation | undefined {
    const { pendingTrap } = this.control;
    if (pendingTrap?.vector !== 5 || (this.task.cpu.bndstatus & 3n) !== 1n) return undefined;
    return describeViolation(this.task.cpu.rip, this.task.cpu, this.code, this.symbols);
  }

  /** Steps past the failing check without the kernel hearing of it. → the skipped instruction's text. Throws UserError. */
  skipCheck(): string {
    const violation = this.violation();
    if (!violation)
      throw new UserError('There is no failed check to skip: the program is not stopped at a bounds violation.');
    const { insn } = violation;
    this.task.cpu.rip = insn.ip + BigInt(insn.length);
    this.control.jumped();
    return this.instructionText(insn.ip);
  }

  /** Text of the instruction at `address`. */
  instructionText(address: bigint): string {
    return this.disassembler.disassembleAt(address, 1)[0].text;
  }

  /** `→ [0x602010, 0x602019] 10 bytes, +0` for a pointer whose bounds are known now; undefined for other objects. */
  boundsText(object: CObject): string | undefined {
    try {
      return boundsOfPointer(object, {
        memory: this.memory,
        layout: this.boundsLayout,
        directory: this.directoryBase,
        kept: ({ frame }) =>
          frame instanceof VariableFrame ? this.boundsInCode.of(object, frame.frame, this.task.cpu) : undefined,
      });
    } catch (error) {
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  /** Base of the bounds directory. */
  get directoryBase(): bigint | undefined {
    return directoryBase(this.process);
  }

  /** Name of the mapping that an address lies in: `[heap]`, `[stack]`, a file. */
  private regionOf(address: bigint): string | undefined {
    return this.process.vmas().find(({ start, end }) => address >= start && address < end)?.name;
  }

  /** What bounds are of, in the words of the program; undefined if that cannot be told. */
  objectOf(bounds: Bounds): string | undefined {
    return objectOfBounds(this, bounds, (address) => this.regionOf(address));
  }

  private stopFor(exception: Exception): StopReason | undefined {
    if (this.options.quiet || !this.options.filters.wants(exception.filter, this.scope())) return undefined;
    return { kind: 'exception', filter: exception.filter, ...exception.describe() };
  }

  private explainViolation(task: TaskView): { text: string; details: string[] } {
    const violation = describeViolation(task.cpu.rip, task.cpu, this.code, this.symbols);
    if (!violation) return { text: `Bounds violation (#BR) at ${this.symbols.describe(task.cpu.rip)}`, details: [] };
    const bytes = this.code.bytes(violation.insn);
    const report = predictReport(task);
    const place = violationPlace(this, this.code, violation, (address) => this.regionOf(address));
    const details = violationLines(violation, `${this.instructionText(violation.pc)} (${hexBytes(bytes, ' ')})`, place);
    if (report) {
      details.push(`The kernel will report ${reportText(report)}.`);
      details.push(...reportDifferences(report, violation.address, bytes, task));
    }
    details.push(runtimeHint(bytes));
    return { text: `${placedText(violation, place)} at ${violation.location}`, details };
  }
}
