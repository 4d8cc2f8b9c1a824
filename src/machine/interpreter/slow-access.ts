/** Memory accesses that page tags refuse: exact checks, frames outside the direct area, accesses across pages. */
import { Shared } from '../../isa/emit/state.ts';
import { PAGE_SIZE, PF_PRESENT, PF_USER, PF_WRITE, PROT_WRITE, Vector } from '../api.ts';
import { GuestFault } from '../host/context.ts';
import { KERNEL_START, USER_END } from '../layout.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import type { LinearMemory } from '../memory/linear.ts';
import type { Page } from '../memory/page.ts';

const OFFSET_MASK = 0xfffn;

/** A copy of bytes that span two pages, to be put back if the instruction stores to it. */
interface Bounce {
  at: number;
  parts: readonly { frame: number; at: number; count: number }[];
  write: boolean;
}

export class SlowAccess {
  private readonly bounces: Bounce[] = [];
  /** Why the last translation failed. */
  fault: GuestFault | undefined;
  /** Width of linear addresses: 64, or 32 while 32-bit code runs; what lies beyond wraps. */
  addressBits: 64 | 32 = 64;

  constructor(
    private readonly linear: LinearMemory,
    private readonly memory: PagedMemory,
  ) {}

  /** Before an instruction. */
  begin(): void {
    this.bounces.length = 0;
    this.fault = undefined;
  }

  /** Linear address of `size` bytes at `address`, or 0 with `fault` set. For generated code. */
  readonly translate = (address: bigint, size: number, write: number): number => {
    try {
      return this.place(BigInt.asUintN(this.addressBits, address), size, write !== 0);
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      this.fault = error;
      return 0;
    }
  };

  private place(address: bigint, size: number, write: boolean): number {
    const offset = Number(address & OFFSET_MASK);
    const first = this.check(address, size, write);
    if (offset + size <= PAGE_SIZE) {
      if (first.watched) this.memory.watchpoints.note(address, size, write);
      if (write) this.memory.beforeWrite(first, offset, size);
      return first.frame + offset;
    }
    const second = this.pageFor(address + BigInt(PAGE_SIZE - offset), write);
    const count = PAGE_SIZE - offset;
    if (first.watched | second.watched) this.memory.watchpoints.note(address, size, write);
    if (write) {
      this.memory.beforeWrite(first, offset, count);
      this.memory.beforeWrite(second, 0, size - count);
    }
    const at = this.bounceBuffer();
    const parts = [
      { frame: first.frame + offset, at, count },
      { frame: second.frame, at: at + count, count: size - count },
    ];
    for (const part of parts) this.linear.u8.copyWithin(part.at, part.frame, part.frame + part.count);
    this.bounces.push({ at, parts, write });
    return at;
  }

  private bounceBuffer(): number {
    if (this.bounces.length >= Shared.BOUNCE_COUNT) throw new Error('too many accesses in one instruction');
    return Shared.BOUNCE + this.bounces.length * Shared.BOUNCE_SIZE;
  }

  /** After an instruction that is done: stores across pages take effect. */
  commit(): void {
    for (const { parts, write } of this.bounces) {
      if (!write) continue;
      for (const part of parts) this.linear.u8.copyWithin(part.frame, part.at, part.at + part.count);
    }
  }

  // ---- for host functions as well

  /** The page of the first byte; throws the fault of the first byte that cannot be accessed. */
  check(address: bigint, size: number, write: boolean): Page {
    requireCanonical(address, size);
    return this.pageFor(address, write);
  }

  /** The page that holds `address`, accessible; otherwise throws #PF with the error code of a user access. */
  pageFor(address: bigint, write: boolean): Page {
    const page = this.memory.page(Number(BigInt.asUintN(64, address) >> 12n));
    const access = PF_USER | (write ? PF_WRITE : 0);
    if (!page) throw new GuestFault(Vector.PF, access, BigInt.asUintN(64, address));
    const allowed = write ? (page.prot & PROT_WRITE) !== 0 : page.prot !== 0;
    if (!allowed) throw new GuestFault(Vector.PF, access | PF_PRESENT, BigInt.asUintN(64, address));
    return page;
  }

  /** Copies out after checking. */
  load(at: bigint, length: number): Uint8Array {
    const address = BigInt.asUintN(this.addressBits, at);
    const watched = this.probe(address, length, false).some((page) => page.watched);
    if (watched) this.memory.watchpoints.note(address, length, false);
    return this.memory.read(address, length);
  }

  store(at: bigint, bytes: Uint8Array): void {
    const address = BigInt.asUintN(this.addressBits, at);
    this.probe(address, bytes.length, true);
    this.memory.write(address, bytes);
  }

  /** The pages of the range; throws unless all of it can be accessed. */
  probe(at: bigint, length: number, write: boolean): Page[] {
    const pages: Page[] = [];
    if (length === 0) return pages;
    const address = BigInt.asUintN(this.addressBits, at);
    requireCanonical(address, length);
    const end = address + BigInt(length);
    for (let next = address; next < end; next = (next | OFFSET_MASK) + 1n) pages.push(this.pageFor(next, write));
    return pages;
  }
}

/** #GP(0) unless every byte is in a canonical half of the address space. */
function requireCanonical(address: bigint, size: number): void {
  const last = address + BigInt(size - 1);
  const lower = last < USER_END;
  const upper = address >= KERNEL_START && last < 1n << 64n;
  if (!lower && !upper) throw new GuestFault(Vector.GP);
}
