/** The #BR trap (spec B.2): BNDSTATUS tells a violation from a missing table. */
import { force_sig, force_sig_info } from '../signal/send.ts';
import { SIGSEGV } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { mpx_handle_bd_fault, X86_TRAP_BR } from './allocate.ts';
import { MPX_BNDSTA_ERROR_CODE } from './constants.ts';
import { kernel_managing_mpx_tables } from './management.ts';
import { mpx_generate_siginfo } from './siginfo.ts';
import { bndcsr_of } from './xstate.ts';

/** Requested privilege level of a selector: 3 is user mode. */
const RPL = 3;
const user_mode = (task: Task): boolean => (task.cpu.selector('cs') & RPL) === 3;

/** Records the trap for the signal frame. */
function record_trap(task: Task): void {
  task.thread.trap_nr = X86_TRAP_BR;
  task.thread.error_code = 0;
}

/** #BR: bounds violation, missing bounds table, or BOUND. */
export const do_bounds: (task: Task) => Steps<void> = kernelFunction('do_bounds', function* (frame, task: Task) {
  const { process } = task;
  const die = (reason: string): never => process.kernelOops(task, 'do_bounds', `die("bounds"): ${reason}`, SIGSEGV);

  /** A SIGSEGV that says nothing: SI_KERNEL, address 0. */
  function* plain(recordTrap = true): Steps<void> {
    yield frame.at('do_bounds: plain SIGSEGV');
    if (recordTrap) record_trap(task);
    force_sig(task, SIGSEGV);
  }

  yield frame.at('do_bounds: from user mode', { ip: task.cpu.rip, user_mode: user_mode(task) });
  if (!user_mode(task)) die('#BR in kernel mode');
  yield frame.at('do_bounds: is there MPX', { mpx: process.machine.features.mpx });
  if (!process.machine.features.mpx) return yield* plain();
  yield frame.at('do_bounds: read BNDCSR');
  const bndcsr = bndcsr_of(task);
  // In its initial state there is no MPX in use: this is the BOUND instruction.
  if (!bndcsr) return yield* plain();

  const { bndcfgu, bndstatus } = bndcsr;
  const error_code = Number(bndstatus & MPX_BNDSTA_ERROR_CODE);
  yield frame.at('do_bounds: dispatch on the error code', { bndcfgu, bndstatus, error_code });
  switch (error_code) {
    case 0:
      // BOUND again: it clears BNDSTATUS when it fails.
      return yield* plain();
    case 1: {
      const info = yield* mpx_generate_siginfo(task);
      if (typeof info === 'number') {
        yield frame.at('do_bounds: no siginfo can be made', { error: info });
        process.emit(task, { kind: 'bounds-violation', bndstatus, bndcfgu });
        return yield* plain();
      }
      yield frame.at('do_bounds: signal the violation', { addr: info.address, lower: info.lower, upper: info.upper });
      process.emit(task, { kind: 'bounds-violation', bndstatus, bndcfgu, kernelReport: info });
      record_trap(task);
      return force_sig_info(task, info);
    }
    case 2: {
      const ret = yield* mpx_handle_bd_fault(task);
      yield frame.at('do_bounds: is the table there', { ret });
      // With 0 the instruction runs again and finds its table.
      if (ret === 0) return;
      return yield* plain(process.profile.switches.trapnoOnBdFault || !kernel_managing_mpx_tables(task));
    }
    default:
      // Reserved. A program can load it with XRSTOR (K-30).
      die('BNDSTATUS holds error code 3');
  }
});
