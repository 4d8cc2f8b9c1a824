/** From a stop of the machine to its handler, and back to user mode by way of pending signals. */
import { type Stop, Vector } from '../machine/api.ts';
import { exit_notify } from './exit/notify.ts';
import { do_fast_syscall_32, do_int80_syscall_32 } from './ia32/entry.ts';
import { do_bounds } from './mpx/traps.ts';
import type { Process } from './process.ts';
import { do_signal } from './signal/deliver.ts';
import { signal_pending } from './signal/pending.ts';
import type { Steps } from './steps.ts';
import { do_syscall_64 } from './syscalls/enter.ts';
import type { Task } from './task.ts';
import { expire_timers } from './time/timers.ts';
import { do_page_fault } from './traps/page-fault.ts';
import { do_trap } from './traps/traps.ts';
import type { KernelCode } from './world.ts';

const IA32_SYSCALL_VECTOR = 0x80;
/** Exceptions that leave RIP behind the instruction: their frames have RF clear. */
const TRAPS: ReadonlySet<number> = new Set([Vector.BP, Vector.OF, Vector.DB]);

function* serve(task: Task, stop: Stop): Steps<void> {
  if (stop.kind === 'syscall') {
    task.entered = 'syscall';
    return yield* stop.fast ? do_fast_syscall_32(task) : do_syscall_64(task);
  }
  if (stop.kind !== 'trap') return;
  if (stop.software && stop.vector === IA32_SYSCALL_VECTOR) {
    task.entered = 'syscall';
    return yield* do_int80_syscall_32(task);
  }
  task.entered = TRAPS.has(stop.vector) ? 'trap' : 'fault';
  if (stop.unimplemented) task.process.reportUnimplemented(stop.unimplemented);
  if (stop.vector === Vector.PF) return yield* do_page_fault(task, stop.address, stop.errorCode);
  if (stop.vector === Vector.BR) return yield* do_bounds(task);
  yield* do_trap(task, stop.vector, stop.errorCode);
}

/** The handler of `stop`, or of a signal that came in user mode (`budget`): serves it, then delivers what signals are pending. */
function* kernelEntry(task: Task, stop: Stop): Steps<void> {
  yield* serve(task, stop);
  if (signal_pending(task) || task.savedMask !== undefined || task.interruptedSyscall !== undefined)
    yield* do_signal(task);
}

/** What the world and its processes call. */
export const KERNEL_CODE: KernelCode<Process<Task>, Task> = {
  entry: kernelEntry,
  exited: exit_notify,
  expireTimers: expire_timers,
};
