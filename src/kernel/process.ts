/** A process: what its tasks share. It serves the machine's stops one kernel step at a time. */
import type { Machine, Stop, Unimplemented } from '../machine/api.ts';
import type {
  ExitStatus,
  Inputs,
  KernelEvent,
  Outputs,
  ProcessView,
  SignalInfo,
  TaskView,
  UnknownCall,
  VmaView,
} from './api.ts';
import { FsStruct } from './files/fs-struct.ts';
import { standardFiles } from './files/streams.ts';
import type { FileTable } from './files/table.ts';
import { vmaViews } from './mm/maps.ts';
import { type Mm, MPX_INVALID_BOUNDS_DIR } from './mm/mm.ts';
import type { Schedulable } from './sched/scheduler.ts';
import { type KernelSiginfo, NSIG, SIG_DFL, SIGKILL, type SigAction } from './signal/types.ts';
import type { KernelStep, Steps } from './steps.ts';
import type { KernelProfile, World } from './world.ts';

/** Omit that keeps the members of a union apart. */
type EachWithout<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event as kernel code states it; when, where and by whom is added by `emit`. */
export type EventBody = EachWithout<KernelEvent, 'instruction' | 'pc' | 'pid' | 'tid'>;

/** What a process needs of a task: its handler in progress. */
export interface ProcessTask extends Omit<TaskView, 'process'>, Omit<Schedulable, 'process'> {
  readonly process: TaskView['process'] & Schedulable['process'];
  handler: Steps<void> | undefined;
}

/** What was executed: for /proc/self and the debugger. */
export interface ProgramImage {
  /** Absolute path of the program. */
  path: string;
  args: string[];
  env: readonly string[];
  /** The auxiliary vector as the program got it. */
  auxv: Uint8Array;
  /** Address of the first instruction. */
  entry: bigint;
  /** What is added to the addresses of the ELF file. */
  loadBias: bigint;
}

export interface ProcessOptions<T extends ProcessTask> {
  world: World<Process<T>>;
  machine: Machine;
  mm: Mm;
  /** What a child has of its parent; the first process has none. */
  parent?: Process<T>;
  files?: FileTable;
  fs?: FsStruct;
  actions?: SigAction[];
  /** The signal that tells the parent of its end; 0 for none. */
  exitSignal?: number;
}

/** Signal dispositions by number, all default. */
export const defaultActions = (): SigAction[] =>
  Array.from({ length: NSIG + 1 }, () => ({ handler: SIG_DFL, flags: 0n, restorer: 0n, mask: 0n }));

/** News of a process that its parent may wait for, besides its end. */
export type ChildNews = { kind: 'stopped'; signo: number } | { kind: 'continued' };

/** Most entries of `unimplemented`: a program must not fill the host's memory. */
const MAX_UNIMPLEMENTED = 200;

/** Thrown inside handlers to leave the kernel at once because the task is gone; never passes `Process.advance`. */
export class TaskGone extends Error {
  constructor() {
    super('the task is gone');
  }
}

export class Process<T extends ProcessTask = ProcessTask> implements ProcessView {
  readonly world: World<Process<T>>;
  readonly pid: number;
  /** Gone with its parent's end: then init takes it. */
  parent: Process<T> | undefined;
  /** Process group and session. */
  pgid: number;
  sid: number;
  readonly exitSignal: number;
  machine: Machine;
  mm: Mm;
  files: FileTable;
  readonly fs: FsStruct;
  /** Signal dispositions by number; processes made with CLONE_SIGHAND share them. */
  actions: SigAction[];
  /** Not yet waited for. */
  news: ChildNews | undefined;
  /** How the first thread ended, if others go on. */
  leaderExit: ExitStatus | undefined;
  /** Someone looks at its memory, even when it is over; at first that is the first process. */
  watched: boolean;
  /** Filled in by exec. */
  image: ProgramImage = { path: '', args: [], env: [], auxv: new Uint8Array(0), entry: 0n, loadBias: 0n };
  /** Readable mappings are executable too: the program has no non-executable stack mark. */
  readImpliesExec = false;
  /** Numbers of system calls already reported as unknown. */
  readonly unknownCalls = new Set<number>();
  readonly tasks: T[] = [];
  /** By a signal such as SIGSTOP: none of its tasks runs until SIGCONT. */
  stopped = false;
  exit: ExitStatus | undefined;
  oops: { function: string; reason: string } | undefined;
  lastSiginfo: SignalInfo | undefined;
  readonly unimplemented: (Unimplemented | UnknownCall)[] = [];
  /** Signals pending for the process as a whole. */
  readonly sharedPending: KernelSiginfo[] = [];

