/** What munmap does about the bounds tables of the memory that goes (spec B.7). */
import { ENOENT } from '../errno.ts';
import { type Mm, MPX_INVALID_BOUNDS_DIR } from '../mm/mm.ts';
import type { Vma } from '../mm/vma.ts';
import { force_sig } from '../signal/send.ts';
import { SIGSEGV } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { bdEntryPtr, get_bt_addr, untouchedDirectory } from './bd-entry.ts';
import { kernel_managing_mpx_tables, mpx_get_bounds_dir, mpxConstants } from './management.ts';
import { is_mpx_vma } from './mmap.ts';
import { try_unmap_single_bt } from './unmap-areas.ts';
import { unmap_edge_bts } from './unmap-edges.ts';
import { unmap_single_bt } from './unmap-table.ts';
import { SIGKILL_ON_BAD_ACCESS } from './zap.ts';

/**
 * So deep may one munmap nest in another through forged entries (K-12) before the kernel's stack of 16 KiB is used up. The depth at
 * which a real kernel died depends on its compiler; half a kilobyte a round is our estimate.
 */
const MAX_NESTED_UNMAPS = 32;

/** The tables between the two edges: their areas are covered entirely. → 0 or an error */
const unmap_inner_bts: (task: Task, start: bigint, end: bigint) => Steps<number> = kernelFunction(
  'unmap_inner_bts',
  function* (frame, task: Task, start: bigint, end: bigint) {
    const word = BigInt(mpxConstants(task).word);
    const bde_end = bdEntryPtr(task, end - 1n);
    for (let bd_entry_ptr = bdEntryPtr(task, start) + word; bd_entry_ptr < bde_end; bd_entry_ptr += word) {
      const untouched = untouchedDirectory(task, bd_entry_ptr, bde_end);
      if (untouched > 0n) {
        bd_entry_ptr += untouched - word;
        continue;
      }
      yield frame.at('unmap_inner_bts: read the entry', { bd_entry_ptr, bde_end });
      const entry = yield* get_bt_addr(task, bd_entry_ptr);
      if (entry.ret === -ENOENT) continue;
      const ret = entry.ret !== 0 ? entry.ret : yield* unmap_single_bt(task, bd_entry_ptr, entry);
      if (ret !== 0) return ret;
    }
    return 0;
  },
);

/** The tables of [start, end), area after area. → 0 or an error */
const unmap_areas: (task: Task, start: bigint, end: bigint) => Steps<number> = kernelFunction(
  'unmap_areas',
  function* (frame, task: Task, start: bigint, end: bigint) {
    const { areaSize, word } = mpxConstants(task);
    const bytesPerEntry = areaSize / BigInt(word);
    const lastEntry = bdEntryPtr(task, end - 1n);
    for (let one_unmap_start = start; one_unmap_start < end; ) {
      const next_unmap_start = (one_unmap_start & ~(areaSize - 1n)) + areaSize;
      const one_unmap_end = end < next_unmap_start ? end : next_unmap_start;
      const untouched = untouchedDirectory(task, bdEntryPtr(task, one_unmap_start), lastEntry);
      if (untouched > 0n) {
        one_unmap_start = (one_unmap_start & ~(areaSize - 1n)) + untouched * bytesPerEntry;
        continue;
      }
      yield frame.at('unmap_areas: one area', { one_unmap_start, one_unmap_end });
      const ret = yield* try_unmap_single_bt(task, one_unmap_start, one_unmap_end);
      if (ret !== 0 && task.process.profile.switches.teardownErrorKills) return ret;
      one_unmap_start = next_unmap_start;
    }
    return 0;
  },
);

