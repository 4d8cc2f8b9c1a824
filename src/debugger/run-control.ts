/**
 * Runs the world in slices and stops it for the user. The scheduler says whose turn it is; the machine runs user code; traps and system
 * calls go to the kernel's handler, which is run to its end or step by step. Knows nothing of breakpoint conditions or filters: it asks
 * its hooks. Only the tasks of the process being debugged stop; those of other processes just run.
 */
import type { KernelEvent, ProcessView, TaskView, Turn } from '../kernel/api.ts';
import { runUnwatched } from '../kernel/sched/run.ts';
import type { Stop as MachineStop, WatchHit } from '../machine/api.ts';
import type { Plan } from './plans.ts';
import type { Outcome, StopReason, TrapStop } from './stop.ts';
import { TaskNotes } from './task-notes.ts';
import { isBefore, type Moment, MomentCounter } from './time-travel/moment.ts';

/** What the user wants to be stopped for. */
export interface RunHooks {
  /** Addresses of the user's breakpoints. */
  breakpointAddresses(): Iterable<bigint>;
  /** A user breakpoint is reached; undefined goes on. */
  atBreakpoint(task: TaskView, address: bigint): StopReason | undefined;
  /** A trap, before the kernel acts on it. */
  beforeTrap(task: TaskView, trap: TrapStop): StopReason | undefined;
  /** Something happened in the kernel or in the MPX unit since the last call that the user wants to see. */
  takeRequestedStop(task: TaskView): StopReason | undefined;
  /** The kernel is about to act on a stop of the machine. */
  enteringKernel(task: TaskView, stop: MachineStop): void;
  /** Watched memory was accessed, by the instruction at `pc` or (without) by the kernel. */
  atWatchpoint?(task: TaskView, hits: readonly WatchHit[], pc?: bigint): StopReason | undefined;
  /** The scheduler is about to be asked whose turn it is. */
  beforeTurn?(): void;
  /** Before `task` goes on in user mode. → how many instructions may run until the next call */
  beforeUser?(task: TaskView): number;
  /** The kernel has done a step for `task`. */
  afterKernelStep?(task: TaskView): void;
  /** The user changes the order in which tasks run. */
  rescheduling?(change: Rescheduling): void;
}

/** The task that runs alone from now on, and the one that has the next turn. */
export interface Rescheduling {
  readonly alone: number | undefined;
  readonly preferred: number | undefined;
}

/** What a run of one task leaves open. */
export interface ResumeOptions {
  /** Whose run the plan is about; by default the task that the user looks at. */
  task?: TaskView;
  /** The other tasks stand still meanwhile. */
  alone?: boolean;
}

export class RunControl {
  private plan: Plan | undefined;
  /** Whose run the plan is about. */
  private planned: number | undefined;
  /** What the user changes of the order in which tasks run: this one runs alone. */
  private readonly schedule: { alone: number | undefined } = { alone: undefined };
  /** A trap the user was shown before the kernel acts; the kernel gets it on resuming. */
  private trap: { task: TaskView; stop: TrapStop } | undefined;
  private readonly notes = new TaskNotes();
  private stopAtFirstStep = false;
  /** The task the user looks at. */
  private focus: TaskView | undefined;
  /** The task that stopped last. */
  private halted: TaskView | undefined;
  /** The task whose handler the user steps through. */
  private steppedKernel: TaskView | undefined;
  private exitReported = false;
  /** The user has seen the program stand where it is: a breakpoint there has done its work. */
  private seen = false;
  private breakpointsStale = true;
  /** Stops once the world has retired so many instructions. */
  private limit: bigint | undefined;
  /** Where a replay ends. */
  private destination: Moment | undefined;
  private readonly moments = new MomentCounter(() => this.process.world.retired);

  constructor(
    readonly process: ProcessView,
    private readonly hooks: RunHooks,
    private readonly instructionLimit: bigint | undefined = undefined,
  ) {
    this.limit = instructionLimit;
  }

  get running(): boolean {
    return this.plan !== undefined;
  }

  get title(): string {
    return this.plan?.title ?? '';
  }

  /** The task the user looks at: the one that stopped, until another is chosen. */
  get task(): TaskView {
    const { tasks } = this.process;
    // A process that is gone may have no tasks; the last one's registers stay to be looked at. A replay makes threads anew.
    if (!this.focus || (!tasks.includes(this.focus) && tasks.length > 0))
      this.focus = tasks.find(({ tid }) => tid === this.focus?.tid) ?? tasks[0] ?? this.focus;
    if (!this.focus) throw new Error('a process begins with one task');
    return this.focus;
  }

