/** The mapping of a bounds table. */
import { EINVAL, ENOMEM, isError } from '../errno.ts';
import { mm_populate } from '../mm/fault.ts';
import type { Mm } from '../mm/mm.ts';
import { mmap_region } from '../mm/mmap.ts';
import { down_write, up_write } from '../mm/rwsem.ts';
import { VM_LOCKED, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, VM_READ, VM_WRITE, type Vma } from '../mm/vma.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { mpxConstants } from './management.ts';

/** Whether the area holds bounds tables. v4.1 knows them by their operations object, later kernels by the flag. */
export function is_mpx_vma(task: Task, vma: Vma): boolean {
  return task.process.profile.switches.vmOps ? vma.vm_ops === 'mpx' : (vma.vm_flags & task.mm.vm_mpx) !== 0n;
}

/** Whether one more area is one too many. Linux asks whether the limit is exceeded already, so it can be by one (K-31). */
function tooManyAreas(task: Task, mm: Mm): boolean {
  const { mapCountInclusive } = task.process.profile.switches;
  return mapCountInclusive ? mm.map_count > mm.sysctl_max_map_count : mm.map_count >= mm.sysctl_max_map_count;
}

/**
 * Reserves address space for one table: readable and writable, private, anonymous, marked as MPX. Neighbouring tables become one
 * area. (From 4.2 on this is do_mmap, which also heeds RLIMIT_MEMLOCK; that does not bind our programs, which run as root.)
 * → its address, or −EINVAL, −ENOMEM as a negative number
 */
export const mpx_mmap: (task: Task, len: bigint) => Steps<bigint> = kernelFunction(
  'mpx_mmap',
  function* (frame, task: Task, len: bigint) {
    const { mm } = task;
    const { vmOps, ia32TableSearchedWide } = task.process.profile.switches;
    yield frame.at('mpx_mmap: is it the size of a table', { len });
    // Only tables are ever mapped here.
    if (len !== mpxConstants(task).MPX_BT_SIZE_BYTES) return BigInt(-EINVAL);
    yield frame.at('mpx_mmap: take mmap_sem');
    yield* down_write(task, mm.mmap_sem);
    try {
      yield frame.at('mpx_mmap: check the map count', { map_count: mm.map_count, limit: mm.sysctl_max_map_count });
      if (tooManyAreas(task, mm)) return BigInt(-ENOMEM);

      yield frame.at('mpx_mmap: find a place');
      // A #BR is no system call of a 32-bit program: the search runs above 4 GiB, where such a program has nothing (K-45).
      if (mm.ia32 && ia32TableSearchedWide) return BigInt(-ENOMEM);
      const addr = mm.get_unmapped_area(len);
      // Also how an error shows: no error number is a multiple of the page size.
      if ((addr & 0xfffn) !== 0n) return addr;

      const vm_flags = VM_READ | VM_WRITE | mm.vm_mpx | mm.def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
      yield frame.at('mpx_mmap: map it', { addr, vm_flags });
      const ret = yield* mmap_region(task, mm, addr, len, vm_flags, addr >> 12n);
      if (isError(ret)) return ret;

      if (vmOps) {
        yield frame.at('mpx_mmap: mark the area as ours');
        const vma = mm.find_vma(ret);
        if (!vma) return BigInt(-ENOMEM);
        vma.vm_ops = 'mpx';
      }
      if ((vm_flags & VM_LOCKED) !== 0n) {
        // mlockall(MCL_FUTURE): all of the table becomes resident at once.
        yield frame.at('mpx_mmap: populate the locked area');
        up_write(task, mm.mmap_sem);
        yield* mm_populate(task, ret, len);
      }
      return ret;
    } finally {
      up_write(task, mm.mmap_sem);
    }
  },
);
