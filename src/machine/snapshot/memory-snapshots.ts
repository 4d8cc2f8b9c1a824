/** Snapshots of the pages of one address space. Taking one costs by the pages changed since the last, returning to one by those changed since it. */
import { PAGE_SIZE } from '../api.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import { linesOf, type Page } from '../memory/page.ts';
import type { Changes, SavedPage } from './undo-log.ts';

export class MemorySnapshots {
  constructor(private readonly memory: PagedMemory) {}

  /** The state now. Earlier ones stay valid. */
  take(): Changes {
    const { changes, before } = this.memory.undo.begin();
    this.guard(before ? before.keys() : this.memory.pageNumbers());
    return changes;
  }

  /** Brings back the state in which `changes` begin; later snapshots are void. */
  restore(changes: Changes): void {
    const { memory } = this;
    const saved = memory.undo.rewind(changes);
    // What has come since goes first: its place may be needed.
    for (const [number, was] of saved) {
      const page = memory.page(number);
      if (page && (!was || (was.bytes && was.pool === page.direct))) memory.remove(page);
    }
    for (const [number, was] of saved) if (was) this.putBack(number, was);
    memory.undo.resume(changes);
    this.guard(saved.keys());
  }

  private putBack(number: number, was: SavedPage): void {
    const { memory } = this;
    const page = memory.page(number);
    if (!page) {
      if (!was.bytes || !memory.add(number, was.prot, was.pool, was.bytes))
        throw new Error('no memory to go back to a snapshot');
      return;
    }
    if (was.bytes) this.rewrite(page, was.bytes);
    if (page.prot !== was.prot) memory.reprotect(page, was.prot);
  }

  /** Decoded instructions stay where the bytes they were made from are the same. */
  private rewrite(page: Page, bytes: Uint8Array): void {
    const { memory } = this;
    if (page.codeLines !== 0n) {
      const now = memory.view(page, 0, PAGE_SIZE);
      const differs = bytes.some((byte, i) => byte !== now[i] && page.codeLines & linesOf(i, 1));
      if (differs) memory.disturb(page);
    }
    memory.view(page, 0, PAGE_SIZE).set(bytes);
  }

  /** Makes writes to these pages be seen, wherever generated code may know them from. */
  private guard(numbers: Iterable<number>): void {
    const { memory } = this;
    memory.dropBoundsSlots();
    for (const number of numbers) {
      const page = memory.page(number);
      if (page) memory.retag(page);
    }
  }
}
