/** A BNDLDX or BNDSTX met a directory entry without a table: give it one (spec B.5). */
import { EFAULT, EINVAL, ENOMEM, isError } from '../errno.ts';
import { vm_munmap } from '../mm/munmap.ts';
import { force_sig } from '../signal/send.ts';
import { SIGSEGV } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { user_atomic_cmpxchg_inatomic } from '../user.ts';
import { areaOfEntry, MPX_BD_ENTRY_VALID_FLAG } from './constants.ts';
import { kernel_managing_mpx_tables, mpxConstants } from './management.ts';
import { mpx_mmap } from './mmap.ts';
import { bndcsr_of } from './xstate.ts';

/** Vector of #BR. */
export const X86_TRAP_BR = 5;

/** Says to the debugger why there is no table. → `error` */
function failed(task: Task, entry: bigint, error: number, reason: string): number {
  task.process.emit(task, { kind: 'table-failed', reason, entry });
  return error;
}

/**
 * Makes a table and puts it into the directory entry at `bd_entry`. Other threads may fault on the same entry at the same time:
 * each brings a table, the exchange lets one of them win, the others drop theirs. → 0, or −ENOMEM, −EFAULT, −EINVAL
 */
export const allocate_bt: (task: Task, bd_base: bigint, bd_entry: bigint) => Steps<number> = kernelFunction(
  'allocate_bt',
  function* (frame, task: Task, bd_base: bigint, bd_entry: bigint) {
    const c = mpxConstants(task);
    const expected_old_val = 0n;
    yield frame.at('allocate_bt: reserve a table', { bd_entry });
    const bt_addr = yield* mpx_mmap(task, c.MPX_BT_SIZE_BYTES);
    if (isError(bt_addr)) {
      const tooMany = bt_addr === BigInt(-ENOMEM);
      const reason = tooMany ? 'no room for another mapping (ENOMEM)' : `the mapping failed (errno ${-bt_addr})`;
      return failed(task, bd_entry, Number(bt_addr), reason);
    }

    const bd_new_entry = bt_addr | MPX_BD_ENTRY_VALID_FLAG;
    // From here to the exchange the table is in the memory map, but nothing refers to it. mmap_sem is not held: this may fault and sleep.
    yield frame.at('allocate_bt: cmpxchg', { bt_addr, bd_new_entry, expected_old_val });
    const { error, old } = yield* user_atomic_cmpxchg_inatomic(task, bd_entry, c.word, expected_old_val, bd_new_entry);
    if (error !== 0) {
      yield frame.at('allocate_bt: drop the table, the entry cannot be written', { ret: error });
      yield* vm_munmap(task, bt_addr, c.MPX_BT_SIZE_BYTES);
      return failed(
        task,
        bd_entry,
        error,
        `the directory entry cannot be written (${error === -EFAULT ? 'EFAULT' : error})`,
      );
    }
    const actual_old_val = old;
    if ((actual_old_val & MPX_BD_ENTRY_VALID_FLAG) !== 0n) {
      // Another thread was faster: its table serves this instruction as well.
      yield frame.at('allocate_bt: drop the table, another thread won', { actual_old_val });
      yield* vm_munmap(task, bt_addr, c.MPX_BT_SIZE_BYTES);
      task.process.emit(task, { kind: 'table-race-lost', table: bt_addr, entry: bd_entry });
      return 0;
    }
    if (actual_old_val !== expected_old_val) {
      // Not valid, yet not empty: the program wrote something there. Nobody can say what it meant.
      yield frame.at('allocate_bt: drop the table, the entry holds garbage', { actual_old_val });
      yield* vm_munmap(task, bt_addr, c.MPX_BT_SIZE_BYTES);
      return failed(
        task,
        bd_entry,
        -EINVAL,
        `the directory entry holds 0x${actual_old_val.toString(16)}, which is not valid and not 0`,
      );
    }
    const area = areaOfEntry(c, bd_base, bd_entry);
    task.process.emit(task, { kind: 'table-allocated', table: bt_addr, entry: bd_entry, area, areaSize: c.areaSize });
    return 0;
  },
);

/**
 * Serves the #BR of a missing table: finds the entry in BNDSTATUS, checks that it lies in the directory, allocates. → 0, or −EINVAL
 * and what allocate_bt returns
 */
export const do_mpx_bt_fault: (task: Task) => Steps<number> = kernelFunction(
  'do_mpx_bt_fault',
  function* (frame, task: Task) {
    const c = mpxConstants(task);
    yield frame.at('do_mpx_bt_fault: read BNDCSR');
    const bndcsr = bndcsr_of(task);
    if (!bndcsr) return -EINVAL;
    // The live register decides, not mm->bd_addr, which is what the unmap path goes by: they may differ (K-42).
    const bd_base = bndcsr.bndcfgu & c.MPX_BNDCFG_ADDR_MASK;
    const bd_entry = bndcsr.bndstatus & c.MPX_BNDSTA_ADDR_MASK;
    // In 32-bit code the end wraps around if the directory lies at the top (B.12.8).
    const bd_end = (bd_base + c.MPX_BD_SIZE_BYTES) & c.addressMask;
    yield frame.at('do_mpx_bt_fault: is the entry in the directory', { bd_base, bd_entry, bd_end });
    if (bd_entry < bd_base || bd_entry >= bd_end) {
      return failed(task, bd_entry, -EINVAL, 'BNDSTATUS names an entry outside the directory (EINVAL)');
    }
    if (!task.process.profile.switches.faultTrustsBndcfgu) task.mm.bd_addr = bd_base;
    return yield* allocate_bt(task, bd_base, bd_entry);
  },
);

/**
 * The #BR of a missing table (error code 2): allocates it if the kernel manages tables for this program. → 0: go back to the instruction
 * (or, in v4.1, to the SIGSEGV that was forced here); otherwise do_bounds signals.
 */
export const mpx_handle_bd_fault: (task: Task) => Steps<number> = kernelFunction(
  'mpx_handle_bd_fault',
  function* (frame, task: Task) {
    const { bdFaultErrorPath, trapnoOnBdFault } = task.process.profile.switches;
    const managing = kernel_managing_mpx_tables(task);
    // Read without mmap_sem, which is harmless: enabling and disabling race with faults in any case.
    yield frame.at('mpx_handle_bd_fault: are tables managed', { bd_addr: task.mm.bd_addr, managing });
    if (!managing) return -EINVAL;
    const ret = yield* do_mpx_bt_fault(task);
    yield frame.at('mpx_handle_bd_fault: the result', { ret });
    if (ret === 0 || bdFaultErrorPath) return ret;
    // v4.1 signals from here: the thread keeps the trap number of an earlier fault, which its handler will see (K-28).
    yield frame.at('mpx_handle_bd_fault: force SIGSEGV', { ret });
    if (trapnoOnBdFault) Object.assign(task.thread, { trap_nr: X86_TRAP_BR, error_code: 0 });
    force_sig(task, SIGSEGV);
    return 0;
  },
);
