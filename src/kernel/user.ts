/** Access to user memory from kernel code (spec B.3): every one may fault pages in, unless the task has page faults disabled. */
import { PROT_WRITE } from '../machine/api.ts';
import { EFAULT } from './errno.ts';
import { allows, handle_mm_fault } from './mm/fault.ts';
import { TASK_SIZE } from './mm/mm.ts';
import { PAGE, PAGE_MASK } from './mm/page.ts';
import { down_read, up_read } from './mm/rwsem.ts';
import { kernelFunction, type Steps } from './steps.ts';
import type { Task } from './task.ts';

/** Whether [addr, addr+size) lies in user space. */
export const access_ok = (addr: bigint, size: bigint): boolean =>
  addr >= 0n && addr <= TASK_SIZE && size <= TASK_SIZE - addr;

/** Page faults in user accesses are refused instead of served until pagefault_enable. Nests. */
export function pagefault_disable(task: Task): void {
  task.pagefault_disabled++;
}
export function pagefault_enable(task: Task): void {
  task.pagefault_disabled--;
}

/** Whether the page of `addr` is present and allows the access as it is. */
function present(task: Task, addr: bigint, write: boolean): boolean {
  const protection = task.mm.memory.protection(addr);
  return protection !== undefined && protection !== 0 && (!write || (protection & PROT_WRITE) !== 0);
}

/** Serves the page fault of a kernel access. → 0 or −EFAULT */
const fixup_user_fault: (task: Task, addr: bigint, write: boolean) => Steps<number> = kernelFunction(
  'fixup_user_fault',
  function* (frame, task: Task, addr: bigint, write: boolean) {
    if (task.pagefault_disabled > 0) return -EFAULT;
    yield frame.at('fixup_user_fault: bring the page in', { addr, write });
    const held = task.mm.mmap_sem.heldBy(task);
    if (!held) yield* down_read(task, task.mm.mmap_sem);
    const result = faultin(task, addr, write);
    if (!held) up_read(task, task.mm.mmap_sem);
    return result;
  },
);

function faultin(task: Task, addr: bigint, write: boolean): number {
  const vma = task.mm.find_extend_vma(addr);
  if (!vma || !allows(vma, write ? 'write' : 'read')) return -EFAULT;
  return handle_mm_fault(task.mm, vma, addr) === 'ok' ? 0 : -EFAULT;
}

/** Makes every page of [addr, addr+length) accessible. → how many bytes from `addr` on are. */
function* reach(task: Task, addr: bigint, length: number, write: boolean): Steps<number> {
  const end = addr + BigInt(length);
  for (let page = addr & PAGE_MASK; page < end; page += PAGE) {
    const at = page < addr ? addr : page;
    if (present(task, at, write)) continue;
    if ((yield* fixup_user_fault(task, at, write)) !== 0) return Number(at - addr);
  }
  return length;
}

/** Reads up to `length` bytes; shorter at the first byte that cannot be read. */
export function* copy_from_user(task: Task, from: bigint, length: number): Steps<Uint8Array> {
  if (!access_ok(from, BigInt(length))) return new Uint8Array(0);
  return task.mm.memory.read(from, yield* reach(task, from, length, false));
}

/** Writes `bytes`. → how many could NOT be written (0 is success). */
export function* copy_to_user(task: Task, to: bigint, bytes: Uint8Array): Steps<number> {
  if (!access_ok(to, BigInt(bytes.length))) return bytes.length;
  const length = yield* reach(task, to, bytes.length, true);
  task.mm.memory.write(to, bytes.subarray(0, length));
  return bytes.length - length;
}

export type UserWidth = 1 | 2 | 4 | 8;

/** Reads an integer; undefined is −EFAULT. */
export function* get_user(task: Task, addr: bigint, bytes: UserWidth): Steps<bigint | undefined> {
  if (!access_ok(addr, BigInt(bytes)) || (yield* reach(task, addr, bytes, false)) < bytes) return undefined;
  return task.mm.memory.readUint(addr, bytes);
}

/** Stores an integer. → 0 or −EFAULT */
export function* put_user(task: Task, addr: bigint, bytes: UserWidth, value: bigint): Steps<number> {
  if (!access_ok(addr, BigInt(bytes)) || (yield* reach(task, addr, bytes, true)) < bytes) return -EFAULT;
  task.mm.memory.writeUint(addr, bytes, value);
  return 0;
}

/**
 * Compares the integer at `ptr` with `expected` and stores `replacement` if equal. → error −EFAULT or 0, 0 also if the exchange lost;
 * `old` is what was found. Like the instruction it writes in either case, so a read-only page faults even when it loses (spec B.12.6).
 */
export function* user_atomic_cmpxchg_inatomic(
  task: Task,
  ptr: bigint,
  bytes: 4 | 8,
  expected: bigint,
  replacement: bigint,
): Steps<{ error: number; old: bigint }> {
  if (!access_ok(ptr, BigInt(bytes)) || (yield* reach(task, ptr, bytes, true)) < bytes)
    return { error: -EFAULT, old: 0n };
  const { memory } = task.mm;
  const old = memory.readUint(ptr, bytes)!;
  memory.writeUint(ptr, bytes, old === expected ? replacement : old);
  return { error: 0, old };
}

/**
 * Faults in `pages` pages from the one at `addr` on (the page references are not kept). The caller holds mmap_sem. → pages done,
 * or −EFAULT if the first cannot be had.
 */
export function get_user_pages(task: Task, addr: bigint, pages: number, write: boolean): number {
  for (let done = 0; done < pages; done++) {
    if (faultin(task, addr + BigInt(done) * PAGE, write) !== 0) return done > 0 ? done : -EFAULT;
  }
  return pages;
}

/** Reads a NUL-terminated byte string of at most `limit` bytes; undefined is −EFAULT (or no NUL). */
export function* strncpy_from_user(task: Task, addr: bigint, limit: number): Steps<Uint8Array | undefined> {
  const parts: number[] = [];
  for (let at = addr; parts.length < limit; ) {
    const chunk = yield* copy_from_user(task, at, Math.min(limit - parts.length, Number(PAGE - (at & 0xfffn))));
    if (chunk.length === 0) return undefined;
    const end = chunk.indexOf(0);
    for (const byte of end < 0 ? chunk : chunk.subarray(0, end)) parts.push(byte);
    if (end >= 0) return Uint8Array.from(parts);
    at += BigInt(chunk.length);
  }
  return undefined;
}
