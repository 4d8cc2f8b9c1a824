/** What a run of the program is to reach: to continue, to a place, out of a function. */
import type { TaskView } from '../kernel/api.ts';
import type { Stop as MachineStop } from '../machine/api.ts';

export const UNLIMITED = Number.MAX_SAFE_INTEGER;
/** Register number of RSP. */
export const RSP = 4;

/** Told by run control at each point where the run may end. All answers are for the task being run. */
export interface Plan {
  /** For progress: what is going on. */
  readonly title: string;
  /** Instructions the machine may run before `reached` is asked again. */
  quantum(): number;
  /** Addresses at which `reached` is to be asked as well. */
  temporaryBreakpoints(): readonly bigint[];
  /** In user mode: after a quantum, at a temporary breakpoint, or when the kernel has come back. True ends the run. */
  reached(task: TaskView): boolean;
  /** The machine has stopped for the kernel: whether to stop at the first step of the handler. */
  entersKernel(stop: MachineStop): boolean;
  /** Before each kernel step, with `depth` kernel functions active. True ends the run. */
  kernelStep(depth: number): boolean;
  /** The handler is done; `moved` if the task goes on elsewhere than at the instruction that faulted. True ends the run. */
  kernelDone(task: TaskView, moved: boolean): boolean;
}

/** To the next stop of any kind. */
export class Continue implements Plan {
  readonly title: string = 'Running';
  quantum(): number {
    return UNLIMITED;
  }
  temporaryBreakpoints(): readonly bigint[] {
    return [];
  }
  reached(_task: TaskView): boolean {
    return false;
  }
  entersKernel(_stop: MachineStop): boolean {
    return false;
  }
  kernelStep(_depth: number): boolean {
    return false;
  }
  kernelDone(_task: TaskView, _moved: boolean): boolean {
    return false;
  }
}

/** To an address, once the stack pointer is at least `stackPointer`: out of a function, or over a call that may recurse. */
export class RunTo extends Continue {
  override readonly title: string;

  constructor(
    private readonly address: bigint,
    private readonly stackPointer = 0n,
    title = 'Running to a place',
  ) {
    super();
    this.title = title;
  }
  override temporaryBreakpoints(): readonly bigint[] {
    return [this.address];
  }
  override reached(task: TaskView): boolean {
    return task.cpu.rip === this.address && task.cpu.gpr(RSP) >= this.stackPointer;
  }
}

/** Page faults are served unseen: they can happen at any instruction and have nothing to do with what the user looks at. */
export function isSteppableEntry(stop: MachineStop): boolean {
  return stop.kind === 'syscall' || (stop.kind === 'trap' && stop.vector !== 14);
}

/** To the next trap or system call, and into its handler. */
export class EnterKernel extends Continue {
  override readonly title: string = 'Running to the kernel';
  override entersKernel(stop: MachineStop): boolean {
    return isSteppableEntry(stop);
  }
}

/** One step inside a kernel handler: into called functions, over them, or out of the current one. */
export class KernelStep extends Continue {
  override readonly title: string = 'Stepping in the kernel';

  constructor(
    private readonly mode: 'into' | 'over' | 'out',
    private readonly depth: number,
  ) {
    super();
  }
  override kernelStep(depth: number): boolean {
    return this.mode === 'into' || (this.mode === 'over' ? depth <= this.depth : depth < this.depth);
  }
  override kernelDone(): boolean {
    return true;
  }
}