  /** Makes the thread `tid` the one that is looked at. False if there is none. */
  look(tid: number): boolean {
    const found = tid === this.focus?.tid ? this.focus : this.process.tasks.find((task) => task.tid === tid);
    this.focus = found ?? this.focus;
    return found !== undefined;
  }

  /** Whether the kernel functions of the task being looked at are stack frames: it is stepped there, or was found there. */
  get kernelVisible(): boolean {
    const { task } = this;
    return task.inKernel && (task === this.steppedKernel || task !== this.halted);
  }

  /** What the user wants to see of the task being looked at is the kernel, also when it was entered unseen. */
  showKernel(): void {
    this.steppedKernel = this.task;
  }

  /** The trap the kernel has not acted on yet, if the task being looked at stopped at one. */
  get pendingTrap(): TrapStop | undefined {
    return this.trap?.task === this.task ? this.trap.stop : undefined;
  }

  /** How many signal handlers of `task` are active. */
  handlerDepth(task: TaskView = this.task): number {
    return this.notes.of(task.tid).handlerDepth;
  }

  /** The program stands at its first instruction and is shown so. */
  stopAtEntry(): StopReason {
    this.seen = true;
    return { kind: 'entry' };
  }

  /** Starts running towards `plan`; `slice` does the work. */
  resume(plan: Plan, { task = this.task, alone = false }: ResumeOptions = {}): void {
    const only = alone ? task.tid : undefined;
    // Who steps another thread than the one that stopped wants to see that one move.
    const preferred = this.halted && task !== this.halted ? task.tid : undefined;
    const change = { alone: only, preferred };
    if (only !== this.schedule.alone || preferred !== undefined) this.hooks.rescheduling?.(change);
    this.begin(plan, task.tid);
    this.reschedule(change);
  }

  private begin(plan: Plan, tid: number | undefined, destination?: Moment): void {
    this.destination = destination;
    this.plan = plan;
    this.planned = tid;
    this.breakpointsStale = true;
    if (this.seen) this.notes.pass(this.halted ?? this.task);
    if (this.trap) {
      const { trap } = this;
      this.trap = undefined;
      this.enterKernel(trap.task, trap.stop);
    } else if (!this.steppedKernel?.inKernel) this.steppedKernel = undefined;
  }

  /** Where the run stands. */
  get moment(): Moment {
    return this.moments.now;
  }

  /** What belongs to the state of the program although it is kept here. */
  get state(): readonly object[] {
    return [this.notes, this.schedule];
  }

  /** Runs as `resume` does, but at most to `destination`; `tid` is whose run the plan is about. */
  replay(plan: Plan, destination: Moment, tid: number | undefined): void {
    this.begin(plan, tid, destination);
  }

  /** Changes the order in which tasks run as the user did when it was recorded. */
  reschedule({ alone, preferred }: Rescheduling): void {
    this.schedule.alone = alone;
    const task = this.process.tasks.find(({ tid }) => tid === preferred);
    if (task) this.process.world.scheduler.prefer(task);
  }

  /** The program was brought to another moment; `task` is who is looked at. */
  rewound(moment: Moment): void {
    this.moments.set(moment);
    this.plan = undefined;
    this.trap = undefined;
    this.exitReported = false;
    this.stopAtFirstStep = false;
    this.halted = undefined;
    this.steppedKernel = undefined;
    this.seen = false;
    this.notes.forgetPassed();
  }

  /** The user looks at `task` where the program stands: a breakpoint there has done its work. */
  show(tid: number): void {
    this.focus = this.process.tasks.find((task) => task.tid === tid) ?? this.task;
    this.halted = this.focus;
    this.steppedKernel = this.focus.inKernel && !this.focus.asleep ? this.focus : undefined;
    this.seen = true;
  }

  /** The user changed registers or memory. A fault not yet delivered is then tried again instead. */
  edited(): void {
    if (this.trap && !this.trap.stop.software) this.trap = undefined;
  }

  /** The user moved the instruction pointer: the trap is void. */
  jumped(): void {
    this.trap = undefined;
    this.notes.of(this.task.tid).passed = undefined;
  }

  /** Breakpoints were set or removed. */
  breakpointsChanged(): void {
    this.breakpointsStale = true;
  }

  noteEvent(event: KernelEvent): void {
    this.notes.noteEvent(event);
  }

  /** Stops a running program where it is. */
  pause(): Outcome {
    return this.stop({ kind: 'pause' }, this.task);
  }

