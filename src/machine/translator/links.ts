/**
 * What the trampoline reads in linear memory: a record for each entry of a region and for each site at which one is left, and the cache of indirect
 * targets. A site whose target is translated names that entry's record, so that control goes from region to region without the driver.
 */
import { Shared } from '../../isa/emit/state.ts';
import { LINKS_END, LINKS_START } from '../layout.ts';
import type { LinearMemory } from '../memory/linear.ts';

/** Fields of an entry's record. */
export const EntryField = {
  /** i32: slot of the region's function in the trampoline's table. */
  SLOT: 0,
  /** i32: the function's first argument. */
  BLOCK: 4,
  /** i32: instructions the budget must allow. */
  NEED: 8,
  /** i32: flag code that the state must hold; −1 for any. */
  FLAGS: 12,
} as const;

/** Fields of a site's record. */
export const SiteField = {
  /** i32: record of the entry that control goes to; 0 for none, which is the driver; INDIRECT: see the cache. */
  NEXT: 0,
  /** i32: flag code to be put into the state; −1 if it is there. */
  FLAGS: 4,
  /** i32: of a branch, how often it may be passed before the driver wants to know; −1 for sites that are not one. */
  PASSES: 8,
} as const;

/** Fields of a line of the cache of indirect targets. */
export const LineField = { ADDRESS: 0, ENTRY: 8 } as const;

/** SiteField.NEXT of an indirect branch. */
export const INDIRECT = -1;

const RECORD_BYTES = 16;
const LINE_BYTES = 16;

export class Links {
  private next = LINKS_START;
  private free: number[] = [];
  /** By entry record: the sites that lead there. */
  private readonly incoming = new Map<number, Set<number>>();
  /** By site: the entry record it leads to. */
  private readonly outgoing = new Map<number, number>();

  constructor(private readonly linear: LinearMemory) {
    this.forgetTargets();
  }

  /** Whether there is no room for the records of one more region. */
  get isFull(): boolean {
    return this.free.length === 0 && this.next + 0x10_0000 > LINKS_END;
  }

  private take(): number {
    const recycled = this.free.pop();
    if (recycled !== undefined) return recycled;
    this.next += RECORD_BYTES;
    return this.next - RECORD_BYTES;
  }

  /** A record for a site; its address is the site's number. */
  addSite(flags: number, next: 0 | typeof INDIRECT, passes: number): number {
    const site = this.take();
    const { view } = this.linear;
    view.setInt32(site + SiteField.NEXT, next, true);
    view.setInt32(site + SiteField.FLAGS, flags, true);
    view.setInt32(site + SiteField.PASSES, passes, true);
    return site;
  }

  /** A record for an entry. */
  addEntry(slot: number, block: number, need: number, flags: number): number {
    const entry = this.take();
    const { view } = this.linear;
    view.setInt32(entry + EntryField.SLOT, slot, true);
    view.setInt32(entry + EntryField.BLOCK, block, true);
    view.setInt32(entry + EntryField.NEED, need, true);
    view.setInt32(entry + EntryField.FLAGS, flags, true);
    return entry;
  }

  /** From now on `site` leads to `entry`. */
  link(site: number, entry: number): void {
    this.linear.view.setInt32(site + SiteField.NEXT, entry, true);
    this.outgoing.set(site, entry);
    const sites = this.incoming.get(entry);
    if (sites) sites.add(site);
    else this.incoming.set(entry, new Set([site]));
  }

  /** → the passes that were left */
  exchangePasses(site: number, passes: number): number {
    const { view } = this.linear;
    const left = view.getInt32(site + SiteField.PASSES, true);
    view.setInt32(site + SiteField.PASSES, passes, true);
    return left;
  }

  /** Indirect branches to `address` lead to `entry`. */
  predict(address: number, entry: number): void {
    const line = lineOf(address);
    this.linear.view.setBigUint64(line + LineField.ADDRESS, BigInt(address), true);
    this.linear.view.setInt32(line + LineField.ENTRY, entry, true);
  }

  removeSite(site: number): void {
    const entry = this.outgoing.get(site);
    if (entry !== undefined) this.incoming.get(entry)?.delete(site);
    this.outgoing.delete(site);
    this.free.push(site);
  }

  removeEntry(address: number, entry: number): void {
    for (const site of this.incoming.get(entry) ?? []) {
      this.linear.view.setInt32(site + SiteField.NEXT, 0, true);
      this.outgoing.delete(site);
    }
    this.incoming.delete(entry);
    const line = lineOf(address);
    if (this.linear.view.getInt32(line + LineField.ENTRY, true) === entry)
      this.linear.view.setBigUint64(line + LineField.ADDRESS, NOWHERE, true);
    this.free.push(entry);
  }

  /** Forgets where indirect branches go: the mode has changed. */
  forgetTargets(): void {
    const start = Shared.REGION_CACHE;
    this.linear.u8.fill(0xff, start, start + Shared.REGION_CACHE_ENTRIES * LINE_BYTES);
  }

  clear(): void {
    this.next = LINKS_START;
    this.free = [];
    this.incoming.clear();
    this.outgoing.clear();
    this.forgetTargets();
  }
}

const NOWHERE = 0xffff_ffff_ffff_ffffn;

function lineOf(address: number): number {
  return Shared.REGION_CACHE + (address % Shared.REGION_CACHE_ENTRIES) * LINE_BYTES;
}
