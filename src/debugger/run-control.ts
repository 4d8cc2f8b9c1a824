/**
 * Runs the process in slices and stops it for the user. The machine runs user code; traps and system calls go to the kernel's
 * handler, which is run to its end or step by step. Knows nothing of breakpoint conditions or filters: it asks its hooks.
 */
import type { KernelEvent, ProcessView, TaskView } from '../kernel/api.ts';
import type { Stop as MachineStop } from '../machine/api.ts';
import type { Plan } from './plans.ts';
import type { Outcome, StopReason, TrapStop } from './stop.ts';

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
}

export class RunControl {
  private plan: Plan | undefined;
  /** A trap the user was shown before the kernel acts; the kernel gets it on resuming. */
  private trap: TrapStop | undefined;
  /** A breakpoint here has been dealt with: it counts again only after an instruction has retired. */
  private passed: { address: bigint; retired: bigint } | undefined;
  /** Where the instruction stands that the kernel may restart; −1 when it will not be restarted. */
  private userRip = 0n;
  private stopAtFirstStep = false;
  private lastTask: TaskView | undefined;
  /** The handler in progress is shown to the user as stack frames. */
  kernelVisible = false;
  /** Signal handlers that are active. */
  handlerDepth = 0;
  private exitReported = false;
  /** The user has seen the program stand where it is: a breakpoint there has done its work. */
  private seen = false;
  private breakpointsStale = true;
  /** Stops once `retired` reaches this. */
  private limit: bigint | undefined;

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

  /** The task being debugged. */
  get task(): TaskView {
    // A process that is gone has no tasks; the last one's registers stay to be looked at.
    this.lastTask = this.process.tasks[0] ?? this.lastTask;
    if (!this.lastTask) throw new Error('a process begins with one task');
    return this.lastTask;
  }

  /** The trap the kernel has not acted on yet, if the program stopped at one. */
  get pendingTrap(): TrapStop | undefined {
    return this.trap;
  }

  /** The program stands at its first instruction and is shown so. */
  stopAtEntry(): StopReason {
    this.seen = true;
    return { kind: 'entry' };
  }

  /** Starts running towards `plan`; `slice` does the work. */
  resume(plan: Plan): void {
    this.plan = plan;
    this.breakpointsStale = true;
    if (this.trap) {
      const { trap } = this;
      this.trap = undefined;
      this.enterKernel(this.task, trap);
    } else if (!this.task.inKernel) this.kernelVisible = false;
    if (this.seen) this.passHere();
  }

  /** The user changed registers or memory. A fault not yet delivered is then tried again instead. */
  edited(): void {
    if (this.trap && !this.trap.software) this.trap = undefined;
  }

  /** The user moved the instruction pointer: the trap is void. */
  jumped(): void {
    this.trap = undefined;
    this.passed = undefined;
  }

  /** Breakpoints were set or removed. */
  breakpointsChanged(): void {
    this.breakpointsStale = true;
  }

  noteEvent(event: KernelEvent): void {
    if (event.kind === 'signal' && event.action === 'handler') this.handlerDepth++;
    if (event.kind === 'sigreturn') this.handlerDepth = Math.max(0, this.handlerDepth - 1);
  }

  /** Stops a running program where it is. */
  pause(): Outcome {
    return this.stop({ kind: 'pause' });
  }

  /** Runs at most about `budget` instructions. */
  slice(budget: number): Outcome {
    let left = budget;
    while (this.plan && !this.process.exit) {
      const { task } = this;
      if (task.inKernel) {
        const outcome = this.runKernel(task);
        if (outcome) return outcome;
        left -= 50;
      } else {
        if (left <= 0) return { kind: 'running' };
        const before = task.cpu.retired;
        const outcome = this.runUser(task, this.plan, left);
        left -= Math.max(1, Number(task.cpu.retired - before));
        if (outcome) return outcome;
      }
    }
    return this.ended();
  }

  /** Once the process is gone: a last stop if the user wanted to see its end, then `exited`. */
  private ended(): Outcome {
    const { exit } = this.process;
    if (!exit || !this.plan) return { kind: 'running' };
    const reason = this.exitReported ? undefined : this.hooks.takeRequestedStop(this.task);
    this.exitReported = true;
    if (reason) return this.stop(reason);
    this.plan = undefined;
    return { kind: 'exited', status: exit };
  }