  constructor({ world, machine, mm, parent, files, fs, actions, exitSignal }: ProcessOptions<T>) {
    this.world = world;
    this.pid = world.newPid();
    this.machine = machine;
    this.mm = mm;
    mm.id ||= world.nextOrder();
    this.parent = parent;
    this.watched = parent === undefined;
    this.pgid = this.pid;
    this.sid = this.pid;
    this.exitSignal = exitSignal ?? 0;
    const { fileSystem } = world;
    this.files = files ?? standardFiles(fileSystem, world.inputs, world.outputs);
    this.fs = fs ?? new FsStruct(fileSystem.root, fileSystem.root);
    this.actions = actions ?? defaultActions();
    world.processes.push(this);
    world.machines.add(machine);
  }

  /** Takes over what a child has of its parent's program. */
  inherit({ image, readImpliesExec, pgid, sid }: Process<T>): void {
    this.pgid = pgid;
    this.sid = sid;
    this.image = image;
    this.readImpliesExec = readImpliesExec;
  }

  get bits(): 32 | 64 {
    return this.mm.ia32 ? 32 : 64;
  }

  /** Children that live or wait to be reaped. */
  get children(): Process<T>[] {
    return this.world.processes.filter(({ parent }) => parent === this);
  }

  get profile(): KernelProfile {
    return this.world.profile;
  }
  get inputs(): Inputs {
    return this.world.inputs;
  }
  get outputs(): Outputs {
    return this.world.outputs;
  }

  /** Adds a task, which gets its turns from now on. */
  addTask(task: T): void {
    this.tasks.push(task);
    this.world.scheduler.add(task);
  }

  /** Takes a task out that has ended, or that another one ends. */
  removeTask(task: T): void {
    this.emit(task, { kind: 'thread-exited' });
    this.tasks.splice(this.tasks.indexOf(task), 1);
    this.world.scheduler.remove(task);
    this.drop(task);
  }

  /** Announces `body` as happening now in `task`. */
  emit(task: TaskView, body: EventBody): void {
    this.world.announce({
      instruction: this.world.retired,
      pc: task.cpu.rip,
      pid: this.pid,
      tid: task.tid,
      ...body,
    } as KernelEvent);
  }

  /** Notes an instruction the machine does not implement, once for each place. */
  reportUnimplemented(what: Unimplemented): void {
    const known = this.unimplemented.some((other) => 'mnemonic' in other && other.pc === what.pc);
    if (!known && this.unimplemented.length < MAX_UNIMPLEMENTED) this.unimplemented.push(what);
  }

  /** Notes a system call that was refused because the emulated world does not have what it asks for, once for each number. */
  reportRefused(task: T, syscall: number, args: bigint[], abi: UnknownCall['abi'] = 'x86-64'): void {
    if (this.unknownCalls.has(syscall) || this.unimplemented.length >= MAX_UNIMPLEMENTED) return;
    this.unknownCalls.add(syscall);
    this.unimplemented.push({ syscall, args, pc: task.cpu.rip, abi });
    this.emit(task, { kind: 'syscall-unknown', number: syscall, args });
  }

  enter(task: T, stop: Stop): void {
    if (this.exit) return;
    task.handler = this.world.code.entry(task, stop);
  }

  advance(task: T): KernelStep | undefined {
    if (!task.handler || this.exit) return this.leave(task);
    const running = task.kernelFrames.at(-1)?.name ?? 'entry';
    const { scheduler } = this.world;
    try {
      const next = task.handler.next();
      if (next.done || this.exit) return this.leave(task);
      if (next.value.blocked) scheduler.sleep(task);
      else this.awake(task);
      return next.value;
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
    this.end(task, { signal: SIGKILL });
  }

  /** The process is over: none of its tasks runs on. */
  private end(task: T, status: ExitStatus): void {
    if (this.exit) return;
    this.exit = status;
    this.emit(task, { kind: 'exit', status });
    for (const other of this.tasks) {
      this.world.scheduler.remove(other);
      if (other !== task) this.drop(other);
    }
    this.world.code.exited(this);
  }

  /** Ends a task's stay in the kernel, wherever it is. */
  private drop(task: T): void {
    task.handler = undefined;
    task.kernelFrames.length = 0;
    task.sleptAt = undefined;
    task.wait = undefined;
    this.mm.mmap_sem.abandon(task);
  }

  finish(task: T): void {
    for (let step = this.advance(task); step && !step.blocked; ) step = this.advance(task);
  }

  private awake(task: T): void {
    task.sleptAt = undefined;
    this.world.scheduler.noteProgress();
  }

  private leave(task: T): undefined {
    this.awake(task);
    this.drop(task);
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
    this.end(task, status);
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