/** Frees or clears every table that describes memory in [start, end). → 0 or the error at which it gave up */
const mpx_unmap_tables: (task: Task, start: bigint, end: bigint) => Steps<number> = kernelFunction(
  'mpx_unmap_tables',
  function* (frame, task: Task, start: bigint, end: bigint) {
    if (task.process.profile.switches.perAreaUnmap) {
      yield frame.at('mpx_unmap_tables: area by area', { start, end });
      return yield* unmap_areas(task, start, end);
    }
    yield frame.at('mpx_unmap_tables: the edges', { start, end });
    const ret = yield* unmap_edge_bts(task, start, end);
    if (ret !== 0 && ret !== -ENOENT) return ret;
    // The edges' entries are done with, even where the range covers their whole area.
    yield frame.at('mpx_unmap_tables: what lies between the edges', { ret });
    return yield* unmap_inner_bts(task, start, end);
  },
);

/** The mappings that go: the detached list, or in kernels that notify first the areas found at `start`. */
function dying(task: Task, vma: Vma | undefined, start: bigint, end: bigint): Vma[] {
  const list: Vma[] = [];
  const first = task.process.profile.switches.notifyBeforeDetach ? task.mm.find_vma(start) : vma;
  for (let at = first; at && at.vm_start < end; at = at.vm_next) list.push(at);
  return list;
}

/** Parts of [start, end) that had ordinary mappings. */
function ordinaryParts(task: Task, vmas: readonly Vma[], start: bigint, end: bigint): [bigint, bigint][] {
  return vmas
    .filter((vma) => !is_mpx_vma(task, vma))
    .map((vma) => [vma.vm_start > start ? vma.vm_start : start, vma.vm_end < end ? vma.vm_end : end]);
}

/**
 * munmap's call into MPX: [start, end) is going (or, from 5.2 on, is about to go). `vma` is the first of the mappings that were
 * taken out of the list. Errors cannot be returned any more: they become a SIGSEGV.
 */
export const mpx_notify_unmap: (task: Task, vma: Vma | undefined, start: bigint, end: bigint) => Steps<void> =
  kernelFunction('mpx_notify_unmap', function* (frame, task: Task, vma: Vma | undefined, start: bigint, end: bigint) {
    const { mm, process } = task;
    const { mpxInRangeCancels, teardownErrorKills, faultTrustsBndcfgu } = process.profile.switches;
    yield frame.at('mpx_notify_unmap: are tables managed', { start, end, bd_addr: mm.bd_addr });
    if (!kernel_managing_mpx_tables(task)) return;
    const nested = task.kernelFrames.filter(({ name }) => name === 'mpx_notify_unmap').length;
    if (nested > MAX_NESTED_UNMAPS) {
      process.kernelOops(task, 'mpx_notify_unmap', 'stack overflow: unmaps nested without end', SIGKILL_ON_BAD_ACCESS);
    }
    if (!faultTrustsBndcfgu) {
      const live = yield* mpx_get_bounds_dir(task);
      if (live !== MPX_INVALID_BOUNDS_DIR) mm.bd_addr = live;
    }

    yield frame.at('mpx_notify_unmap: look for bounds tables in the range');
    const vmas = dying(task, vma, start, end);
    let parts: [bigint, bigint][] = [[start, end]];
    if (!mpxInRangeCancels) parts = ordinaryParts(task, vmas, start, end);
    else if (vmas.some((dead) => is_mpx_vma(task, dead))) {
      // Meant to stop the recursion when a table itself is unmapped, it also stops for a program's own munmap (K-10).
      yield frame.at('mpx_notify_unmap: skip, a bounds table is in the range', { nested });
      return;
    }
    let ret = 0;
    for (const [from, to] of parts) ret ||= yield* mpx_unmap_tables(task, from, to);
    if (ret === 0) return;
    if (!teardownErrorKills) {
      process.emit(task, {
        kind: 'mpx-log',
        text: `mpx_notify_unmap: a bounds table was left as it is (errno ${-ret})`,
      });
      return;
    }
    // munmap has done its work and will return 0; the program dies of what its directory holds (K-27).
    yield frame.at('mpx_notify_unmap: force SIGSEGV', { ret });
    force_sig(task, SIGSEGV);
  });

/** Makes `mm` tell MPX of every unmap. */
export function attachMpx(mm: Mm): void {
  mm.arch_unmap = (task: Task, vma, start, end) => mpx_notify_unmap(task, vma, start, end);
}
