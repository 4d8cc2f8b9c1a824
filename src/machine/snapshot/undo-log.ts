/**
 * What it takes to return to earlier states of memory: for each snapshot the pages that have changed since, as they were when it was
 * taken. A page is saved before its first change after a snapshot; what is not changed costs nothing.
 */
import type { Page } from '../memory/page.ts';

/** A page as it was when a snapshot was taken. */
export interface SavedPage {
  prot: number;
  /** It was outside the directly addressed memory. */
  pool: boolean;
  /** undefined: its bytes have not changed since. */
  bytes: Uint8Array | undefined;
}

/** Changed pages by number since one snapshot, up to the next; undefined: the page was absent. */
export type Changes = Map<number, SavedPage | undefined>;

/** Host memory that one entry takes besides the bytes of the page. */
const ENTRY_BYTES = 100;

export class UndoLog {
  private readonly log: Changes[] = [];
  /** Between `rewind` and `resume` nothing is saved. */
  private rewinding = false;
  /** Counts snapshots and returns: bytes of pages whose `savedIn` differs are saved before they change. */
  generation = 0;

  /** The changes since the last snapshot, which are being noted; undefined if there is none. */
  private get current(): Changes | undefined {
    return this.rewinding ? undefined : this.log.at(-1);
  }

  /** From now on changes count as made after a new snapshot. Gives the changes before it. */
  begin(): { changes: Changes; before: Changes | undefined } {
    const before = this.current;
    const changes: Changes = new Map();
    this.log.push(changes);
    this.generation++;
    return { changes, before };
  }

  /**
   * The page with this number is about to change: to come (`page` undefined), to get another protection, or (`copy` given) other bytes.
   * `copy` gives the bytes it has.
   */
  save(number: number, page: Page | undefined, copy?: (page: Page) => Uint8Array): void {
    const { current } = this;
    if (!current) return;
    const unsaved = page && page.savedIn !== this.generation;
    if (!current.has(number)) {
      const bytes = unsaved ? copy?.(page) : undefined;
      current.set(number, page && { prot: page.prot, pool: !page.direct, bytes });
      return;
    }
    const saved = current.get(number);
    if (saved && unsaved && copy) saved.bytes ??= copy(page);
  }

  /** The state when `changes` began, as far as it differs from now. Nothing is noted of what the caller does to bring it back, until `resume`. */
  rewind(changes: Changes): Changes {
    const index = this.log.indexOf(changes);
    if (index < 0) throw new Error('the snapshot is void');
    this.rewinding = true;
    const all: Changes = new Map();
    for (const later of this.log.splice(index)) merge(all, later);
    return all;
  }

  /** Goes on after the caller has brought back the state in which `changes` begin. */
  resume(changes: Changes): void {
    changes.clear();
    this.log.push(changes);
    this.generation++;
    this.rewinding = false;
  }

  /** Gives up the snapshot in which `changes` begin: they count as made after the one before. */
  forget(changes: Changes): void {
    const index = this.log.indexOf(changes);
    if (index < 0) return;
    this.log.splice(index, 1);
    if (index > 0) merge(this.log[index - 1], changes);
  }
}

/** Adds what changed `later` to what changed before: the older state counts. */
function merge(into: Changes, later: Changes): void {
  for (const [number, saved] of later) {
    if (!into.has(number)) into.set(number, saved && { ...saved });
    else {
      const older = into.get(number);
      if (older) older.bytes ??= saved?.bytes;
    }
  }
}

/** Host memory that saved pages take, in bytes. */
export function sizeOf(changes: Changes): number {
  let bytes = 0;
  for (const saved of changes.values()) bytes += ENTRY_BYTES + (saved?.bytes?.length ?? 0);
  return bytes;
}
