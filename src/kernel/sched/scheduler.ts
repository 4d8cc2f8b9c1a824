/**
 * Whose turn it is: round robin by a fixed number of instructions, so that the same program with the same inputs is always
 * interleaved in the same way, however the debugger slices its runs. Kernel code is not preempted: it ends or sleeps.
 */
import type { Wait } from './wait.ts';

/** Instructions a task runs before the next one's turn. */
export const QUANTUM = 50_000;
/** Turns in one while there is a single task: it would have the next one anyway, and asking costs. */
const TURNS_ALONE = 400;

/** What the scheduler knows of a task. */
export interface Schedulable {
  wait: Wait | undefined;
  /** Set while the task sleeps in the kernel: how much progress the world had made when it last looked whether it can go on. */
  sleptAt: number | undefined;
  /** A stopped process (SIGSTOP) has no turns. */
  readonly process: { readonly pid: number; readonly stopped: boolean };
}

export class Scheduler<T extends Schedulable> {
  /** All tasks that live, in the order of their turns. */
  readonly tasks: T[] = [];
  current: T | undefined;
  /** Instructions left of the current task's turn. */
  left = 0;
  /** Where the search for the next task begins, once the current one is gone. */
  private position = 0;
  /** Counts what kernel code has done: as long as it stands still no sleeper can go on, save by the clock or input. */
  private progress = 0;

  add(task: T): void {
    // What is left of the turn is what it would be had there been turns all along.
    if (this.left > 0) this.left = ((this.left - 1) % QUANTUM) + 1;
    this.tasks.push(task);
  }

  remove(task: T): void {
    const index = this.tasks.indexOf(task);
    if (index < 0) return;
    this.tasks.splice(index, 1);
    if (this.current === task) {
      this.current = undefined;
      this.position = index;
    } else if (index < this.position) this.position--;
  }

  /** The task whose turn it is at `now` (nanoseconds); undefined if every one sleeps. */
  pick(now: bigint): T | undefined {
    const { current, tasks } = this;
    if (current && this.left > 0 && this.isReady(current, now)) return current;
    const start = current ? tasks.indexOf(current) + 1 : this.position;
    for (let i = 0; i < tasks.length; i++) {
      const task = tasks[(start + i) % tasks.length];
      if (!this.isReady(task, now)) continue;
      this.prefer(task);
      return task;
    }
    return undefined;
  }

  /** Gives `task` the next turn. */
  prefer(task: T): void {
    this.current = task;
    this.left = this.tasks.length === 1 ? QUANTUM * TURNS_ALONE : QUANTUM;
  }

  /** The current task has run so many instructions. */
  charge(instructions: number): void {
    this.left -= instructions;
  }

  /** The current task gives up the rest of its turn. */
  yield(): void {
    this.left = 0;
  }

  /** `task` cannot go on for now. */
  sleep(task: T): void {
    task.sleptAt = this.progress;
  }

  /** Something has happened that a sleeper may have waited for. */
  noteProgress(): void {
    this.progress++;
  }

  /** When the first sleeper's wait ends by itself. */
  get deadline(): bigint | undefined {
    let first: bigint | undefined;
    for (const { sleptAt, wait, process } of this.tasks) {
      const until = sleptAt === undefined || process.stopped ? undefined : wait?.until;
      if (until !== undefined && (first === undefined || until < first)) first = until;
    }
    return first;
  }

  private isReady(task: T, now: bigint): boolean {
    if (task.process.stopped) return false;
    if (task.sleptAt === undefined || task.sleptAt !== this.progress) return true;
    return task.wait?.until !== undefined && task.wait.until <= now;
  }
}
