/** Freeing a whole bounds table. */
import { EINVAL } from '../errno.ts';
import { do_munmap } from '../mm/munmap.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { pagefault_disable, pagefault_enable, user_atomic_cmpxchg_inatomic } from '../user.ts';
import { type BdEntry, mpx_resolve_fault } from './bd-entry.ts';
import { areaOfEntry, MPX_BD_ENTRY_VALID_FLAG } from './constants.ts';
import { mpxConstants } from './management.ts';
import { is_mpx_vma } from './mmap.ts';

/** Whether bounds tables, and nothing else, fill [start, end). */
function isWholeTable(task: Task, start: bigint, end: bigint): boolean {
  let at = start;
  for (let vma = task.mm.find_vma(start); vma && at < end; vma = vma.vm_next) {
    if (vma.vm_start > at || !is_mpx_vma(task, vma)) return false;
    at = vma.vm_end;
  }
  return at >= end;
}

/**
 * Clears the directory entry at `bd_entry_ptr`, which was read as `entry`, and then unmaps its table: in this order, so that no CPU
 * can still find its way to memory that is going. mmap_sem is held for writing. → 0, or −EFAULT, −EINVAL, −ENOMEM
 */
export const unmap_single_bt: (task: Task, bd_entry_ptr: bigint, entry: BdEntry) => Steps<number> = kernelFunction(
  'unmap_single_bt',
  function* (frame, task: Task, bd_entry_ptr: bigint, entry: BdEntry) {
    const { mm, process } = task;
    const { freeUnchecked, reservedBitsRefuseFree, failedFreeLeaks } = process.profile.switches;
    const c = mpxConstants(task);
    const { bt_addr } = entry;
    const fail = (ret: number, reason: string): number => {
      process.emit(task, { kind: 'table-failed', reason, entry: bd_entry_ptr });
      return ret;
    };
    // Real kernels unmap whatever the entry names; that it is theirs is not checked (K-12).
    if (!freeUnchecked && !isWholeTable(task, bt_addr, bt_addr + c.MPX_BT_SIZE_BYTES)) {
      return fail(
        -EINVAL,
        `the directory entry leads to 0x${bt_addr.toString(16)}, which is no whole bounds table (EINVAL)`,
      );
    }
    // An entry with reserved bits set, which the CPU accepts, is not the expected value (K-14).
    const expected_old_val = reservedBitsRefuseFree ? bt_addr | MPX_BD_ENTRY_VALID_FLAG : entry.bd_entry;
    let actual_old_val: bigint;
    for (;;) {
      yield frame.at('unmap_single_bt: cmpxchg', { bd_entry_ptr, bt_addr, expected_old_val });
      pagefault_disable(task);
      const { error, old } = yield* user_atomic_cmpxchg_inatomic(task, bd_entry_ptr, c.word, expected_old_val, 0n);
      pagefault_enable(task);
      actual_old_val = old;
      if (error === 0) break;
      const ret = yield* mpx_resolve_fault(task, bd_entry_ptr, true);
      if (ret !== 0) return fail(ret, 'the directory entry cannot be written (EFAULT)');
    }
    yield frame.at('unmap_single_bt: what was there', { actual_old_val });
    if (actual_old_val !== expected_old_val) {
      // Somebody else has cleared it: then its table is somebody else's business too.
      if (actual_old_val === 0n) return 0;
      return fail(
        -EINVAL,
        `the directory entry holds 0x${actual_old_val.toString(16)}, not 0x${expected_old_val.toString(16)} (EINVAL)`,
      );
    }
    const area = areaOfEntry(c, mm.bd_addr, bd_entry_ptr);
    process.emit(task, { kind: 'table-freed', table: bt_addr, entry: bd_entry_ptr, area, areaSize: c.areaSize });
    yield frame.at('unmap_single_bt: unmap the table');
    const ret = yield* do_munmap(task, mm, bt_addr, c.MPX_BT_SIZE_BYTES);
    if (ret === 0) return 0;
    if (!failedFreeLeaks) {
      yield frame.at('unmap_single_bt: put the entry back', { ret });
      yield* user_atomic_cmpxchg_inatomic(task, bd_entry_ptr, c.word, 0n, expected_old_val);
    }
    // Otherwise the table stays behind, and nothing leads to it any more (K-24).
    return fail(ret, `the bounds table at 0x${bt_addr.toString(16)} cannot be unmapped (errno ${-ret})`);
  },
);
