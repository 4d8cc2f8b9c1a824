/** How 32-bit code calls the kernel: INT 80h and SYSENTER (Linux: do_int80_syscall_32, do_fast_syscall_32). */
import { EFAULT } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import { callOf, invoke } from '../syscalls/enter.ts';
import type { Task } from '../task.ts';
import { get_user } from '../user.ts';
import { IA32_TABLE } from './table.ts';
import { LANDING_PAD } from './vdso.ts';

const [RAX, RSP, RBP] = [0, 4, 5];
/** Argument registers in order: ebx ecx edx esi edi ebp. */
const ARGUMENTS = [3, 1, 2, 6, 7, 5] as const;

const low = (value: bigint): bigint => BigInt.asUintN(32, value);

export const do_int80_syscall_32: (task: Task) => Steps<void> = kernelFunction(
  'do_int80_syscall_32',
  function* (frame, task: Task) {
    const { cpu } = task;
    const nr = low(cpu.gpr(RAX));
    const args = ARGUMENTS.map((register) => low(cpu.gpr(register)));
    const entry = callOf(task, IA32_TABLE, nr);
    yield frame.at('do_int80_syscall_32: call the function of the table', { nr, name: entry?.name ?? 'unknown' });
    yield* invoke(task, IA32_TABLE, nr, entry, args);
  },
);

/**
 * SYSENTER keeps neither the return address nor the stack pointer: EBP holds the latter and points at the sixth argument, and the program
 * goes on at the landing pad of its [vdso].
 */
export const do_fast_syscall_32: (task: Task) => Steps<void> = kernelFunction(
  'do_fast_syscall_32',
  function* (frame, task: Task) {
    const { cpu, mm } = task;
    const sp = low(cpu.gpr(RBP));
    yield frame.at('do_fast_syscall_32: read the sixth argument', { sp });
    cpu.setGpr(RSP, sp);
    cpu.rip = mm.vdso + LANDING_PAD;
    const sixth = yield* get_user(task, sp, 4);
    if (sixth === undefined) {
      cpu.setGpr(RAX, low(BigInt(-EFAULT)));
      return;
    }
    // A call that runs again after a signal does so by the INT 80h before the landing pad.
    cpu.setGpr(RBP, sixth);
    yield* do_int80_syscall_32(task);
  },
);
