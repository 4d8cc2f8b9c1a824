/** A program under GDB's control: what runs, where it stops, and what a stop is called in the remote protocol. */
import { CodeReader } from '../../debugger/code.ts';
import { type Memory, ProcessMemory } from '../../debugger/memory.ts';
import { Continue } from '../../debugger/plans.ts';
import { RunControl, type RunHooks } from '../../debugger/run-control.ts';
import { StepInstruction } from '../../debugger/stepping.ts';
import type { Outcome, StopReason } from '../../debugger/stop.ts';
import type { ExitStatus, KernelEvent, ProcessView, TaskView } from '../../kernel/api.ts';

const SIGINT = 2;
const SIGTRAP = 5;

/** What GDB is told: a stop of a thread with a signal number (0: nothing in particular), or the end. */
export type GdbStop =
  | { kind: 'stopped'; tid: number; signal: number; breakpoint: boolean }
  | { kind: 'exited'; status: ExitStatus };

/** Signals stop the program before their handler runs or they end it, as they do under ptrace. */
export class GdbTarget implements RunHooks {
  readonly memory: Memory;
  readonly breakpoints = new Set<bigint>();
  private readonly control: RunControl;
  private readonly code: CodeReader;
  private signal: number | undefined;
  /** The last stop, for GDB's `?`. */
  last: GdbStop;

  constructor(readonly process: ProcessView) {
    this.memory = new ProcessMemory(process);
    this.code = new CodeReader(this.memory, process);
    this.control = new RunControl(process, this);
    this.control.stopAtEntry();
    this.last = { kind: 'stopped', tid: this.task.tid, signal: SIGTRAP, breakpoint: false };
  }

  /** The thread that GDB's requests are about unless they say otherwise: the one that stopped. */
  get task(): TaskView {
    return this.control.task;
  }
  get running(): boolean {
    return this.control.running;
  }
  thread(tid: number): TaskView | undefined {
    return this.process.tasks.find((task) => task.tid === tid) ?? (this.task.tid === tid ? this.task : undefined);
  }

  noteEvent(event: KernelEvent): void {
    this.control.noteEvent(event);
    if (event.kind === 'signal' && event.pid === this.process.pid && event.action !== 'ignore')
      this.signal = event.info.signo;
  }

  /** Sets the program going. `alone`: other threads stand still. */
  resume(step: TaskView | undefined, alone = false): void {
    if (!step) this.control.resume(new Continue());
    else {
      const options = { into: true, intoKernel: false, handlerDepth: () => this.control.handlerDepth(step) };
      this.control.resume(new StepInstruction(step, this.code, options), { task: step, alone });
    }
  }

  /** Runs for a while. → the stop, or undefined while it goes on; `waiting`: only input could let it go on. */
  slice(budget: number): GdbStop | 'waiting' | undefined {
    const outcome = this.control.slice(budget);
    return outcome.kind === 'waiting' ? 'waiting' : this.stopOf(outcome);
  }

  interrupt(): GdbStop | undefined {
    return this.running ? this.stopOf(this.control.pause()) : undefined;
  }

  private stopOf(outcome: Outcome): GdbStop | undefined {
    // GDB is given no replays: none arrives.
    if (outcome.kind === 'running' || outcome.kind === 'waiting' || outcome.kind === 'arrived') return undefined;
    if (outcome.kind === 'exited') this.last = { kind: 'exited', status: outcome.status };
    else this.last = { kind: 'stopped', tid: this.task.tid, ...this.nameOf(outcome.reason) };
    return this.last;
  }

  private nameOf(reason: StopReason): { signal: number; breakpoint: boolean } {
    const { signal } = this;
    this.signal = undefined;
    if (reason.kind === 'exception') return { signal: signal ?? SIGTRAP, breakpoint: false };
    if (reason.kind === 'pause') return { signal: SIGINT, breakpoint: false };
    return { signal: SIGTRAP, breakpoint: reason.kind === 'breakpoint' };
  }

  /** GDB has changed registers or memory. */
  edited(): void {
    this.control.edited();
  }
  breakpointsChanged(): void {
    this.control.breakpointsChanged();
  }

  // ---- what run control asks

  breakpointAddresses(): Iterable<bigint> {
    return this.breakpoints;
  }
  atBreakpoint(): StopReason | undefined {
    return { kind: 'breakpoint', ids: [], breakpoint: 'instruction' };
  }
  beforeTrap(): undefined {
    return undefined;
  }
  takeRequestedStop(): StopReason | undefined {
    return this.signal === undefined ? undefined : { kind: 'exception', filter: 'signal', text: '', details: [] };
  }
  enteringKernel(): void {}
}
