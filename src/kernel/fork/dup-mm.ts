/** A child's copy of an address space: the areas, and the pages that are present (Linux: dup_mm). */
import type { GuestMemory } from '../../machine/api.ts';
import { isSparse } from '../mm/fault.ts';
import { Mm, TASK_SIZE } from '../mm/mm.ts';
import { PAGE } from '../mm/page.ts';
import { VM_LOCKED } from '../mm/vma.ts';

/** Copies the areas. Pages touched before belong to both: what either maps beside them later does not merge (spec B.12.10). */
function copyAreas(from: Mm, to: Mm): void {
  to.install(from.vmas.map((vma) => ({ ...vma, vm_flags: vma.vm_flags & ~VM_LOCKED })));
  for (const [i, vma] of from.vmas.entries()) {
    if (vma.anon_vma === undefined) continue;
    to.vmas[i].anon_vma = to.newAnonVma();
    to.vmas[i].inherited = true;
  }
}

/** → false if memory runs out */
function copyPages(from: Mm, to: Mm): boolean {
  const pages = from.memory.presentPages(0n, TASK_SIZE);
  if (from.limit.presentPages + pages.length > from.limit.max_pages) return false;
  for (const page of pages) {
    const vma = to.find_vma(page);
    // Shared pages come over when they are touched.
    if (!vma || vma.vm_start > page || vma.shared) continue;
    const content = from.memory.read(page, Number(PAGE));
    const prot = from.memory.protection(page) ?? 0;
    if (!to.memory.populate(page, prot, content, { pool: isSparse(to, vma) })) return false;
  }
  return true;
}

/** The copy of `from` in `memory`, which is empty; the kernel's MPX management included (spec B.9). undefined if memory runs out. */
export function dup_mm(from: Mm, memory: GuestMemory): Mm | undefined {
  const mm = new Mm(memory, from.vm_mpx, from.limit);
  mm.arch_unmap = from.arch_unmap;
  mm.bd_addr = from.bd_addr;
  mm.ia32 = from.ia32;
  mm.task_size = from.task_size;
  mm.vdso = from.vdso;
  mm.sysctl_max_map_count = from.sysctl_max_map_count;
  mm.mmap_base = from.mmap_base;
  mm.reservation_base = from.reservation_base;
  mm.start_brk = from.start_brk;
  mm.brk = from.brk;
  mm.start_stack = from.start_stack;
  mm.rlimit_stack = from.rlimit_stack;
  mm.rlimit_as = from.rlimit_as;
  copyAreas(from, mm);
  if (copyPages(from, mm)) return mm;
  memory.discard(0n, TASK_SIZE);
  mm.limit.memories.delete(memory);
  return undefined;
}
