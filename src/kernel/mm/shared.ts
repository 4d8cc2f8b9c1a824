/**
 * Anonymous memory that several processes map. Each process has a machine of its own, so a page is present in one of them at a time: it
 * moves to whoever touches it. Only one process runs at a time, so nobody can tell.
 */
import type { GuestMemory } from '../../machine/api.ts';
import { PAGE } from './page.ts';

/** What is asked of an area. */
interface Area {
  readonly vm_start: bigint;
  readonly vm_end: bigint;
  readonly vm_pgoff: bigint;
  readonly shared: SharedMemory | undefined;
}

/** What is asked of a memory map. */
interface Holder {
  readonly vmas: readonly Area[];
  readonly memory: GuestMemory;
}

export class SharedMemory {
  /** Contents of pages that are present nowhere, by page offset. */
  private readonly pages = new Map<bigint, Uint8Array>();
  /** The memory map in which a page is present. */
  private readonly holders = new Map<bigint, Holder>();

  constructor(readonly id: number) {}

  /** The content of the page at `offset` (in pages) for `mm`, taken away from wherever it is. undefined: never touched. */
  take(mm: Holder, offset: bigint): Uint8Array | undefined {
    const holder = this.holders.get(offset);
    if (holder && holder !== mm) this.save(holder, offset, offset + 1n);
    this.holders.set(offset, mm);
    const content = this.pages.get(offset);
    this.pages.delete(offset);
    return content;
  }

  /** What the page at `offset` holds, left where it is. */
  peek(offset: bigint): Uint8Array | undefined {
    const at = this.presentAt(this.holders.get(offset), offset);
    return at ? at.mm.memory.read(at.page, Number(PAGE)) : this.pages.get(offset);
  }

  /** Takes the pages [from, to) out of `mm`, keeping their contents. */
  save(mm: Holder, from: bigint, to: bigint): void {
    for (let offset = from; offset < to; offset++) {
      if (this.holders.get(offset) !== mm) continue;
      const at = this.presentAt(mm, offset);
      if (at) {
        this.pages.set(offset, mm.memory.read(at.page, Number(PAGE)));
        mm.memory.discard(at.page, at.page + PAGE);
      }
      this.holders.delete(offset);
    }
  }

  private presentAt(mm: Holder | undefined, offset: bigint): { mm: Holder; page: bigint } | undefined {
    for (const vma of mm?.vmas ?? []) {
      if (vma.shared !== this || offset < vma.vm_pgoff) continue;
      const page = vma.vm_start + (offset - vma.vm_pgoff) * PAGE;
      if (page < vma.vm_end && mm?.memory.protection(page) !== undefined) return { mm, page };
    }
    return undefined;
  }
}

/** Offset in pages of the page at `address` into what `vma` maps. */
export const pageOffset = (vma: Area, address: bigint): bigint => vma.vm_pgoff + (address - vma.vm_start) / PAGE;
