/** Bringing pages in: what happens when a present area is touched (Linux: handle_mm_fault). */
import { greater, lesser } from '../../base/address.ts';
import { PAGE_SIZE, PROT_READ } from '../../machine/api.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { HUGE_RESERVATION, type Mm } from './mm.ts';
import { PAGE, PAGE_MASK } from './page.ts';
import { down_read, up_read } from './rwsem.ts';
import { pageOffset } from './shared.ts';
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE, type Vma } from './vma.ts';

/** Page protection of an area: on x86 anything accessible is readable. */
export function pageProtection(flags: bigint): number {
  const prot = Number(flags & (VM_READ | VM_WRITE | VM_EXEC));
  return prot === 0 ? 0 : prot | PROT_READ;
}

/** Whether the area allows the access (x86: access_error). */
export function allows(vma: Vma, access: 'read' | 'write' | 'execute'): boolean {
  if (access === 'write') return (vma.vm_flags & VM_WRITE) !== 0n;
  if (access === 'execute') return (vma.vm_flags & VM_EXEC) !== 0n;
  return (vma.vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) !== 0n;
}

/** Bounds tables and huge reservations: touched here and there, so kept out of the directly addressed memory. */
export const isSparse = (mm: Mm, vma: Vma): boolean =>
  vma.vm_ops === 'mpx' || (vma.vm_flags & mm.vm_mpx) !== 0n || vma.vm_end - vma.vm_start >= HUGE_RESERVATION;

export type FaultResult = 'ok' | 'sigbus' | 'oom';

/** Makes the page of `address` in `vma` present, zero-filled or from the file. */
export function handle_mm_fault(mm: Mm, vma: Vma, address: bigint): FaultResult {
  const page = address & PAGE_MASK;
  if (mm.memory.protection(page) !== undefined) return 'ok';
  if (mm.limit.presentPages >= mm.limit.max_pages) return 'oom';
  let content: Uint8Array | undefined;
  if (vma.file) {
    const offset = Number((vma.vm_pgoff << 12n) + (page - vma.vm_start));
    if (offset >= vma.file.size) return 'sigbus';
    content = vma.file.read(offset, PAGE_SIZE);
  }
  if (vma.shared) content = vma.shared.take(mm, pageOffset(vma, page));
  if (!(vma.vm_flags & VM_MAYSHARE)) mm.anon_vma_prepare(vma);
  const present = mm.memory.populate(page, pageProtection(vma.vm_flags), content, { pool: isSparse(mm, vma) });
  return present ? 'ok' : 'oom';
}

/** Faults in all pages of [start, start+len) that are mapped and accessible (MAP_POPULATE, VM_LOCKED). */
export const mm_populate: (task: Task, start: bigint, len: bigint) => Steps<void> = kernelFunction(
  'mm_populate',
  function* (frame, task: Task, start: bigint, len: bigint) {
    yield frame.at('mm_populate: fault the pages in', { start, len });
    const { mm } = task;
    yield* down_read(task, mm.mmap_sem);
    const end = start + len;
    for (let vma = mm.find_vma(start); vma && vma.vm_start < end; vma = vma.vm_next) {
      if (!allows(vma, 'read')) continue;
      const last = lesser(vma.vm_end, end);
      for (let page = greater(vma.vm_start, start); page < last; page += PAGE) {
        if (handle_mm_fault(mm, vma, page) !== 'ok') break;
      }
    }
    up_read(task, mm.mmap_sem);
  },
);
