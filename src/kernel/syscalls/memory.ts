/** System calls that change the memory map. */
import { greater, lesser } from '../../base/address.ts';
import { EACCES, EBADF, EFAULT, EINVAL, ENODEV, ENOMEM } from '../errno.ts';
import { mm_populate } from '../mm/fault.ts';
import type { Mm } from '../mm/mm.ts';
import { do_mmap, MAP_FIXED } from '../mm/mmap.ts';
import { mprotect_fixup } from '../mm/mprotect.ts';
import { do_mremap } from '../mm/mremap.ts';
import { do_munmap, vm_munmap, zap_page_range } from '../mm/munmap.ts';
import { PAGE, pageAlign } from '../mm/page.ts';
import { down_read, down_write, up_read, up_write } from '../mm/rwsem.ts';
import { type MappedFile, VM_LOCKED, VM_MAYSHARE } from '../mm/vma.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';

const MAP_ANONYMOUS = 0x20n;
const PROT_READ = 1n;
const PROT_EXEC = 4n;
const PROT_ALL = 7n;
/** PROT_GROWSDOWN and PROT_GROWSUP: not supported here. */
const PROT_GROWS = 0x0300_0000n;

/** prot as the personality changes it: programs without a non-executable stack mark get executable data. */
const effectiveProt = (task: Task, prot: bigint): bigint =>
  task.process.readImpliesExec && prot & PROT_READ ? prot | PROT_EXEC : prot;

export const sys_mmap = kernelFunction(
  'sys_mmap',
  function* (
    frame,
    task: Task,
    addr: bigint,
    len: bigint,
    prot: bigint,
    flags: bigint,
    fd: bigint,
    off: bigint,
  ): Steps<bigint> {
    yield frame.at('sys_mmap: check the arguments', { addr, len, prot, flags, fd, off });
    if (off & 0xfffn) return BigInt(-EINVAL);
    let file: MappedFile | undefined;
    if (!(flags & MAP_ANONYMOUS)) {
      const opened = task.process.files.get(fd);
      if (!opened) return BigInt(-EBADF);
      if (!opened.mappable) return BigInt(-ENODEV);
      file = opened.mappable;
    }
    yield* down_write(task, task.mm.mmap_sem);
    const { address, populate } = yield* do_mmap(task, {
      addr,
      len,
      prot: effectiveProt(task, prot),
      flags,
      pgoff: off >> 12n,
      file,
    });
    up_write(task, task.mm.mmap_sem);
    if (populate) yield* mm_populate(task, address, pageAlign(len));
    return address;
  },
);

export const sys_munmap = kernelFunction(
  'sys_munmap',
  function* (frame, task: Task, addr: bigint, len: bigint): Steps<number> {
    yield frame.at('sys_munmap: unmap', { addr, len });
    return yield* vm_munmap(task, addr, len);
  },
);

export const sys_mprotect = kernelFunction(
  'sys_mprotect',
  function* (frame, task: Task, start: bigint, len: bigint, prot: bigint): Steps<number> {
    yield frame.at('sys_mprotect: check the arguments', { start, len, prot });
    const { mm } = task;
    if (prot & PROT_GROWS || start & 0xfffn) return -EINVAL;
    if (len === 0n) return 0;
    const length = pageAlign(len);
    if (length === 0n || length > mm.task_size || start + length > mm.task_size) return -ENOMEM;
    if (prot & ~PROT_ALL) return -EINVAL;
    yield* down_write(task, mm.mmap_sem);
    yield frame.at('sys_mprotect: change the areas');
    const result = changeAreas(mm, start, start + length, effectiveProt(task, prot));
    up_write(task, mm.mmap_sem);
    return result;
  },
);

/** Changes area by area; what came before a failure stays changed. */
function changeAreas(mm: Mm, start: bigint, end: bigint, prot: bigint): number {
  let vma = mm.find_vma(start);
  if (!vma || vma.vm_start > start) return -ENOMEM;
  for (let at = start; at < end; ) {
    if (!vma || vma.vm_start > at) return -ENOMEM;
    // VM_MAYREAD… are VM_READ… shifted by four.
    if (prot & ~(vma.vm_flags >> 4n) & PROT_ALL) return -EACCES;
    const to = lesser(vma.vm_end, end);
    const result = mprotect_fixup(mm, vma, at, to, prot);
    if (result !== 0) return result;
    at = to;
    vma = mm.find_vma(at);
  }
  return 0;
}

export const sys_brk = kernelFunction('sys_brk', function* (frame, task: Task, brk: bigint): Steps<bigint> {
  const { mm } = task;
  yield frame.at('sys_brk: compare with the present break', { brk, current: mm.brk });
  if (brk < mm.start_brk || brk > mm.task_size) return mm.brk;
  const from = pageAlign(mm.brk);
  const to = pageAlign(brk);
  yield* down_write(task, mm.mmap_sem);
  let done = true;
  if (to < from) {
    yield frame.at('sys_brk: shrink');
    done = (yield* do_munmap(task, mm, to, from - to)) === 0;
  } else if (to > from) {
    yield frame.at('sys_brk: grow');
    // One page stays free above the heap.
    if (mm.find_vma_intersection(from, to + PAGE)) done = false;
    else
      done =
        (yield* do_mmap(task, {
          addr: from,
          len: to - from,
          prot: effectiveProt(task, 3n),
          flags: 0x22n | MAP_FIXED,
          pgoff: 0n,
        })).address === from;
  }
  if (done) mm.brk = brk;
  up_write(task, mm.mmap_sem);
  return mm.brk;
});