  /** Runs at most about `budget` instructions. */
  slice(budget: number): Outcome {
    const { world } = this.process;
    let left = budget;
    // Input may have come since the last slice.
    world.scheduler.noteProgress();
    while (this.plan && !this.process.exit) {
      if (this.hasArrived) return this.arrive();
      if (left <= 0) return { kind: 'running' };
      this.hooks.beforeTurn?.();
      const turn = this.nextTurn(left);
      if (!turn) return { kind: 'waiting' };
      const { task } = turn;
      if (task.process !== this.process) {
        left -= this.runOther(task, Math.min(left, turn.budget));
        continue;
      }
      this.focus = task;
      if (!task.inKernel && task.signalled) this.enterKernel(task, { kind: 'budget' });
      if (task.inKernel) {
        const outcome = this.runKernel(task);
        if (outcome) return outcome;
        left -= 50;
      } else {
        const before = task.cpu.retired;
        const most = Math.min(left, turn.budget, this.hooks.beforeUser?.(task) ?? left, this.untilDestination);
        const outcome = this.runUser(task, this.plan, most);
        left -= Math.max(1, Number(task.cpu.retired - before));
        if (outcome) return outcome;
      }
    }
    return this.ended();
  }

  /** Runs a task of a process that nobody debugs. → effort in instructions */
  private runOther(task: TaskView, budget: number): number {
    if (task.inKernel || task.signalled) {
      const slept = task.asleep;
      const effort = runUnwatched(task, budget);
      // What its kernel code does is part of the way to a moment, unless a sleeper has only looked whether it can go on.
      if (!slept || !task.asleep) this.moments.count();
      return effort;
    }
    return runUnwatched(task, Math.min(budget, this.hooks.beforeUser?.(task) ?? budget, this.untilDestination));
  }

  private nextTurn(left: number): Turn | undefined {
    const { process, schedule } = this;
    // A thread that has ended holds nobody up.
    const only = schedule.alone === undefined ? undefined : process.tasks.find(({ tid }) => tid === schedule.alone);
    return only ? { task: only, budget: left } : process.world.turn();
  }

  private get hasArrived(): boolean {
    return this.destination !== undefined && !isBefore(this.moment, this.destination);
  }

  private get untilDestination(): number {
    if (!this.destination) return Number.POSITIVE_INFINITY;
    return Math.max(1, Number(this.destination.instruction - this.process.world.retired));
  }

  private arrive(): Outcome {
    this.plan = undefined;
    this.destination = undefined;
    return { kind: 'arrived' };
  }

  private isPlanned(task: TaskView): boolean {
    return task.tid === this.planned && task.process === this.process;
  }

  /** Once the process is gone: a last stop if the user wanted to see its end, then `exited`. */
  private ended(): Outcome {
    const { exit } = this.process;
    if (!exit || !this.plan) return { kind: 'running' };
    const reason = this.exitReported ? undefined : this.hooks.takeRequestedStop(this.task);
    this.exitReported = true;
    if (reason) return this.stop(reason, this.task);
    this.plan = undefined;
    return { kind: 'exited', status: exit };
  }

  private stop(reason: StopReason, task: TaskView): Outcome {
    this.focus = task;
    this.halted = task;
    this.plan = undefined;
    this.seen = true;
    return { kind: 'stopped', reason };
  }

  private setBreakpoints(plan: Plan): void {
    const addresses = new Set(this.hooks.breakpointAddresses());
    for (const address of plan.temporaryBreakpoints()) addresses.add(address);
    this.process.machine.setBreakpoints(addresses);
    this.breakpointsStale = false;
  }

  private runUser(task: TaskView, plan: Plan, left: number): Outcome | undefined {
    if (this.breakpointsStale) this.setBreakpoints(plan);
    const { cpu, process } = task;
    const isPlanned = this.isPlanned(task);
    const quantum = isPlanned ? plan.quantum() : left;
    const untilLimit = this.limit === undefined ? left : Number(this.limit - process.world.retired);
    const budget = Math.max(1, Math.min(left, quantum, untilLimit));
    const before = cpu.retired;
    const stop = process.machine.run(cpu, budget, { ignoreBreakpointAtStart: this.notes.hasPassed(task) });
    process.world.scheduler.charge(Number(cpu.retired - before));
    const requested = this.hooks.takeRequestedStop(task);
    switch (stop.kind) {
      case 'budget':
        if (requested) return this.stop(requested, task);
        if (isPlanned && budget >= quantum && this.planReached(task, plan)) return this.stop({ kind: 'step' }, task);
        return this.atLimit(task);
      case 'pause':
        return this.stop(requested ?? { kind: 'pause' }, task);
      case 'breakpoint':
        return requested ? this.stop(requested, task) : this.atBreakpoint(task, plan, stop.address);
      case 'watchpoint': {
        const reason = requested ?? this.hooks.atWatchpoint?.(task, stop.hits, stop.pc);
        if (reason) return this.stop(reason, task);
        return isPlanned && this.planReached(task, plan) ? this.stop({ kind: 'step' }, task) : this.atLimit(task);
      }
      case 'trap': {
        const reason = requested ?? this.hooks.beforeTrap(task, stop);
        if (reason) {
          this.trap = { task, stop };
          return this.stop(reason, task);
        }
        this.enterKernel(task, stop);
        return undefined;
      }
      case 'syscall':
        this.enterKernel(task, stop);
        return requested && this.stop(requested, task);
    }
  }

