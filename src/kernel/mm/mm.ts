/** The memory map of a process: its areas in address order, with the lookups the MPX code relies on (spec B.3). */
import { greater, lesser } from '../../base/address.ts';
import type { GuestMemory } from '../../machine/api.ts';
import { ENOMEM } from '../errno.ts';
import type { KernelStack, Steps } from '../steps.ts';
import { MemoryLimit } from './limit.ts';
import { PAGE, PAGE_MASK, pageAlign } from './page.ts';
import { RwSemaphore } from './rwsem.ts';
import { VM_ACCOUNT, VM_GROWSDOWN, Vma, type VmaFields } from './vma.ts';

/** "No directory": all ones, because 0 is a legal directory address (spec B.1). */
export const MPX_INVALID_BOUNDS_DIR = (1n << 64n) - 1n;

/** First address user space cannot have: 2^47 less the guard page. */
export const TASK_SIZE = 0x7ffffffff000n;
/** vm.mmap_min_addr. */
export const MMAP_MIN_ADDR = 0x10000n;
export const DEFAULT_MAX_MAP_COUNT = 65530;

/** Mappings from this size on are reservations (a bounds directory): mostly never touched, placed and kept apart. */
export const HUGE_RESERVATION = 1n << 30n;
export const RLIM_INFINITY = (1n << 64n) - 1n;

export class Mm {
  /** Tells memory maps apart, for futexes; given by the world. */
  id = 0;
  /** Base of the bounds directory the kernel manages, or MPX_INVALID_BOUNDS_DIR. */
  bd_addr = MPX_INVALID_BOUNDS_DIR;
  /** The program is a 32-bit one: its directory and tables have the small layout (spec B.1). */
  ia32 = false;
  /** First address that user space cannot have. */
  task_size = TASK_SIZE;
  /** The page of code that 32-bit programs get from the kernel; 0 if there is none. */
  vdso = 0n;
  sysctl_max_map_count = DEFAULT_MAX_MAP_COUNT;
  readonly mmap_sem = new RwSemaphore('mmap_sem');
  /** Flags every new area gets (VM_LOCKED after mlockall(MCL_FUTURE)). */
  def_flags = 0n;
  /** The same for huge reservations: below, so that a directory does not push ordinary mappings out of the fast window. */
  reservation_base = 0x7ffe00000000n;
  start_brk = 0n;
  brk = 0n;
  start_stack = 0n;
  /** RLIMIT_STACK and RLIMIT_AS in bytes. */
  rlimit_stack = 8n << 20n;
  rlimit_as = RLIM_INFINITY;
  /** Bytes of all areas. */
  total_vm = 0n;
  /** Bytes of the areas with VM_ACCOUNT: those that can or could be written and are not mere reservations. */
  committed = 0n;
  private readonly areas: Vma[] = [];
  private base = 0x7fff1f800000n;
  /** Everything from here up to mmap_base is mapped: where the search for a gap begins. */
  private packedFrom = this.base;
  private nextAnonVma = 1;

  /** `vm_mpx`: the VM_MPX bit of this kernel (vmMpxBit). */
  constructor(
    readonly memory: GuestMemory,
    readonly vm_mpx: bigint,
    readonly limit = new MemoryLimit(),
  ) {
    limit.memories.add(memory);
  }

  /**
   * What the architecture does at unmap: MPX frees or clears bounds tables. `vma` is the first area of the detached list,
   * or undefined in kernels that notify before areas are looked up (5.2+).
   */
  arch_unmap?(task: KernelStack, vma: Vma | undefined, start: bigint, end: bigint): Steps<void>;

  /** Top of the area from which mappings are handed out downwards. */
  get mmap_base(): bigint {
    return this.base;
  }

  set mmap_base(address: bigint) {
    this.base = address;
    this.packedFrom = address;
  }

  get map_count(): number {
    return this.areas.length;
  }

  /** All areas in address order. */
  get vmas(): readonly Vma[] {
    return this.areas;
  }

  /** Index of the lowest area that ends above `addr`. */
  private indexOf(addr: bigint): number {
    let low = 0;
    let high = this.areas.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.areas[middle].vm_end > addr) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The lowest area that ends above `addr`; it need not contain it. */
  find_vma(addr: bigint): Vma | undefined {
    return this.areas[this.indexOf(addr)];
  }

  /** find_vma with its predecessor: the highest area of all if there is none above. */
  find_vma_prev(addr: bigint): { vma: Vma | undefined; prev: Vma | undefined } {
    const index = this.indexOf(addr);
    return { vma: this.areas[index], prev: this.areas[index - 1] };
  }

  /** The lowest area that overlaps [start, end). */
  find_vma_intersection(start: bigint, end: bigint): Vma | undefined {
    const vma = this.find_vma(start);
    return vma && vma.vm_start < end ? vma : undefined;
  }

