/** Changing the protection of areas. */
import { ENOMEM } from '../errno.ts';
import { pageProtection } from './fault.ts';
import type { Mm } from './mm.ts';
import { accounts, VM_ACCOUNT, VM_EXEC, VM_READ, VM_WRITE, type Vma } from './vma.ts';

/** Gives [start, end) of `vma` the protection `prot`, splitting and merging. → 0 or −ENOMEM (map count) */
export function mprotect_fixup(mm: Mm, vma: Vma, start: bigint, end: bigint, prot: bigint): number {
  let flags = (vma.vm_flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | prot;
  if (flags === vma.vm_flags) return 0;
  // What becomes writable is charged, and stays so when it is no longer.
  if (accounts(flags) && !(vma.vm_flags & (VM_ACCOUNT | VM_WRITE))) {
    if (!mm.may_commit(end - start)) return -ENOMEM;
    flags |= VM_ACCOUNT;
  }
  let middle = vma;
  if (start > vma.vm_start) {
    if (mm.map_count >= mm.sysctl_max_map_count) return -ENOMEM;
    middle = mm.split_vma(vma, start);
  }
  if (end < middle.vm_end) {
    if (mm.map_count >= mm.sysctl_max_map_count) {
      mm.mergeAround(middle);
      return -ENOMEM;
    }
    mm.split_vma(middle, end);
  }
  mm.setFlags(middle, flags);
  mm.memory.protect(start, end, pageProtection(flags));
  mm.mergeAround(middle);
  return 0;
}
