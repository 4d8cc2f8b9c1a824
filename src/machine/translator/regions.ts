/** The regions there are: where they may be entered, which guest pages they come from, and how control goes from one to another. */
import { MAX_INSN_LENGTH } from '../../isa/decode/decoder.ts';
import { Shared } from '../../isa/emit/state.ts';
import { PAGE_SIZE } from '../api.ts';
import type { BlockCache } from '../interpreter/blocks.ts';
import { MODES, type Mode } from '../interpreter/mode.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import type { LinearMemory } from '../memory/linear.ts';
import { type CompiledRegion, compileRegion } from './compile.ts';
import type { Flow, FlowBlock } from './flow.ts';
import { INDIRECT, Links } from './links.ts';
import type { Site } from './region-emit.ts';
import { newTrampoline, type Trampoline } from './trampoline.ts';

export interface Region {
  readonly mode: Mode;
  readonly rip: number;
  readonly pages: ReadonlySet<number>;
  readonly slot: number;
  readonly sites: readonly number[];
  /** Addresses at which it may be entered. */
  readonly entries: ReadonlyMap<number, Entry>;
  /** How often it was left by a branch, or could not be entered because of the flags, weighed by what that costs. */
  surprises: number;
}

export interface Entry {
  region: Region | undefined;
  /** Its number for the trampoline. */
  readonly record: number;
  /** Instructions the budget must allow. */
  readonly need: number;
  /** Flag code that the state must hold; −1 for any. */
  readonly flags: number;
}

/** Where translated code was left. */
export interface Leaving {
  readonly site: Site;
  readonly number: number;
  readonly region: Region;
}

/** Regions at most; then those that have not run for the longest go. */
const MAX_REGIONS = Shared.REGIONS_USED_SIZE;
const EVICTED = MAX_REGIONS / 8;

export class Regions {
  private readonly entries: Map<number, Entry>[] = Array.from({ length: MODES }, () => new Map());
  private readonly byPage = new Map<number, Set<Region>>();
  private readonly links: Links;
  private readonly trampoline: Trampoline;
  /** In the order in which they were made, or were last seen to have run. */
  private readonly all = new Set<Region>();
  private readonly freeSlots: number[] = [];
  private nextSlot = 0;
  private leavings = new Map<number, Leaving>();
  private targetsMode: Mode = 0;

  constructor(
    private readonly linear: LinearMemory,
    private readonly memory: PagedMemory,
    private readonly cache: BlockCache,
    private readonly helpers: WebAssembly.ModuleImports,
  ) {
    this.links = new Links(linear);
    this.trampoline = newTrampoline(linear);
  }

  get count(): number {
    return this.all.size;
  }

  has(region: Region): boolean {
    return this.all.has(region);
  }

  find(rip: number, mode: Mode): Entry | undefined {
    return this.entries[mode].get(rip);
  }

  /** Runs translated code from `entry`. The budget left is in Shared.BUDGET. */
  run({ record }: Entry, mode: Mode, budget: number): Leaving {
    if (mode !== this.targetsMode) {
      this.targetsMode = mode;
      this.links.forgetTargets();
    }
    const leaving = this.leavings.get(this.trampoline.run(record, budget));
    if (!leaving) throw new Error('translated code was left at a site that does not exist');
    return leaving;
  }

  /** Control goes from a site to `entry` at `rip` from now on, if it goes to `rip`. */
  connect({ site, number }: Leaving, rip: number, entry: Entry): void {
    if (site.kind === 'jump') this.links.link(number, entry.record);
    else this.links.predict(rip, entry.record);
  }

  /** How often a branch that may pass `allowed` times has passed since this was last asked; the driver wants to hear of it again after `next` times. */
  passed({ number }: Leaving, allowed: number, next: number): number {
    return allowed - this.links.exchangePasses(number, next);
  }

  // ---- making

  /** Makes a region of `flow`. `passes`: after how many times the driver wants to hear of a branch that leaves it. */
  make(flow: Flow, rip: number, mode: Mode, unsettled: ReadonlySet<number>, passes: number): void {
    if (this.all.size >= MAX_REGIONS || this.links.isFull) this.evict();
    const sites = new Map<number, Site>();
    const compiled = compileRegion(flow, unsettled, (site) => {
      const goesOn = site.kind === 'indirect' || site.kind === 'jump';
      const number = this.links.addSite(site.flags, site.kind === 'indirect' ? INDIRECT : 0, goesOn ? passes : -1);
      sites.set(number, site);
      return number;
    });
    const slot = this.freeSlots.pop() ?? this.nextSlot++;
    const entries = this.entriesOf(compiled, slot);
    const region: Region = { mode, rip, pages: flow.pages, slot, sites: [...sites.keys()], entries, surprises: 0 };
    for (const [number, site] of sites) this.leavings.set(number, { site, number, region });
    this.all.add(region);
    this.putIntoTable(slot, compiled.bytes);
    this.register(region, flow);
  }

