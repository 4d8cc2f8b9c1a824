/** Taking mappings away: do_munmap in the order of each kernel generation (spec B.7). */
import { greater, lesser } from '../../base/address.ts';
import { EINVAL, ENOMEM } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import type { Mm } from './mm.ts';
import { PAGE, pageAlign } from './page.ts';
import { down_write, up_write } from './rwsem.ts';
import { pageOffset } from './shared.ts';
import { VM_EXEC, type Vma } from './vma.ts';

/** Before pages of [start, end) are dropped: those that others may map keep their contents. */
export function save_shared_pages(mm: Mm, start: bigint, end: bigint): void {
  for (let vma = mm.find_vma(start); vma && vma.vm_start < end; vma = vma.vm_next)
    vma.shared?.save(
      mm,
      pageOffset(vma, greater(start, vma.vm_start)),
      pageOffset(vma, lesser(end, vma.vm_end) + PAGE - 1n),
    );
}

/** Drops the pages of [start, start+length): they read as zero (or as the file) again; the mapping stays. */
export function zap_page_range(mm: Mm, start: bigint, length: bigint): void {
  save_shared_pages(mm, start, start + length);
  mm.memory.discard(start, start + length);
}

/** Splits the areas at both ends, unlinks everything in [start, end) → the detached list. */
function detach_vmas_to_be_unmapped(mm: Mm, start: bigint, end: bigint): Vma[] {
  save_shared_pages(mm, start, end);
  const first = mm.find_vma(start);
  if (first && first.vm_start < start) mm.split_vma(first, start);
  const last = mm.find_vma(end);
  if (last && last.vm_start < end) mm.split_vma(last, end);
  const from = mm.find_vma(start);
  let count = 0;
  for (let vma = from; vma && vma.vm_start < end; vma = vma.vm_next) count++;
  return from && count > 0 ? mm.detach(from, count) : [];
}

/**
 * Unmaps [start, start+len). The caller holds mmap_sem for writing. → 0, or −EINVAL for a bad range, or −ENOMEM if a split would
 * exceed the map count. Bounds tables that die with the memory are the architecture hook's business.
 */
export const do_munmap: (task: Task, mm: Mm, start: bigint, len: bigint) => Steps<number> = kernelFunction(
  'do_munmap',
  function* (frame, task: Task, mm: Mm, start: bigint, len: bigint) {
    yield frame.at('do_munmap: check the range', { start, len });
    if (start & 0xfffn || start > mm.task_size || len > mm.task_size - start) return -EINVAL;
    const length = pageAlign(len);
    if (length === 0n) return -EINVAL;
    const end = start + length;
    const notifyFirst = task.process.profile.switches.notifyBeforeDetach;
    if (notifyFirst) {
      yield frame.at('do_munmap: notify before the areas are unlinked', { end });
      if (mm.arch_unmap) yield* mm.arch_unmap(task, undefined, start, end);
    }
    const vma = mm.find_vma(start);
    if (!vma || vma.vm_start >= end) return 0;
    if (vma.vm_start < start && end < vma.vm_end && mm.map_count >= mm.sysctl_max_map_count) return -ENOMEM;
    yield frame.at('do_munmap: split and detach the areas', { end, vm_start: vma.vm_start, vm_end: vma.vm_end });
    const [first] = detach_vmas_to_be_unmapped(mm, start, end);
    yield frame.at('do_munmap: unmap the pages');
    zap_page_range(mm, start, length);
    for (let area: Vma | undefined = first; area; area = area.vm_next)
      if (area.file && area.vm_flags & VM_EXEC)
        task.process.emit(task, { kind: 'code-unmapped', path: area.file.name, address: area.vm_start });
    if (!notifyFirst) {
      yield frame.at('do_munmap: notify after the pages are gone');
      if (mm.arch_unmap) yield* mm.arch_unmap(task, first, start, end);
    }
    return 0;
  },
);

/** do_munmap on the task's own map, taking mmap_sem. */
export const vm_munmap: (task: Task, start: bigint, len: bigint) => Steps<number> = kernelFunction(
  'vm_munmap',
  function* (frame, task: Task, start: bigint, len: bigint) {
    yield frame.at('vm_munmap: take mmap_sem', { start, len });
    yield* down_write(task, task.mm.mmap_sem);
    try {
      return yield* do_munmap(task, task.mm, start, len);
    } finally {
      up_write(task, task.mm.mmap_sem);
    }
  },
);
