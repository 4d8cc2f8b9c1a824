/**
 * The table of one area, in the way of 4.2 and later: an unmapped range is cut at the borders of what one table covers, so that
 * each piece concerns one table only.
 */
import { ENOENT } from '../errno.ts';
import type { Vma } from '../mm/vma.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { bdEntryPtr, get_bt_addr } from './bd-entry.ts';
import { areaOfEntry, type MpxConstants, mpx_get_bt_entry_offset } from './constants.ts';
import { mpxConstants } from './management.ts';
import { is_mpx_vma } from './mmap.ts';
import { unmap_single_bt } from './unmap-table.ts';
import { zap_bt_entries } from './zap.ts';

/** The mappings below and above `addr`. */
function neighbours(task: Task, addr: bigint): { prev: Vma | undefined; next: Vma | undefined } {
  let { vma: next, prev } = task.mm.find_vma_prev(addr);
  // Bounds tables have no pointers in them, so they should not count. Real kernels from 4.2 on do step over them here, but then
  // look the neighbours up once more and go by that (K-16).
  if (task.process.profile.switches.skipMpxNeighbours) {
    while (next && is_mpx_vma(task, next)) next = next.vm_next;
    while (prev && is_mpx_vma(task, prev)) prev = prev.vm_prev;
  }
  return { prev, next };
}

/** Byte range of a table that holds the entries of the slots in [start, end), which lie in one area. */
function entriesOf(c: MpxConstants, bt_addr: bigint, start: bigint, end: bigint): { from: bigint; to: bigint } {
  const from = bt_addr + mpx_get_bt_entry_offset(c, start);
  const last = bt_addr + mpx_get_bt_entry_offset(c, end - 1n);
  return { from, to: last + (1n << c.MPX_BT_ENTRY_SHIFT) };
}

/**
 * Cares for the one table that describes [start, end): frees it if nothing else in its area is mapped, else clears just these
 * entries. → 0, also if there is no table, or an error
 */
export const try_unmap_single_bt: (task: Task, start: bigint, end: bigint) => Steps<number> = kernelFunction(
  'try_unmap_single_bt',
  function* (frame, task: Task, start: bigint, end: bigint) {
    const c = mpxConstants(task);
    const bta_start_vaddr = start & ~(c.areaSize - 1n);
    const bta_end_vaddr = bta_start_vaddr + c.areaSize;
    yield frame.at('try_unmap_single_bt: find the neighbours', { start, end, bta_start_vaddr, bta_end_vaddr });
    // From 5.2 on what is being unmapped is still in the list and is found here as its own neighbour (K-17).
    const { prev, next } = neighbours(task, start);
    const alone = (!prev || prev.vm_end <= bta_start_vaddr) && (!next || next.vm_start >= bta_end_vaddr);
    const from = alone ? bta_start_vaddr : start;
    const to = alone ? bta_end_vaddr : end;

    const bd_entry_ptr = bdEntryPtr(task, from);
    yield frame.at('try_unmap_single_bt: read the entry', {
      prev_end: prev?.vm_end,
      next_start: next?.vm_start,
      alone,
      bd_entry_ptr,
    });
    const entry = yield* get_bt_addr(task, bd_entry_ptr);
    if (entry.ret === -ENOENT) return 0;
    if (entry.ret !== 0) return entry.ret;

    if (from === bta_start_vaddr && to === bta_end_vaddr) {
      yield frame.at('try_unmap_single_bt: free the table', { bt_addr: entry.bt_addr });
      return yield* unmap_single_bt(task, bd_entry_ptr, entry);
    }
    const range = entriesOf(c, entry.bt_addr, from, to);
    yield frame.at('try_unmap_single_bt: clear the entries', { bt_addr: entry.bt_addr, ...range });
    const area = areaOfEntry(c, task.mm.bd_addr, bd_entry_ptr);
    return yield* zap_bt_entries(task, area, entry.bt_addr, range.from, range.to);
  },
);