export const sys_mremap = kernelFunction(
  'sys_mremap',
  function* (
    frame,
    task: Task,
    addr: bigint,
    old_len: bigint,
    new_len: bigint,
    flags: bigint,
    new_addr: bigint,
  ): Steps<bigint> {
    yield frame.at('sys_mremap: take mmap_sem', { addr, old_len, new_len, flags, new_addr });
    yield* down_write(task, task.mm.mmap_sem);
    const result = yield* do_mremap(task, task.mm, { addr, old_len, new_len, flags, new_addr });
    up_write(task, task.mm.mmap_sem);
    return result;
  },
);

const MADV_DONTNEED = 4n;
const MADV_FREE = 8n;
/** Hints that change nothing here: NORMAL RANDOM SEQUENTIAL WILLNEED DONTFORK DOFORK MERGEABLE UNMERGEABLE HUGEPAGE NOHUGEPAGE DONTDUMP DODUMP. */
const HINTS = new Set([0n, 1n, 2n, 3n, 10n, 11n, 12n, 13n, 14n, 15n, 16n, 17n]);

export const sys_madvise = kernelFunction(
  'sys_madvise',
  function* (frame, task: Task, start: bigint, len: bigint, advice: bigint): Steps<number> {
    yield frame.at('sys_madvise: check the arguments', { start, len, advice });
    const { mm } = task;
    const behavior = BigInt.asUintN(32, advice);
    // MADV_FREE came with 4.5.
    const drops = behavior === MADV_DONTNEED || (behavior === MADV_FREE && task.process.profile.version !== 'v4.1');
    if (!drops && !HINTS.has(behavior)) return -EINVAL;
    const end = start + pageAlign(len);
    if (start & 0xfffn || end < start || end > mm.task_size) return -EINVAL;
    yield* down_read(task, mm.mmap_sem);
    let holes = false;
    let at = start;
    let result = 0;
    for (let vma = mm.find_vma(start); at < end && result === 0; vma = vma.vm_next) {
      if (!vma || vma.vm_start >= end) {
        holes = true;
        break;
      }
      if (vma.vm_start > at) holes = true;
      const from = greater(vma.vm_start, at);
      const to = lesser(vma.vm_end, end);
      yield frame.at('sys_madvise: apply to an area', { from, to });
      if (drops && vma.vm_flags & VM_LOCKED) result = -EINVAL;
      else if (drops && !(vma.vm_flags & VM_MAYSHARE)) zap_page_range(mm, from, to - from);
      at = to;
    }
    up_read(task, mm.mmap_sem);
    return result !== 0 ? result : holes ? -ENOMEM : 0;
  },
);

export const sys_mincore = kernelFunction(
  'sys_mincore',
  function* (frame, task: Task, start: bigint, len: bigint, vec: bigint): Steps<number> {
    yield frame.at('sys_mincore: look which pages are present', { start, len, vec });
    const { mm } = task;
    if (start & 0xfffn) return -EINVAL;
    if (start > mm.task_size || len > mm.task_size - start) return -ENOMEM;
    const end = start + pageAlign(len);
    for (let at = start; at < end; ) {
      const vma = mm.find_vma(at);
      if (!vma || vma.vm_start > at) return -ENOMEM;
      const to = lesser(at + 4096n * PAGE, lesser(vma.vm_end, end));
      const present = new Uint8Array(Number((to - at) / PAGE));
      for (const page of mm.memory.presentPages(at, to)) present[Number((page - at) / PAGE)] = 1;
      if ((yield* copy_to_user(task, vec + (at - start) / PAGE, present)) !== 0) return -EFAULT;
      at = to;
    }
    return 0;
  },
);

export const sys_msync = kernelFunction('sys_msync', function* (frame): Steps<number> {
  yield frame.at('sys_msync: nothing to do');
  return 0;
});

/** mlock and its kin: memory never leaves, so locking only populates. */
export const sys_mlock = kernelFunction(
  'sys_mlock',
  function* (frame, task: Task, start: bigint, len: bigint): Steps<number> {
    yield frame.at('sys_mlock: populate the range', { start, len });
    const from = start & ~0xfffn;
    const end = pageAlign(start + len);
    for (let at = from; at < end; ) {
      const vma = task.mm.find_vma(at);
      if (!vma || vma.vm_start > at) return -ENOMEM;
      at = vma.vm_end;
    }
    yield* mm_populate(task, from, end - from);
    return 0;
  },
);

const MCL_FUTURE = 2n;
export const sys_mlockall = kernelFunction('sys_mlockall', function* (frame, task: Task, flags: bigint): Steps<number> {
  yield frame.at('sys_mlockall: lock future mappings', { flags });
  if (flags === 0n || flags & ~7n) return -EINVAL;
  task.mm.def_flags = flags & MCL_FUTURE ? VM_LOCKED : 0n;
  return 0;
});
export const sys_munlockall = kernelFunction('sys_munlockall', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_munlockall: forget the lock');
  task.mm.def_flags = 0n;
  return 0;
});
