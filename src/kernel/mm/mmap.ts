/** Making mappings: mmap_region and do_mmap (names and order of Linux). */
import { EACCES, EEXIST, EINVAL, ENOMEM, EOVERFLOW, EPERM, isError } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { HUGE_RESERVATION, MMAP_MIN_ADDR, type Mm } from './mm.ts';
import { do_munmap } from './munmap.ts';
import { pageAlign } from './page.ts';
import { SharedMemory } from './shared.ts';
import {
  accounts,
  type MappedFile,
  VM_ACCOUNT,
  VM_EXEC,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_SHARED,
  Vma,
} from './vma.ts';

export const MAP_SHARED = 0x1n;
export const MAP_PRIVATE = 0x2n;
export const MAP_FIXED = 0x10n;
export const MAP_GROWSDOWN = 0x100n;
export const MAP_LOCKED = 0x2000n;
export const MAP_NORESERVE = 0x4000n;
export const MAP_POPULATE = 0x8000n;
export const MAP_NONBLOCK = 0x10000n;
/** 4.17+: fail instead of replacing. Earlier kernels do not know it and take the address as a hint. */
export const MAP_FIXED_NOREPLACE = 0x100000n;
const MAP_TYPE = 0xfn;
/** More than this a kernel would not promise a program that has not said MAP_NORESERVE. */
const ABSURD_RESERVATION = 1n << 36n;
/** Up to here addresses are 47 bits wide. */
const DEFAULT_MAP_WINDOW = 1n << 47n;

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
    const length = pageAlign(len);
    const end = addr + length;
    if (!mm.may_expand(length)) return BigInt(-ENOMEM);
    // A huge reservation needs no memory until it is touched; an absurd one is refused, as overcommitting kernels do.
    const reserves = length >= HUGE_RESERVATION && length <= ABSURD_RESERVATION;
    const accountable = accounts(vm_flags) && !reserves;
    const flags = vm_flags | (accountable ? VM_ACCOUNT : reserves ? VM_NORESERVE : 0n);
    if (accountable && !(flags & mm.vm_mpx) && !mm.may_commit(length)) {
      task.process.emit(task, { kind: 'memory-limit', what: 'mmap', address: addr });
      return BigInt(-ENOMEM);
    }
    while (mm.find_vma_intersection(addr, end)) {
      yield frame.at('mmap_region: unmap what is in the way', { end });
      if ((yield* do_munmap(task, mm, addr, length)) !== 0) return BigInt(-ENOMEM);
    }
    yield frame.at('mmap_region: insert the area', { end });
    const shared = flags & VM_SHARED && !file ? new SharedMemory(task.process.world.nextOrder()) : undefined;
    mm.insert(new Vma({ vm_start: addr, vm_end: end, vm_flags: flags, vm_pgoff, file, shared }));
    if (file && flags & VM_EXEC) task.process.emit(task, { kind: 'code-mapped', path: file.name, address: addr });
    return addr;
  },
);

export interface MmapRequest {
  /** Hint, or the address itself with MAP_FIXED. */
  addr: bigint;
  len: bigint;
  prot: bigint;
  flags: bigint;
  /** Further VM_ flags (VM_MPX). */
  vm_flags?: bigint;
  /** File offset in pages. */
  pgoff: bigint;
  file?: MappedFile;
}

/** The checks of a file or anonymous mapping's type. → flags to add, or −errno */
function typeFlags(flags: bigint, file: MappedFile | undefined): bigint {
  const type = flags & MAP_TYPE;
  if (type === MAP_PRIVATE) return 0n;
  if (type !== MAP_SHARED && type !== 3n) return BigInt(-EINVAL);
  // Files are only open for reading: a shared writable mapping of one is refused by the caller's protection check.
  return file ? VM_MAYSHARE : VM_SHARED | VM_MAYSHARE;
}

/** Finds the place; applies the rule of 4.14+ that nothing may lie above 2^47 while MPX is managed. → address or −errno */
function place(task: Task, mm: Mm, request: MmapRequest, length: bigint): bigint {
  const { addr, flags } = request;
  const fixed = (flags & MAP_FIXED) !== 0n;
  let hint = addr;
  if (task.process.profile.switches.check47bit && mm.managesBounds && addr + length > DEFAULT_MAP_WINDOW) {
    if (fixed || length > DEFAULT_MAP_WINDOW) return BigInt(-ENOMEM);
    hint = 0n;
  }
  if (!fixed) return mm.get_unmapped_area(length, hint & ~0xfffn);
  if (length > mm.task_size || addr > mm.task_size - length) return BigInt(-ENOMEM);
  if (addr & 0xfffn) return BigInt(-EINVAL);
  return addr < MMAP_MIN_ADDR ? BigInt(-EPERM) : addr;
}

/** mmap proper. The caller holds mmap_sem for writing, and populates afterwards if told so. */
export const do_mmap: (task: Task, request: MmapRequest) => Steps<{ address: bigint; populate: boolean }> =
  kernelFunction('do_mmap', function* (frame, task: Task, request: MmapRequest) {
    const { mm, process } = task;
    const { len, prot, pgoff, file } = request;
    const noReplace = (request.flags & MAP_FIXED_NOREPLACE) !== 0n && process.profile.version !== 'v4.1';
    const flags = noReplace ? request.flags | MAP_FIXED : request.flags;
    yield frame.at('do_mmap: check the arguments', { addr: request.addr, len, prot, flags });
    const failed = (errno: number) => ({ address: BigInt(-errno), populate: false });
    if (len === 0n) return failed(EINVAL);
    const length = pageAlign(len);
    if (length === 0n || length > mm.task_size) return failed(ENOMEM);
    if (BigInt.asUintN(52, pgoff + (length >> 12n)) < pgoff) return failed(EOVERFLOW);
    if (mm.map_count > mm.sysctl_max_map_count) return failed(ENOMEM);
    yield frame.at('do_mmap: find a place', { length });
    const address = place(task, mm, { ...request, flags }, length);
    if (isError(address)) return { address, populate: false };
    if (noReplace && mm.find_vma_intersection(address, address + length)) return failed(EEXIST);
    const type = typeFlags(flags, file);
    if (isError(type)) return { address: type, populate: false };
    let vm_flags = (prot & 7n) | mm.def_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | type | (request.vm_flags ?? 0n);
    if (file && type) vm_flags &= ~VM_MAYWRITE;
    if (prot & 2n && !(vm_flags & VM_MAYWRITE)) return failed(EACCES);
    if (flags & MAP_GROWSDOWN) vm_flags |= 0x100n;
    if (flags & MAP_LOCKED) vm_flags |= VM_LOCKED;
    if (flags & MAP_NORESERVE) vm_flags |= VM_NORESERVE;
    const anonymous = type ? 0n : address >> 12n;
    const mapped = yield* mmap_region(task, mm, address, length, vm_flags, file ? pgoff : anonymous, file);
    const eager = (vm_flags & VM_LOCKED) !== 0n || (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
    return { address: mapped, populate: !isError(mapped) && eager };
  });