  /** Links an area that overlaps no other; the sums are the caller's business. */
  private link(vma: Vma): void {
    const index = this.indexOf(vma.vm_start);
    this.areas.splice(index, 0, vma);
    this.relink(index);
  }

  private unlink(first: Vma, count: number): Vma[] {
    const index = this.indexOf(first.vm_start);
    const taken = this.areas.splice(index, count);
    taken[0].vm_prev = undefined;
    taken[taken.length - 1].vm_next = undefined;
    this.relink(index);
    return taken;
  }

  /** Takes `count` areas from `first` on out of the map: a list of its own that ends in undefined. */
  detach(first: Vma, count: number): Vma[] {
    const taken = this.unlink(first, count);
    for (const vma of taken) this.account(vma.vm_flags, -(vma.vm_end - vma.vm_start));
    this.packedFrom = greater(this.packedFrom, lesser(taken[taken.length - 1].vm_end, this.base));
    return taken;
  }

  /** Cuts `vma` in two at `addr`; the lower part keeps the object. → the upper part */
  split_vma(vma: Vma, addr: bigint): Vma {
    const upper = vma.slice(addr, vma.vm_end);
    vma.vm_end = addr;
    this.link(upper);
    return upper;
  }

  /** Links a new area, merged with its neighbours where they continue each other. → the area that now covers it */
  insert(vma: Vma): Vma {
    this.account(vma.vm_flags, vma.vm_end - vma.vm_start);
    return this.place(vma);
  }

  /** Merges an area that is linked already with its neighbours, after its flags changed. */
  mergeAround(vma: Vma): void {
    this.unlink(vma, 1);
    this.place(vma);
  }

  private place(vma: Vma): Vma {
    const { vma: above, prev } = this.find_vma_prev(vma.vm_start);
    const next = above && above.vm_start === vma.vm_end && continues(vma, above) ? above : undefined;
    if (prev && continues(prev, vma)) {
      prev.vm_end = vma.vm_end;
      prev.anon_vma ??= vma.anon_vma;
      if (next && continues(prev, next)) {
        this.unlink(next, 1);
        prev.vm_end = next.vm_end;
        prev.anon_vma ??= next.anon_vma;
      }
      return prev;
    }
    if (next) {
      next.vm_start = vma.vm_start;
      next.vm_pgoff = vma.vm_pgoff;
      next.anon_vma ??= vma.anon_vma;
      return next;
    }
    this.link(vma);
    return vma;
  }

  /**
   * Whether an area of these flags counts against the memory there is: charged, and no bounds table (4 MiB each, of which a
   * program touches little).
   */
  private isCharged(flags: bigint): boolean {
    return (flags & VM_ACCOUNT) !== 0n && (flags & this.vm_mpx) === 0n;
  }

  /** Adds `bytes` (or takes them away) of an area with `flags` to the sums. */
  account(flags: bigint, bytes: bigint): void {
    this.total_vm += bytes;
    if (this.isCharged(flags)) this.committed += bytes;
  }

  /** Changes an area's flags; content and merging are the caller's business. */
  setFlags(vma: Vma, flags: bigint): void {
    const size = vma.vm_end - vma.vm_start;
    this.account(vma.vm_flags, -size);
    vma.vm_flags = flags;
    this.account(flags, size);
  }

  /** Lets `vma` end at `end` if nothing is in the way. */
  growInPlace(vma: Vma, end: bigint): boolean {
    if (end > this.task_size || (vma.vm_next && vma.vm_next.vm_start < end)) return false;
    this.account(vma.vm_flags, end - vma.vm_end);
    vma.vm_end = end;
    return true;
  }

  /** Gives the area an identity for its anonymous pages; a neighbour's if they could be one area (Linux: find_mergeable_anon_vma). */
  anon_vma_prepare(vma: Vma): void {
    if (vma.anon_vma !== undefined) return;
    const similar = (low: Vma | undefined, high: Vma | undefined) =>
      low && high && low.vm_end === high.vm_start && low.file === high.file && samePages(low, high);
    const own = (other: Vma | undefined) => !other?.inherited;
    if (own(vma.vm_next) && similar(vma, vma.vm_next)) vma.anon_vma = vma.vm_next?.anon_vma;
    if (vma.anon_vma === undefined && own(vma.vm_prev) && similar(vma.vm_prev, vma))
      vma.anon_vma = vma.vm_prev?.anon_vma;
    vma.anon_vma ??= this.newAnonVma();
  }

  newAnonVma(): number {
    return this.nextAnonVma++;
  }

  /** Whether `length` more bytes fit the limits of the address space. */
  may_expand(length: bigint): boolean {
    return this.total_vm + length <= this.rlimit_as;
  }

