/** What the parts of a session share: the program being debugged, the numbers given out, what the client can do. */

import type { StackFrame } from '../debugger/backtrace.ts';
import { BreakpointTable } from '../debugger/breakpoints.ts';
import { DataBreakpointTable } from '../debugger/data-breakpoints.ts';
import type { Debuggee } from '../debugger/debuggee.ts';
import { UserError } from '../debugger/errors.ts';
import { ExceptionPolicy } from '../debugger/exception-filters.ts';
import type { Plan } from '../debugger/plans.ts';
import type { StandardInput } from '../debugger/standard-input.ts';
import type { StopReason } from '../debugger/stop.ts';
import { ProgramSymbols } from '../debugger/symbols.ts';
import type { Place, Work } from '../debugger/time-travel/time-travel.ts';
import type { ExitStatus } from '../kernel/api.ts';
import type { LaunchConfiguration } from '../protocol/launch.ts';
import type { ChangedEvent } from '../protocol/panel.ts';
import type { SourceLocation } from '../symbols/api.ts';
import type { Arguments } from './arguments.ts';
import type { Container } from './containers.ts';
import { NotStopped } from './failure.ts';
import type { SessionHost } from './host.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { ProgramOutput } from './output.ts';
import { ReferenceCounter, References, type ThreadFocus } from './references.ts';
import type { Sources } from './sources.ts';

/** What the client told of itself in `initialize`. */
export interface Client {
  memoryEvents: boolean;
  invalidatedEvents: boolean;
  progress: boolean;
  /** Added to 1-based lines and columns on their way out: 0 or −1. */
  lineOffset: number;
  columnOffset: number;
}

/** A program that was launched. */
export interface Launched {
  configuration: LaunchConfiguration;
  debuggee: Debuggee;
  sources: Sources;
  input: StandardInput;
  output: ProgramOutput;
  /** Kernel profile as text. */
  profile: string;
  /** Of the debug information; each is told once. */
  toldRemarks: Set<string>;
  /** Finds the modules anew after the program was brought to another moment. */
  refreshModules(): void;
}

export type Phase = 'new' | 'initialized' | 'configuring' | 'stopped' | 'running' | 'exited';

export class SessionState {
  readonly counter = new ReferenceCounter();
  private readonly threads: ThreadFocus = {
    current: () => this.launched?.debuggee.task.tid ?? 0,
    choose: (thread) => this.launched?.debuggee.control.look(thread),
  };
  readonly frames = new References<StackFrame>(this.counter, 'stack frame', this.threads);
  readonly containers = new References<Container>(this.counter, 'value', this.threads);
  /** Addresses of goto targets. */
  readonly gotoTargets = new References<bigint>(this.counter, 'goto target');
  readonly filters = new ExceptionPolicy();
  readonly breakpoints = new BreakpointTable(new ProgramSymbols([]));
  readonly data = new DataBreakpointTable(
    (text) => this.breakpoints.compiled(text),
    () => this.breakpoints.newId(),
  );
  readonly memoryWatch = new MemoryWatch();
  /** What is being done instead of running forwards. */
  work: { steps: Work<StopReason>; title: string; origin: Place } | undefined;
  client: Client = { memoryEvents: false, invalidatedEvents: false, progress: false, lineOffset: 0, columnOffset: 0 };
  phase: Phase = 'new';
  launched: Launched | undefined;
  /** Why the program stands still. */
  reason: StopReason | undefined;
  /** Counts changes of what the panel shows. */
  epoch = 0;
  exitStatus: ExitStatus | undefined;
  /** The running program is to be stopped. */
  wantsPause = false;
  /** The client has sent `disconnect`. */
  disconnected = false;
  /** Of the run in progress, if the client was told of it. */
  runProgressId: string | undefined;
  private readonly events: { event: string; body: unknown }[] = [];

  constructor(readonly host: SessionHost) {}

  /** Queues an event; events leave after the response of the request that caused them. */
  emit(event: string, body: unknown = {}): void {
    this.events.push({ event, body });
  }

  takeEvents(): { event: string; body: unknown }[] {
    return this.events.splice(0);
  }

