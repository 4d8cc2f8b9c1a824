/**
 * A read/write semaphore for kernel handlers that may yield while they hold it: mmap_sem (spec B.12.15). Kernel code is not preempted, so
 * there is contention only where a debugger holds a task in the middle of it.
 */
import { blocked, type KernelStack, kernelFunction, type Steps } from '../steps.ts';

/** Who holds it is the identity of the task's kernel stack. */
export class RwSemaphore {
  writer: KernelStack | undefined;
  readonly readers = new Set<KernelStack>();

  constructor(readonly name: string) {}

  /** Whether `task` holds it in either mode. */
  heldBy(task: KernelStack): boolean {
    return this.writer === task || this.readers.has(task);
  }

  /** Releases whatever a dying task still holds. */
  abandon(task: KernelStack): void {
    if (this.writer === task) this.writer = undefined;
    this.readers.delete(task);
  }
}

/** Takes `sem` for writing; waits (blocked steps) while another task holds it. */
export const down_write: (task: KernelStack, sem: RwSemaphore) => Steps<void> = kernelFunction(
  'down_write',
  function* (frame, task: KernelStack, sem: RwSemaphore) {
    while (sem.writer || sem.readers.size > 0)
      yield blocked(frame.at('down_write: wait for the lock', { sem: sem.name }));
    sem.writer = task;
  },
);

/** Takes `sem` for reading; waits (blocked steps) while another task holds it for writing. */
export const down_read: (task: KernelStack, sem: RwSemaphore) => Steps<void> = kernelFunction(
  'down_read',
  function* (frame, task: KernelStack, sem: RwSemaphore) {
    while (sem.writer) yield blocked(frame.at('down_read: wait for the lock', { sem: sem.name }));
    sem.readers.add(task);
  },
);

export function up_write(task: KernelStack, sem: RwSemaphore): void {
  if (sem.writer === task) sem.writer = undefined;
}

export function up_read(task: KernelStack, sem: RwSemaphore): void {
  sem.readers.delete(task);
}