  private stop(reason: StopReason): Outcome {
    this.plan = undefined;
    this.seen = true;
    return { kind: 'stopped', reason };
  }

  private passHere(): void {
    this.passed = { address: this.task.cpu.rip, retired: this.task.cpu.retired };
  }

  private setBreakpoints(plan: Plan): void {
    const addresses = new Set(this.hooks.breakpointAddresses());
    for (const address of plan.temporaryBreakpoints()) addresses.add(address);
    this.process.machine.setBreakpoints(addresses);
    this.breakpointsStale = false;
  }

  private runUser(task: TaskView, plan: Plan, left: number): Outcome | undefined {
    if (this.breakpointsStale) this.setBreakpoints(plan);
    const { cpu } = task;
    const untilLimit = this.limit === undefined ? left : Number(this.limit - cpu.retired);
    const ignoreBreakpointAtStart = this.passed?.address === cpu.rip && this.passed.retired === cpu.retired;
    const budget = Math.max(1, Math.min(left, plan.quantum(), untilLimit));
    const stop = this.process.machine.run(cpu, budget, { ignoreBreakpointAtStart });
    const requested = this.hooks.takeRequestedStop(task);
    switch (stop.kind) {
      case 'budget':
        if (requested) return this.stop(requested);
        if (budget >= plan.quantum() && this.planReached(task, plan)) return this.stop({ kind: 'step' });
        return this.atLimit(task);
      case 'pause':
        return this.stop(requested ?? { kind: 'pause' });
      case 'breakpoint':
        return requested ? this.stop(requested) : this.atBreakpoint(task, plan, stop.address);
      case 'trap': {
        const reason = requested ?? this.hooks.beforeTrap(task, stop);
        if (reason) {
          this.trap = stop;
          return this.stop(reason);
        }
        this.enterKernel(task, stop);
        return undefined;
      }
      case 'syscall':
        this.enterKernel(task, stop);
        return requested && this.stop(requested);
    }
  }

  private atLimit(task: TaskView): Outcome | undefined {
    if (this.limit === undefined || this.instructionLimit === undefined || task.cpu.retired < this.limit)
      return undefined;
    const text = `Paused after ${this.limit.toLocaleString('en-US')} instructions, as limits.instructions says; continuing runs on.`;
    this.limit += this.instructionLimit;
    return this.stop({ kind: 'limit', text });
  }

  private atBreakpoint(task: TaskView, plan: Plan, address: bigint): Outcome | undefined {
    this.passHere();
    const reason = this.hooks.atBreakpoint(task, address);
    if (reason) return this.stop(reason);
    return this.planReached(task, plan) ? this.stop({ kind: 'step' }) : undefined;
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
    this.userRip = stop.kind === 'trap' && !stop.software ? task.cpu.rip : -1n;
    this.hooks.enteringKernel(task, stop);
    this.process.enter(task, stop);
    this.kernelVisible = false;
    this.stopAtFirstStep = this.plan?.entersKernel(stop) ?? false;
  }

  /** Runs the task's handler: to its end, to a stop, or for a while. Undefined goes on. */
  private runKernel(task: TaskView): Outcome | undefined {
    const { plan } = this;
    if (!plan) return undefined;
    for (let steps = 0; steps < 10_000; steps++) {
      const step = this.process.advance(task);
      if (!step) return this.leftKernel(task, plan);
      if (step.blocked) return { kind: 'waiting' };
      const reason = this.hooks.takeRequestedStop(task);
      if (reason) return this.stop(reason);
      if (this.stopAtFirstStep || plan.kernelStep(task.kernelFrames.length)) {
        this.stopAtFirstStep = false;
        this.kernelVisible = true;
        return this.stop({ kind: 'kernel-step' });
      }
    }
    return { kind: 'running' };
  }

  private leftKernel(task: TaskView, plan: Plan): Outcome | undefined {
    this.kernelVisible = false;
    if (this.process.exit) return this.ended();
    const reason = this.hooks.takeRequestedStop(task);
    const moved = task.cpu.rip !== this.userRip;
    if (reason) return this.stop(reason);
    // The handler of a signal begins at a place where a breakpoint counts; a restarted instruction does not.
    const done = plan.kernelDone(task, moved);
    this.breakpointsStale = true;
    return done ? this.stop({ kind: 'step' }) : undefined;
  }
}
