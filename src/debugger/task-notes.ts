/** What run control remembers of each thread. */
import type { KernelEvent, TaskView } from '../kernel/api.ts';

export interface TaskNote {
  /** A breakpoint here has been dealt with: it counts again only after an instruction has retired. */
  passed: { address: bigint; retired: bigint } | undefined;
  /** Where the instruction stands that the kernel may restart; undefined when it will not be restarted. */
  userRip: bigint | undefined;
  /** Signal handlers that are active. */
  handlerDepth: number;
}

export class TaskNotes {
  private readonly notes = new Map<number, TaskNote>();

  of(tid: number): TaskNote {
    let note = this.notes.get(tid);
    if (!note) {
      note = { passed: undefined, userRip: undefined, handlerDepth: 0 };
      this.notes.set(tid, note);
    }
    return note;
  }

  /** A breakpoint where `task` stands has done its work. */
  pass({ tid, cpu }: TaskView): void {
    this.of(tid).passed = { address: cpu.rip, retired: cpu.retired };
  }

  /** Every breakpoint counts again. */
  forgetPassed(): void {
    for (const note of this.notes.values()) note.passed = undefined;
  }

  hasPassed({ tid, cpu }: TaskView): boolean {
    const passed = this.notes.get(tid)?.passed;
    return passed !== undefined && passed.address === cpu.rip && passed.retired === cpu.retired;
  }

  noteEvent(event: KernelEvent): void {
    const note = this.of(event.tid);
    if (event.kind === 'signal' && event.action === 'handler') note.handlerDepth++;
    if (event.kind === 'sigreturn') note.handlerDepth = Math.max(0, note.handlerDepth - 1);
  }
}