  /** The program, running or not. Throws UserError if there is none. */
  program(): Launched {
    if (!this.launched) throw new UserError('No program has been launched.');
    return this.launched;
  }

  /** The program, which must stand still. */
  stopped(): Launched {
    const launched = this.program();
    if (this.phase === 'running') throw new NotStopped();
    return launched;
  }

  /** The program, which must stand still and be alive. */
  resumable(): Launched {
    const launched = this.stopped();
    if (this.phase === 'exited') throw new UserError('The program has ended.');
    return launched;
  }

  /** Sets the program running; the session's slices do the work. `announce` tells a client that did not ask for it itself; `alone`: only the thread looked at runs. */
  resume(plan: Plan, { announce = false, alone = false }: { announce?: boolean; alone?: boolean } = {}): void {
    const { debuggee } = this.resumable();
    this.forget();
    this.phase = 'running';
    this.reason = undefined;
    debuggee.control.resume(plan, { alone });
    if (announce) this.emit('continued', { threadId: debuggee.task.tid, allThreadsContinued: true });
    this.changed('running');
  }

  /** The program, which is about to be changed. Throws UserError where a change would lose what was recorded, unless the user has agreed. */
  changeable(): Launched {
    const launched = this.resumable();
    launched.debuggee.recorder?.requireMayChange();
    return launched;
  }

  /** Takes the program to another moment; the session's slices do the work. */
  travel(steps: Work<StopReason>, title: string): void {
    const { debuggee } = this.resumable();
    if (!debuggee.recorder) return;
    this.work = { steps, title, origin: debuggee.recorder.travel.place };
    this.forget();
    this.phase = 'running';
    this.reason = undefined;
    this.emit('continued', { threadId: debuggee.task.tid, allThreadsContinued: true });
    this.changed('running');
  }

  /** Stops the running program where it is; the session announces it. */
  pauseRequested(): void {
    this.wantsPause = true;
  }

  /** Voids all numbers given out: they stood for the last stop. */
  forget(): void {
    this.frames.clear();
    this.containers.clear();
    this.gotoTargets.clear();
  }

  /** The user changed registers or memory. */
  edited(memory?: { address: bigint; length: number }): void {
    this.launched?.debuggee.control.edited();
    if (this.launched?.debuggee.recorder?.noteChange(memory))
      this.console('A new future begins here: what was recorded after this moment is gone.', 'important');
    if (this.client.memoryEvents)
      for (const body of this.memoryWatch.changed(memory, this.launched?.debuggee.memory)) this.emit('memory', body);
    if (this.client.invalidatedEvents) this.emit('invalidated', { areas: ['variables', 'stacks'] });
    this.changed('edited');
  }

  changed(reason: ChangedEvent['reason']): void {
    const atViolation = this.reason?.kind === 'exception' && this.reason.filter === 'bounds-violation';
    const body: ChangedEvent = { epoch: ++this.epoch, running: this.phase === 'running', reason, atViolation };
    const travel = this.launched?.debuggee.recorder?.travel;
    if (travel?.inPast) body.instructionsBack = (travel.end.instruction - travel.now.instruction).toString();
    this.emit('mpx/changed', body);
  }

  /** A line for the debug console; with a place it can be clicked. */
  console(text: string, category: 'console' | 'important' = 'console', location?: SourceLocation): void {
    this.emit('output', { category, output: `${text}\n`, ...this.place(location) });
  }

  /** Source and line of a place in the program, for output events. */
  place(location: SourceLocation | undefined): object {
    if (!location || !this.launched) return {};
    return { source: this.launched.sources.source(location.file), line: location.line + this.client.lineOffset };
  }
}

/** Answers a request: returns the response's body. Throws UserError for what cannot be done. */
export type Handler = (state: SessionState, args: Arguments) => unknown;
export type Handlers = Record<string, Handler>;

/** Looks at the thread that a request is about. Throws UserError if there is none. */
export function chooseThread(launched: Launched, args: Arguments): void {
  const threadId = args.integer('threadId');
  if (!launched.debuggee.control.look(threadId)) throw new UserError(`There is no thread ${threadId}.`);
}
