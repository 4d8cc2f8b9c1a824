/** What a futex word is known by: where it lies, not how a task sees it. */
import { VM_MAYSHARE } from '../mm/vma.ts';
import type { Task } from '../task.ts';

/** Threads of one memory map share the word; so do processes that map the same shared memory or file. */
export function get_futex_key(task: Task, uaddr: bigint): string {
  const { mm } = task;
  const vma = mm.find_vma(uaddr);
  if (!vma || vma.vm_start > uaddr || !(vma.vm_flags & VM_MAYSHARE)) return `${mm.id}:${uaddr}`;
  const offset = (vma.vm_pgoff << 12n) + (uaddr - vma.vm_start);
  if (vma.file) return `${vma.file.name}:${offset}`;
  return vma.shared ? `shared ${vma.shared.id}:${offset}` : `${mm.id}:${uaddr}`;
}