  private entriesOf(compiled: CompiledRegion, slot: number): Map<number, Entry> {
    const entries = new Map<number, Entry>();
    for (const [address, { index, need, flags }] of compiled.entries)
      entries.set(address, { region: undefined, record: this.links.addEntry(slot, index, need, flags), need, flags });
    return entries;
  }

  private putIntoTable(slot: number, bytes: Uint8Array): void {
    const module = new WebAssembly.Module(bytes as BufferSource);
    const host = { ...this.helpers, memory: this.linear.memory };
    const { run } = new WebAssembly.Instance(module, { host }).exports;
    const { table } = this.trampoline;
    if (slot >= table.length) table.grow(table.length);
    table.set(slot, run);
  }

  private register(region: Region, flow: Flow): void {
    const { mode, rip } = region;
    for (const number of region.pages) {
      const regions = this.byPage.get(number);
      if (regions) regions.add(region);
      else this.byPage.set(number, new Set([region]));
    }
    for (const block of flow.blocks) this.markCode(block);
    const fresh: number[] = [];
    for (const [address, entry] of region.entries) {
      entry.region = region;
      // The region made for an address is the better one there.
      if (address !== rip && this.entries[mode].has(address)) continue;
      this.entries[mode].set(address, entry);
      if (!this.cache.entries.has(address)) fresh.push(address);
      this.cache.entries.add(address);
    }
    // Blocks of the interpreter end there from now on.
    this.cache.dropContaining(fresh);
  }

  /** Notes the bytes a block was made from; what an instruction is may depend on as many bytes as one can have. */
  private markCode({ rip, end }: FlowBlock): void {
    const last = end + MAX_INSN_LENGTH;
    for (let number = Math.floor(rip / PAGE_SIZE); number * PAGE_SIZE < last; number++) {
      const page = this.memory.page(number);
      const from = Math.max(rip - number * PAGE_SIZE, 0);
      if (page) this.memory.markCode(page, from, Math.min(last - number * PAGE_SIZE, PAGE_SIZE) - from);
    }
  }

  // ---- dropping

  drop(region: Region): void {
    for (const number of region.pages) this.byPage.get(number)?.delete(region);
    const { mode, slot } = region;
    const gone: number[] = [];
    for (const [address, entry] of region.entries) {
      this.links.removeEntry(address, entry.record);
      if (this.entries[mode].get(address) !== entry) continue;
      this.entries[mode].delete(address);
      if (this.entries.some((entries) => entries.has(address))) continue;
      this.cache.entries.delete(address);
      gone.push(address);
    }
    for (const number of region.sites) {
      this.links.removeSite(number);
      this.leavings.delete(number);
    }
    this.trampoline.table.set(slot, null);
    this.freeSlots.push(slot);
    this.all.delete(region);
    this.cache.dropContaining(gone);
  }

  on(page: number): readonly Region[] {
    return [...(this.byPage.get(page) ?? [])];
  }

  /** Drops regions that have not run since the last time, the oldest first. */
  private evict(): void {
    const { u8 } = this.linear;
    let left = EVICTED;
    for (const region of [...this.all]) {
      if (left === 0) break;
      const used = Shared.REGIONS_USED + region.slot;
      if (u8[used] && left < this.all.size) {
        u8[used] = 0;
        this.all.delete(region);
        this.all.add(region);
      } else {
        this.drop(region);
        left--;
      }
    }
    for (const region of [...this.all].slice(0, left)) this.drop(region);
  }

  clear(): void {
    for (const { slot } of this.all) this.trampoline.table.set(slot, null);
    for (const entries of this.entries) entries.clear();
    this.all.clear();
    this.byPage.clear();
    this.leavings.clear();
    this.freeSlots.length = 0;
    this.nextSlot = 0;
    this.links.clear();
    const gone = [...this.cache.entries];
    this.cache.entries.clear();
    this.cache.dropContaining(gone);
  }
}
