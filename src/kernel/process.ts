/** A process: what its tasks share. It serves the machine's stops one kernel step at a time. */
import type { Machine, Stop, Unimplemented } from '../machine/api.ts';
import type {
  ExitStatus,
  Inputs,
  KernelEvent,
  Outputs,
  ProcessView,
  ProfileId,
  SignalInfo,
  TaskView,
  VmaView,
} from './api.ts';
import { type FileSource, NO_FILES } from './files/source.ts';
import { FileTable } from './files/table.ts';
import { vmaViews } from './mm/maps.ts';
import { type Mm, MPX_INVALID_BOUNDS_DIR } from './mm/mm.ts';
import type { Switches } from './mpx/profiles.ts';
import { type KernelSiginfo, NSIG, SIG_DFL, SIGKILL, type SigAction } from './signal/types.ts';
import type { KernelStep, Steps } from './steps.ts';

/** Omit that keeps the members of a union apart. */
type EachWithout<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event as kernel code states it; when, where and by whom is added by `emit`. */
export type EventBody = EachWithout<KernelEvent, 'instruction' | 'pc' | 'tid'>;

/** The kernel release and its quirks. */
export interface KernelProfile {
  readonly id: ProfileId;
  readonly switches: Readonly<Switches>;
}

/** What a process needs of a task: its handler in progress. */
export interface ProcessTask extends TaskView {
  handler: Steps<void> | undefined;
}

/** What was executed: for /proc/self and the debugger. */
export interface ProgramImage {
  /** Absolute path of the program. */
  path: string;
  args: string[];
  cwd: string;
  /** The auxiliary vector as the program got it. */
  auxv: Uint8Array;
  /** Address of the first instruction. */
  entry: bigint;
  /** What is added to the addresses of the ELF file. */
  loadBias: bigint;
}

export interface ProcessOptions<T extends ProcessTask> {
  machine: Machine;
  mm: Mm;
  profile: KernelProfile;
  inputs: Inputs;
  outputs: Outputs;
  files?: FileSource;
  onEvent?(event: KernelEvent): void;
  /** Makes the handler of a stop: traps and system calls (src/kernel/entry.ts). */
  entry(task: T, stop: Stop): Steps<void>;
}

/** Most entries of `unimplemented`: a program must not fill the host's memory. */
const MAX_UNIMPLEMENTED = 200;

/** Thrown inside handlers to leave the kernel at once because the task is gone; never passes `Process.advance`. */
export class TaskGone extends Error {
  constructor() {
    super('the task is gone');
  }
}

export class Process<T extends ProcessTask = ProcessTask> implements ProcessView {
  readonly machine: Machine;
  readonly mm: Mm;
  readonly profile: KernelProfile;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly files: FileTable;
  readonly fileSource: FileSource;
  readonly pid = 1000;
  /** Filled in by exec. */
  image: ProgramImage = { path: '', args: [], cwd: '/', auxv: new Uint8Array(0), entry: 0n, loadBias: 0n };
  /** Readable mappings are executable too: the program has no non-executable stack mark. */
  readImpliesExec = false;
  /** Numbers of system calls already reported as unknown. */
  readonly unknownCalls = new Set<number>();
  /** Nanoseconds the process has slept: its clock runs on by them. */
  sleptNs = 0n;
  readonly tasks: T[] = [];
  exit: ExitStatus | undefined;
  oops: { function: string; reason: string } | undefined;
  lastSiginfo: SignalInfo | undefined;
  readonly unimplemented: (Unimplemented | { syscall: number; args: bigint[]; pc: bigint })[] = [];
  /** Signal dispositions by number. */
  readonly actions: SigAction[] = Array.from({ length: NSIG + 1 }, () => ({
    handler: SIG_DFL,
    flags: 0n,
    restorer: 0n,
    mask: 0n,
  }));
  /** Signals pending for the process as a whole. */
  readonly sharedPending: KernelSiginfo[] = [];
  private readonly options: ProcessOptions<T>;

  constructor(options: ProcessOptions<T>) {
    this.options = options;
    this.machine = options.machine;
    this.mm = options.mm;
    this.profile = options.profile;
    this.inputs = options.inputs;
    this.outputs = options.outputs;
    this.files = new FileTable(options.inputs, options.outputs);
    this.fileSource = options.files ?? NO_FILES;
  }

  /** Announces `body` as happening now in `task`. */
  emit(task: TaskView, body: EventBody): void {
    this.options.onEvent?.({
      instruction: this.machine.retired,
      pc: task.cpu.rip,
      tid: task.tid,
      ...body,
    } as KernelEvent);
  }

  /** Notes an instruction the machine does not implement, once for each place. */
  reportUnimplemented(what: Unimplemented): void {
    const known = this.unimplemented.some((other) => 'mnemonic' in other && other.pc === what.pc);
    if (!known && this.unimplemented.length < MAX_UNIMPLEMENTED) this.unimplemented.push(what);
  }

  enter(task: T, stop: Stop): void {
    if (this.exit) return;
    task.handler = this.options.entry(task, stop);
  }

  advance(task: T): KernelStep | undefined {
    if (!task.handler || this.exit) return this.leave(task);
    const running = task.kernelFrames.at(-1)?.name ?? 'entry';
    try {
      const next = task.handler.next();
      return next.done || this.exit ? this.leave(task) : next.value;
    } catch (error) {
      if (!(error instanceof TaskGone)) this.fail(task, running, error);
      return this.leave(task);
    }
  }

  /** A mistake of ours ends the guest, not the host: it is shown as what it is. */
  private fail(task: T, name: string, error: unknown): void {
    const reason = `the emulated kernel failed: ${error instanceof Error ? error.message : String(error)}`;
    this.oops = { function: name, reason };
    this.emit(task, { kind: 'oops', function: name, reason });
    if (this.exit) return;
    this.exit = { signal: SIGKILL };
    this.emit(task, { kind: 'exit', status: this.exit });
  }

  finish(task: T): void {
    for (let step = this.advance(task); step && !step.blocked; ) step = this.advance(task);
  }

  private leave(task: T): undefined {
    task.handler = undefined;
    task.kernelFrames.length = 0;
    this.mm.mmap_sem.abandon(task);
    return undefined;
  }

  /**
   * Ends the process because the emulated kernel died in `name` (spec B.11): `signal` is what the exit status reports. The
   * caller's handler never goes on.
   */
  kernelOops(task: T, name: string, reason: string, signal: number): never {
    this.oops = { function: name, reason };
    this.emit(task, { kind: 'oops', function: name, reason });
    this.die(task, { signal });
  }

  /** Ends the process; the caller's handler never goes on. */
  die(task: T, status: ExitStatus): never {
    if (!this.exit) {
      this.exit = status;
      this.emit(task, { kind: 'exit', status });
    }
    throw new TaskGone();
  }

  vmas(): VmaView[] {
    return vmaViews(this.mm);
  }

  get mpx(): { bdAddr: bigint | undefined; mapCount: number } {
    const { bd_addr, map_count } = this.mm;
    return { bdAddr: bd_addr === MPX_INVALID_BOUNDS_DIR ? undefined : bd_addr, mapCount: map_count };
  }
}
