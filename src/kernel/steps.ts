/**
 * Steppable kernel code. A kernel function is a generator that yields before each architectural step; run to completion it
 * is the kernel, advanced one yield at a time it is kernel code under a debugger. Every function called through
 * `kernelFunction` has a frame with its kernel name, the label of its current step and the values of its locals.
 */

/** What a debugger shows of a local variable: integers in hexadecimal (bigint), small numbers and texts as they are. */
export type LocalValue = bigint | number | string | boolean | undefined;
export type Locals = Record<string, LocalValue>;

/** One active kernel function. */
export interface KernelFrame {
  /** The kernel's own name, e.g. `allocate_bt`. */
  readonly name: string;
  /** Label of the step about to run, e.g. `allocate_bt: cmpxchg`; '' before the first. Labels give the source line. */
  label: string;
  locals: Locals;
}

/** Yielded before a step: the innermost frame, already updated. `blocked`: the task sleeps; its label says what for. */
export interface KernelStep {
  readonly frame: KernelFrame;
  readonly blocked?: boolean;
}

/** A kernel function in progress. */
export type Steps<T> = Generator<KernelStep, T, void>;

/** Anything with a stack of kernel frames: a task inside the kernel. Outermost first. */
export interface KernelStack {
  readonly kernelFrames: KernelFrame[];
}

/** The frame of a running kernel function, with what it needs to announce steps. */
export class ActiveFrame implements KernelFrame {
  label = '';
  locals: Locals = {};
  constructor(readonly name: string) {}

  /**
   * The step about to run. `label` must be a string literal that starts with the function's name and is unique in the
   * kernel: it locates the source line. Locals are merged into those already shown.
   */
  at(label: string, locals: Locals = {}): KernelStep {
    this.label = label;
    Object.assign(this.locals, locals);
    return { frame: this };
  }
}

/** The task sleeps at `step`: advanced again, it looks whether it can go on. See src/kernel/sched/wait.ts for where that is allowed. */
export const blocked = (step: KernelStep): KernelStep => ({ ...step, blocked: true });

/**
 * Makes a steppable kernel function. Its first argument has the kernel stack of the calling task.
 *
 *     export const mpx_mmap = kernelFunction('mpx_mmap', function* (frame, task: Task, length: bigint) {
 *       yield frame.at('mpx_mmap: check the length', { length });
 *       …
 *     });
 *     const table = yield* mpx_mmap(task, size);
 */
export function kernelFunction<S extends KernelStack, A extends unknown[], R>(
  name: string,
  body: (frame: ActiveFrame, task: S, ...args: A) => Steps<R>,
): (task: S, ...args: A) => Steps<R> {
  return function* (task, ...args) {
    const frame = new ActiveFrame(name);
    task.kernelFrames.push(frame);
    try {
      return yield* body(frame, task, ...args);
    } finally {
      task.kernelFrames.pop();
    }
  };
}

/** Runs a kernel function to its end at once. A blocked step cannot be waited for here: it is a bug of the caller. */
export function complete<T>(steps: Steps<T>): T {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    if (next.value.blocked)
      throw new Error(`kernel function blocked at ${next.value.frame.label} while run to completion`);
  }
}
