/**
 * The emulated computer: what its processes share. Its state is plain data reachable from here, so that it can be copied and saved;
 * its code comes from outside (`KernelCode`), because that code knows processes and tasks, which know the world.
 */
import type { Machine, Stop } from '../machine/api.ts';
import type { Inputs, KernelEvent, KernelVersion, Outputs, ProfileId, Turn } from './api.ts';
import { FileSystem } from './files/file-system.ts';
import type { Mount } from './files/host-tree.ts';
import type { Switches } from './mpx/profiles.ts';
import { type Schedulable, Scheduler } from './sched/scheduler.ts';
import type { Timer } from './sched/timer.ts';
import type { Steps } from './steps.ts';

/** The kernel release and its quirks. */
export interface KernelProfile {
  readonly id: ProfileId;
  readonly version: KernelVersion;
  /** Word size of the kernel itself; one of 32 bits runs 32-bit programs only. */
  readonly bits: 32 | 64;
  readonly switches: Readonly<Switches>;
}

/** What the world knows of a process. */
export interface WorldProcess {
  readonly pid: number;
  readonly machine: Machine;
  readonly tasks: readonly Schedulable[];
}
type TaskOf<P extends WorldProcess> = P['tasks'][number];

/** The parts of the kernel that the world and its processes call. */
export interface KernelCode<P extends WorldProcess, T> {
  /** The handler of a stop: traps, system calls, and pending signals. */
  entry(task: T, stop: Stop): Steps<void>;
  /** Lets timers expire that are due. */
  expireTimers(world: World<P>): void;
  /** A process has come to its end: tells its parent, gives back what it had. */
  exited(process: P): void;
}

export interface WorldOptions<P extends WorldProcess> {
  profile: KernelProfile;
  inputs: Inputs;
  outputs: Outputs;
  /** Folders of the host that the world's file system shows. */
  mounts?: readonly Mount[];
  /** Shifts the address layout if not 0. */
  seed?: number;
  onEvent?(event: KernelEvent): void;
  code: KernelCode<P, TaskOf<P>>;
}

const NS_PER_SECOND = 1_000_000_000n;
/** The first process's number. */
const FIRST_PID = 1000;

export class World<P extends WorldProcess> {
  readonly profile: KernelProfile;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly fileSystem: FileSystem;
  readonly seed: number;
  readonly code: KernelCode<P, TaskOf<P>>;
  /** Processes that live or wait to be reaped, oldest first. */
  readonly processes: P[] = [];
  readonly scheduler = new Scheduler<TaskOf<P>>();
  /** All machines there have been: those not in use keep their counts, and serve new processes. */
  readonly machines = new Set<Machine>();
  readonly spareMachines: Machine[] = [];
  /** Timers of all processes. */
  readonly timers: Timer[] = [];
  /** Nanoseconds that passed while every task slept: the clock runs on by them. */
  sleptNs = 0n;
  private nextPid = FIRST_PID;
  private orders = 1;
  private readonly onEvent: ((event: KernelEvent) => void) | undefined;

  constructor(options: WorldOptions<P>) {
    this.profile = options.profile;
    this.inputs = options.inputs;
    this.outputs = options.outputs;
    this.seed = options.seed ?? 0;
    this.code = options.code;
    this.onEvent = options.onEvent;
    this.fileSystem = new FileSystem(this, options.mounts);
  }

  /** Numbers for what has to be told apart or kept in order: futex waits, memory maps. */
  nextOrder(): number {
    return this.orders++;
  }

  /** A number for a new process or thread. */
  newPid(): number {
    return this.nextPid++;
  }

  /** Instructions retired by all CPUs. */
  get retired(): bigint {
    let sum = 0n;
    for (const machine of this.machines) sum += machine.retired;
    return sum;
  }

  /** The world's clock in nanoseconds: an instruction takes one, and sleep takes what it takes. */
  get now(): bigint {
    return this.retired + this.sleptNs;
  }

  /** Wall clock in nanoseconds. */
  get realtime(): bigint {
    return this.inputs.startTime() * NS_PER_SECOND + this.now;
  }

  announce(event: KernelEvent): void {
    this.onEvent?.(event);
  }

  /**
   * Whose turn it is, and for how many instructions at most. If all sleep, the clock jumps to the next moment at which one wakes.
   * undefined: all sleep, and only input could wake one.
   */
  turn(): Turn<TaskOf<P>> | undefined {
    const { scheduler } = this;
    for (;;) {
      if (this.timers.length > 0) this.code.expireTimers(this);
      const { now } = this;
      const task = scheduler.pick(now);
      if (task) return { task, budget: this.untilTimer(task, now) };
      const deadline = earlier(scheduler.deadline, this.nextTimer());
      if (deadline === undefined) return undefined;
      if (deadline > now) this.sleptNs += deadline - now;
    }
  }

  /** When the first timer on the world's clock expires. */
  private nextTimer(): bigint | undefined {
    let first: bigint | undefined;
    for (const { clock, expires } of this.timers) if (clock === 'world') first = earlier(first, expires);
    return first;
  }

  /** Instructions of the task's turn, or fewer if a timer expires before its end. */
  private untilTimer(task: TaskOf<P>, now: bigint): number {
    let { left } = this.scheduler;
    for (const { clock, expires, pid } of this.timers) {
      if (expires === undefined) continue;
      if (clock === 'cpu' && pid !== task.process.pid) continue;
      const process = clock === 'cpu' ? this.processes.find((one) => one.pid === pid) : undefined;
      const until = expires - (process ? process.machine.retired : now);
      if (until < BigInt(left)) left = Math.max(1, Number(until));
    }
    return left;
  }
}

function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
