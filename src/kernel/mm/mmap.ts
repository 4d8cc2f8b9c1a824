/** Making mappings: mmap_region and do_mmap (names and order of Linux). */
import { ENOMEM } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { type Mm, pageAlign } from './mm.ts';
import { do_munmap } from './munmap.ts';
import { type MappedFile, Vma } from './vma.ts';

/**
 * Maps [addr, addr+len) with `vm_flags`, over whatever was there; merges with neighbours of the same kind. The caller holds mmap_sem
 * for writing. → addr or −ENOMEM.
 */
export const mmap_region: (
  task: Task,
  mm: Mm,
  addr: bigint,
  len: bigint,
  vm_flags: bigint,
  vm_pgoff: bigint,
  file?: MappedFile,
) => Steps<bigint> = kernelFunction(
  'mmap_region',
  function* (
    frame,
    task: Task,
    mm: Mm,
    addr: bigint,
    len: bigint,
    vm_flags: bigint,
    vm_pgoff: bigint,
    file?: MappedFile,
  ) {
    yield frame.at('mmap_region: check the limits', { addr, len, vm_flags });
    const end = addr + pageAlign(len);
    if (!mm.may_expand(end - addr)) return BigInt(-ENOMEM);
    while (mm.find_vma_intersection(addr, end)) {
      yield frame.at('mmap_region: unmap what is in the way', { end });
      if ((yield* do_munmap(task, mm, addr, end - addr)) !== 0) return BigInt(-ENOMEM);
    }
    yield frame.at('mmap_region: insert the area', { end });
    mm.insert(new Vma({ vm_start: addr, vm_end: end, vm_flags, vm_pgoff, file }));
    return addr;
  },
);