  private atLimit(task: TaskView): Outcome | undefined {
    const { limit, instructionLimit } = this;
    if (limit === undefined || instructionLimit === undefined || this.process.world.retired < limit) return undefined;
    const text = `Paused after ${limit.toLocaleString('en-US')} instructions, as limits.instructions says; continuing runs on.`;
    this.limit = limit + instructionLimit;
    return this.stop({ kind: 'limit', text }, task);
  }

  private atBreakpoint(task: TaskView, plan: Plan, address: bigint): Outcome | undefined {
    this.notes.pass(task);
    const reason = this.hooks.atBreakpoint(task, address);
    if (reason) return this.stop(reason, task);
    return this.isPlanned(task) && this.planReached(task, plan) ? this.stop({ kind: 'step' }, task) : undefined;
  }

  /** Asks the plan, whose wish for temporary breakpoints may change with the answer. */
  private planReached(task: TaskView, plan: Plan): boolean {
    const before = plan.temporaryBreakpoints();
    const reached = plan.reached(task);
    const after = plan.temporaryBreakpoints();
    if (before.length !== after.length || before.some((address, i) => address !== after[i]))
      this.breakpointsStale = true;
    return reached;
  }

  private enterKernel(task: TaskView, stop: MachineStop): void {
    // What came in user mode (a signal) interrupts no instruction that would run again.
    this.notes.of(task.tid).userRip = stop.kind === 'trap' && !stop.software ? task.cpu.rip : undefined;
    this.hooks.enteringKernel(task, stop);
    this.process.enter(task, stop);
    if (task === this.steppedKernel) this.steppedKernel = undefined;
    if (this.isPlanned(task)) this.stopAtFirstStep = this.plan?.entersKernel(stop) ?? false;
  }

  /** Runs the task's handler: to its end, to a stop, or for a while. Undefined goes on. */
  private runKernel(task: TaskView): Outcome | undefined {
    const { plan } = this;
    if (!plan) return undefined;
    const isPlanned = this.isPlanned(task);
    for (let steps = 0; steps < 10_000; steps++) {
      const step = this.process.advance(task);
      // A sleeper may look any number of times whether it can go on: that is no step.
      if (!step?.blocked) this.kernelStepDone(task);
      if (!step) return this.leftKernel(task, plan);
      if (step.blocked) {
        if (this.schedule.alone === undefined) return undefined;
        this.steppedKernel = task;
        return this.stop({ kind: 'asleep', at: step.frame.name }, task);
      }
      const reason = this.kernelReason(task);
      if (reason) return this.stop(reason, task);
      if (this.hasArrived) return this.arrive();
      if (isPlanned && (this.stopAtFirstStep || plan.kernelStep(task.kernelFrames.length))) {
        this.stopAtFirstStep = false;
        this.steppedKernel = task;
        return this.stop({ kind: 'kernel-step' }, task);
      }
    }
    return { kind: 'running' };
  }

  private kernelStepDone(task: TaskView): void {
    this.moments.count();
    this.hooks.afterKernelStep?.(task);
  }

  /** Why the user wants to stop after a step of the kernel. */
  private kernelReason(task: TaskView): StopReason | undefined {
    const hits = task.process.machine.takeWatchHits();
    return this.hooks.takeRequestedStop(task) ?? (hits.length ? this.hooks.atWatchpoint?.(task, hits) : undefined);
  }

  private leftKernel(task: TaskView, plan: Plan): Outcome | undefined {
    if (task === this.steppedKernel) this.steppedKernel = undefined;
    if (this.process.exit) return this.ended();
    const reason = this.kernelReason(task);
    if (reason) return this.stop(reason, task);
    if (!this.isPlanned(task)) return undefined;
    // The handler of a signal begins at a place where a breakpoint counts; a restarted instruction does not.
    const done = plan.kernelDone(task, task.cpu.rip !== this.notes.of(task.tid).userRip);
    this.breakpointsStale = true;
    return done ? this.stop({ kind: 'step' }, task) : undefined;
  }
}