  /** Whether `length` more writable bytes fit the memory the host grants. */
  may_commit(length: bigint): boolean {
    return this.committed + length <= BigInt(this.limit.max_pages) * PAGE;
  }

  /** Whether the kernel manages bounds tables for this map. */
  get managesBounds(): boolean {
    return this.bd_addr !== MPX_INVALID_BOUNDS_DIR;
  }

  /** find_vma, growing the stack down to `addr` if it ends above it. undefined if nothing contains `addr` after that. */
  find_extend_vma(addr: bigint): Vma | undefined {
    const vma = this.find_vma(addr);
    if (!vma || vma.vm_start <= addr) return vma;
    return this.expand_stack(vma, addr) ? vma : undefined;
  }

  /** Grows a stack area down to the page of `addr`, within RLIMIT_STACK. False if it may not. */
  expand_stack(vma: Vma, addr: bigint): boolean {
    const page = addr & PAGE_MASK;
    if (!(vma.vm_flags & VM_GROWSDOWN) || page < MMAP_MIN_ADDR) return false;
    if (vma.vm_end - page > this.rlimit_stack || !this.may_expand(vma.vm_start - page)) return false;
    this.account(vma.vm_flags, vma.vm_start - page);
    vma.vm_pgoff -= (vma.vm_start - page) / PAGE;
    vma.vm_start = page;
    return true;
  }

  private relink(index: number): void {
    for (let i = Math.max(index - 1, 0); i <= index + 1 && i < this.areas.length; i++) {
      this.areas[i].vm_prev = this.areas[i - 1];
      this.areas[i].vm_next = this.areas[i + 1];
    }
  }

  /** Replaces the whole map by areas taken verbatim: neither merged nor checked (prepared states of tests). */
  install(vmas: readonly VmaFields[]): void {
    this.areas.length = 0;
    this.packedFrom = this.base;
    this.total_vm = 0n;
    this.committed = 0n;
    for (const fields of vmas) {
      this.areas.push(new Vma(fields));
      this.account(fields.vm_flags, fields.vm_end - fields.vm_start);
    }
    this.areas.sort((a, b) => (a.vm_start < b.vm_start ? -1 : 1));
    for (let i = 0; i < this.areas.length; i++) this.relink(i);
  }

  /**
   * Where a mapping of `len` bytes goes: at `hint` if that is free, else the highest gap below mmap_base, else the lowest gap
   * above mmap_base. → page-aligned address, or −ENOMEM.
   */
  get_unmapped_area(len: bigint, hint = 0n): bigint {
    const length = pageAlign(len);
    if (length === 0n || length > this.task_size) return BigInt(-ENOMEM);
    if (hint !== 0n) {
      const address = pageAlign(hint);
      if (
        address >= MMAP_MIN_ADDR &&
        address <= this.task_size - length &&
        !this.find_vma_intersection(address, address + length)
      )
        return address;
    }
    const ordinary = length < HUGE_RESERVATION;
    let top = ordinary ? this.packedFrom : this.reservation_base;
    let index = this.indexOf(top - 1n);
    if (index === this.areas.length || this.areas[index].vm_start >= top) index--;
    for (; index >= 0; index--) {
      const vma = this.areas[index];
      if (vma.vm_end <= top - length) return top - length;
      if (ordinary && top === this.packedFrom && vma.vm_end >= top) this.packedFrom = vma.vm_start;
      top = vma.vm_start;
    }
    if (top - length >= MMAP_MIN_ADDR) return top - length;
    return this.bottomUp(this.mmap_base, length);
  }

  private bottomUp(from: bigint, length: bigint): bigint {
    let at = from;
    for (let vma = this.find_vma(at); vma && vma.vm_start < at + length; vma = vma.vm_next) at = vma.vm_end;
    return at + length <= this.task_size ? at : BigInt(-ENOMEM);
  }
}

/** Whether page offsets run on from `low` to `high`, which touch. */
const samePages = (low: Vma, high: Vma): boolean =>
  low.vm_flags === high.vm_flags && low.vm_pgoff + (low.vm_end - low.vm_start) / PAGE === high.vm_pgoff;

/** Whether `high` may become part of `low`. The operations object does not matter: it has no close hook (spec B.4, mpx_mmap). */
const continues = (low: Vma, high: Vma): boolean =>
  low.vm_end === high.vm_start &&
  low.file === high.file &&
  low.shared === high.shared &&
  low.name === high.name &&
  samePages(low, high) &&
  (low.anon_vma === high.anon_vma || [low, high].every((area) => area.anon_vma === undefined || !area.inherited)) &&
  (low.anon_vma === undefined || high.anon_vma === undefined || low.anon_vma === high.anon_vma);
