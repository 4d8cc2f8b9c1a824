/** mremap: shrink, grow in place, or move. Bounds of moved pointers are not carried along (spec B.7). */
import { EFAULT, EINVAL, ENOMEM, isError } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { mm_populate } from './fault.ts';
import { MMAP_MIN_ADDR, type Mm } from './mm.ts';
import { do_munmap } from './munmap.ts';
import { pageAlign } from './page.ts';
import { VM_DONTEXPAND, VM_LOCKED, VM_MAYSHARE, type Vma } from './vma.ts';

export const MREMAP_MAYMOVE = 1n;
export const MREMAP_FIXED = 2n;

export interface MremapRequest {
  addr: bigint;
  old_len: bigint;
  new_len: bigint;
  flags: bigint;
  new_addr: bigint;
}

/** The area to grow or move, or −errno. */
function vma_to_resize(mm: Mm, addr: bigint, old_len: bigint, new_len: bigint): Vma | number {
  const vma = mm.find_vma(addr);
  if (!vma || vma.vm_start > addr) return -EFAULT;
  if (old_len === 0n && !(vma.vm_flags & VM_MAYSHARE)) return -EINVAL;
  if (old_len > vma.vm_end - addr) return -EFAULT;
  if (new_len === old_len) return vma;
  if (vma.vm_flags & VM_DONTEXPAND) return -EFAULT;
  return mm.may_expand(new_len - old_len) ? vma : -ENOMEM;
}

/** Moves [addr, addr+old_len) to `target` and lets it be `new_len` long there; unmaps the old place. → target or −errno */
const move_vma: (task: Task, mm: Mm, vma: Vma, request: MremapRequest, target: bigint) => Steps<bigint> =
  kernelFunction('move_vma', function* (frame, task: Task, mm: Mm, vma: Vma, request: MremapRequest, target: bigint) {
    const { addr, old_len, new_len } = request;
    yield frame.at('move_vma: make the new area', { addr, target, old_len, new_len });
    // Three more areas may be needed for the old one's parts.
    if (mm.map_count >= mm.sysctl_max_map_count - 3) return BigInt(-ENOMEM);
    const moved = vma.slice(addr, addr + old_len);
    moved.vm_start = target;
    moved.vm_end = target + new_len;
    // Pages never touched may be renumbered, so that the area can merge where it lands.
    if (!vma.file && vma.anon_vma === undefined && !(vma.vm_flags & VM_MAYSHARE)) moved.vm_pgoff = target >> 12n;
    const { vm_flags } = moved;
    mm.insert(moved);
    yield frame.at('move_vma: move the pages');
    mm.memory.move(addr, target, old_len);
    yield frame.at('move_vma: unmap the old place');
    yield* do_munmap(task, mm, addr, old_len);
    if (vm_flags & VM_LOCKED) yield* mm_populate(task, target, new_len);
    return target;
  });

/** The MREMAP_FIXED way: whatever is at the destination goes first. */
const mremap_to: (task: Task, mm: Mm, request: MremapRequest) => Steps<bigint> = kernelFunction(
  'mremap_to',
  function* (frame, task: Task, mm: Mm, request: MremapRequest) {
    const { addr, old_len, new_len, new_addr } = request;
    yield frame.at('mremap_to: clear the destination', { new_addr, new_len });
    if (new_addr & 0xfffn || new_len > mm.task_size || new_addr > mm.task_size - new_len) return BigInt(-EINVAL);
    if (new_addr < addr + old_len && addr < new_addr + new_len) return BigInt(-EINVAL);
    if (new_addr < MMAP_MIN_ADDR) return BigInt(-EINVAL);
    const cleared = yield* do_munmap(task, mm, new_addr, new_len);
    if (cleared !== 0) return BigInt(cleared);
    let length = old_len;
    if (old_len >= new_len) {
      const result = yield* do_munmap(task, mm, addr + new_len, old_len - new_len);
      if (result !== 0 && old_len !== new_len) return BigInt(result);
      length = new_len;
    }
    const vma = vma_to_resize(mm, addr, length, new_len);
    if (typeof vma === 'number') return BigInt(vma);
    return yield* move_vma(task, mm, vma, { ...request, old_len: length }, new_addr);
  },
);

/** mremap proper. The caller holds mmap_sem for writing. → address or −errno */
export const do_mremap: (task: Task, mm: Mm, request: MremapRequest) => Steps<bigint> = kernelFunction(
  'do_mremap',
  function* (frame, task: Task, mm: Mm, request: MremapRequest) {
    const { addr, flags } = request;
    const old_len = pageAlign(request.old_len);
    const new_len = pageAlign(request.new_len);
    yield frame.at('do_mremap: check the arguments', { addr, old_len, new_len, flags });
    if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) return BigInt(-EINVAL);
    if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)) return BigInt(-EINVAL);
    if (addr & 0xfffn || new_len === 0n || old_len > mm.task_size || new_len > mm.task_size) return BigInt(-EINVAL);
    if (flags & MREMAP_FIXED) return yield* mremap_to(task, mm, { ...request, old_len, new_len });
    if (old_len >= new_len) {
      yield frame.at('do_mremap: shrink');
      const result = yield* do_munmap(task, mm, addr + new_len, old_len - new_len);
      return result !== 0 && old_len !== new_len ? BigInt(result) : addr;
    }
    const vma = vma_to_resize(mm, addr, old_len, new_len);
    if (typeof vma === 'number') return BigInt(vma);
    if (old_len === vma.vm_end - addr && mm.growInPlace(vma, addr + new_len)) {
      yield frame.at('do_mremap: grown in place', { vm_end: vma.vm_end });
      if (vma.vm_flags & VM_LOCKED) yield* mm_populate(task, addr + old_len, new_len - old_len);
      return addr;
    }
    if (!(flags & MREMAP_MAYMOVE)) return BigInt(-ENOMEM);
    yield frame.at('do_mremap: find a place to move to');
    const target = mm.get_unmapped_area(new_len);
    if (isError(target)) return target;
    return yield* move_vma(task, mm, vma, { ...request, old_len, new_len }, target);
  },
);
