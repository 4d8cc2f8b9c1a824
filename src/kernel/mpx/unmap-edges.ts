/**
 * The tables at the edges of an unmapped range, in the way of 3.19 to 4.1: neighbours may still need them. Parts are cleared
 * generously, up to the table's end on the side that has no neighbour.
 */
import { ENOENT } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { bdEntryPtr, get_bt_addr } from './bd-entry.ts';
import { areaOfEntry, mpx_get_bt_entry_offset } from './constants.ts';
import { mpxConstants } from './management.ts';
import { unmap_single_bt } from './unmap-table.ts';
import { zap_bt_entries } from './zap.ts';

/**
 * Cares for the table of one edge: [start, end) is going, `prev_shared` and `next_shared` say on which sides memory remains that the
 * same table describes. → 0, −ENOENT if there is no table, or an error
 */
const unmap_shared_bt: (
  task: Task,
  bd_entry_ptr: bigint,
  start: bigint,
  end: bigint,
  prev_shared: boolean,
  next_shared: boolean,
) => Steps<number> = kernelFunction(
  'unmap_shared_bt',
  function* (frame, task: Task, bd_entry_ptr, start, end, prev_shared, next_shared) {
    const c = mpxConstants(task);
    yield frame.at('unmap_shared_bt: read the entry', { bd_entry_ptr, start, end, prev_shared, next_shared });
    const entry = yield* get_bt_addr(task, bd_entry_ptr);
    if (entry.ret !== 0) return entry.ret;
    const { bt_addr } = entry;
    const area = areaOfEntry(c, task.mm.bd_addr, bd_entry_ptr);
    const start_off = mpx_get_bt_entry_offset(c, start);
    // 0 if `end` is the end of the area; but then the next area cannot share this table (K-34).
    const end_off = mpx_get_bt_entry_offset(c, end);
    const bt_end = bt_addr + c.MPX_BT_SIZE_BYTES;
    if (prev_shared && next_shared) {
      yield frame.at('unmap_shared_bt: clear the middle', { bt_addr, start_off, end_off });
      return yield* zap_bt_entries(task, area, bt_addr, bt_addr + start_off, bt_addr + end_off);
    }
    if (prev_shared) {
      yield frame.at('unmap_shared_bt: clear the upper part', { bt_addr, start_off });
      return yield* zap_bt_entries(task, area, bt_addr, bt_addr + start_off, bt_end);
    }
    if (next_shared) {
      yield frame.at('unmap_shared_bt: clear the lower part', { bt_addr, end_off });
      return yield* zap_bt_entries(task, area, bt_addr, bt_addr, bt_addr + end_off);
    }
    yield frame.at('unmap_shared_bt: free the table', { bt_addr });
    return yield* unmap_single_bt(task, bd_entry_ptr, entry);
  },
);

/** Cares for the tables at both edges of [start, end). → 0, −ENOENT, or an error */
export const unmap_edge_bts: (task: Task, start: bigint, end: bigint) => Steps<number> = kernelFunction(
  'unmap_edge_bts',
  function* (frame, task: Task, start: bigint, end: bigint) {
    const { mm, process } = task;
    const { edgeEnoentReturns, skipMpxNeighbours } = process.profile.switches;
    const bde_start = bdEntryPtr(task, start);
    const bde_end = bdEntryPtr(task, end - 1n);
    yield frame.at('unmap_edge_bts: find the neighbours', { start, end, bde_start, bde_end });
    // What is being unmapped is no longer in the list: `start` lies in a hole between these two.
    let { vma: next, prev } = mm.find_vma_prev(start);
    if (skipMpxNeighbours) {
      while (next && (next.vm_flags & mm.vm_mpx) !== 0n) next = next.vm_next;
      while (prev && (prev.vm_flags & mm.vm_mpx) !== 0n) prev = prev.vm_prev;
    }
    // A bounds table is a neighbour like any other mapping (K-15).
    const prev_shared = prev !== undefined && bdEntryPtr(task, prev.vm_end - 1n) === bde_start;
    const next_shared = next !== undefined && bdEntryPtr(task, next.vm_start) === bde_end;
    yield frame.at('unmap_edge_bts: is it one table or two', { prev_shared, next_shared });
    if (bde_start === bde_end) return yield* unmap_shared_bt(task, bde_start, start, end, prev_shared, next_shared);

    const ret = yield* unmap_shared_bt(task, bde_start, start, end, prev_shared, false);
    yield frame.at('unmap_edge_bts: the first edge is done', { ret });
    // "There is no table" ends it like an error does: the last edge's table is forgotten (K-09).
    if (ret === -ENOENT && edgeEnoentReturns) {
      yield frame.at('unmap_edge_bts: leave the last edge alone');
      return ret;
    }
    if (ret !== 0 && ret !== -ENOENT) return ret;
    return yield* unmap_shared_bt(task, bde_end, start, end, false, next_shared);
  },
);
