/**
 * Regions of guest code as WebAssembly: which there are, when one is made, and when it is dropped. What is hot is found by sampling: the
 * interpreter runs in quanta, and where a quantum ends twice is worth translating.
 */
import { MAX_INSN_LENGTH } from '../../isa/decode/decoder.ts';
import { PAGE_SIZE } from '../api.ts';
import type { BlockCache } from '../interpreter/blocks.ts';
import type { CodeFetcher } from '../interpreter/fetch.ts';
import { isCode32, isObserving, MODES, type Mode } from '../interpreter/mode.ts';
import type { Resolver } from '../interpreter/resolve.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import type { LinearMemory } from '../memory/linear.ts';
import type { Page } from '../memory/page.ts';
import { compileRegion } from './compile.ts';
import { discover, type Flow, type FlowBlock, type FlowSource } from './flow.ts';
import type { Site } from './region-emit.ts';

export interface Region {
  readonly mode: Mode;
  readonly rip: number;
  readonly pages: ReadonlySet<number>;
  readonly sites: readonly Site[];
  /** Runs from a block with a budget; gives the site it was left at. The budget left is in Shared.BUDGET. */
  run(block: number, budget: number): number;
  /** Addresses at which it may be entered. */
  readonly entryPoints: readonly number[];
  /** How often it was left by an indirect branch, or could not be entered because of the flags. */
  surprises: number;
}

export interface Entry {
  readonly region: Region;
  readonly index: number;
  /** Instructions the budget must allow. */
  readonly need: number;
  /** Flag code that the state must hold; −1 for any. */
  readonly flags: number;
}

/** Instructions the interpreter runs between samples. */
const QUANTUM = 10_000;
const SAMPLES = 2;
/** The same where everything is to be translated soon. */
const EAGER_QUANTUM = 40;
const EAGER_SAMPLES = 1;
const MAX_REGIONS = 1000;
/** Most instructions of a region: the first ones are the hot loops of the program; where many follow, the same functions are in many of them. */
const LARGE = 600;
const SMALL = 150;
const FEW_REGIONS = 24;
const MAX_SAMPLED = 4096;
/** Regions were left this often for an address that is not translated: it is as hot as one that was sampled. */
const MISSES = 1000;
const EAGER_MISSES = 1;
/** A region is made anew after this many surprises, with what they taught … */
const SURPRISES = 1000;
const EAGER_SURPRISES = 64;
/** … each time after so many times more of them, so that what it costs stays small beside what it saves; and a branch is known for a few targets only. */
const PATIENCE = 8;
const MAX_REMAKES = 4;
const MAX_TARGETS = 12;

export class Translator implements FlowSource {
  private readonly entries: Map<number, Entry>[] = Array.from({ length: MODES }, () => new Map());
  private readonly samples: Map<number, number>[] = Array.from({ length: MODES }, () => new Map());
  private readonly misses: Map<number, number>[] = Array.from({ length: MODES }, () => new Map());
  private readonly byPage = new Map<number, Set<Region>>();
  private readonly targets = new Map<number, Set<number>>();
  /** Entries that were reached with flags of another kind than the region brings there itself. */
  private readonly unsettled = new Set<number>();
  private readonly remakes = new Map<number, number>();
  private count = 0;
  private generation = 0;

  constructor(
    private readonly linear: LinearMemory,
    private readonly memory: PagedMemory,
    private readonly cache: BlockCache,
    readonly fetcher: CodeFetcher,
    readonly resolver: Resolver,
    private readonly helpers: WebAssembly.ModuleImports,
    private readonly policy: 'hot' | 'soon' | 'never',
  ) {}

  /** Instructions the interpreter may run at once. */
  get quantum(): number {
    if (this.policy === 'never') return Number.POSITIVE_INFINITY;
    return this.policy === 'hot' ? QUANTUM : EAGER_QUANTUM;
  }

  get breakpoints(): ReadonlySet<number> {
    return this.cache.breakpoints;
  }
  targetsOf(rip: number): Iterable<number> {
    return this.targets.get(rip) ?? [];
  }

  find(rip: number, mode: Mode): Entry | undefined {
    if (this.generation !== this.cache.generation) this.clear();
    return this.entries[mode].get(rip);
  }

  /** A quantum has ended at `rip`. */
  sample(rip: number, mode: Mode): void {
    if (this.policy === 'never' || isObserving(mode) || isCode32(mode)) return;
    const samples = this.samples[mode];
    const seen = (samples.get(rip) ?? 0) + 1;
    if (samples.size > MAX_SAMPLED) samples.clear();
    samples.set(rip, seen);
    if (seen === (this.policy === 'hot' ? SAMPLES : EAGER_SAMPLES)) this.translate(rip, mode);
  }

  /** Translated code was left for `rip`, where there is none. True if there is now. */
  missed(rip: number, mode: Mode): boolean {
    const misses = this.misses[mode];
    const seen = (misses.get(rip) ?? 0) + 1;
    if (misses.size > MAX_SAMPLED) misses.clear();
    misses.set(rip, seen);
    if (seen !== (this.policy === 'hot' ? MISSES : EAGER_MISSES) || isObserving(mode)) return false;
    this.translate(rip, mode);
    return true;
  }

  /** The indirect branch at `site` went to `target`, which the region did not expect. */
  surprise(region: Region, site: number, target: number): void {
    const known = this.targets.get(site) ?? new Set();
    this.targets.set(site, known);
    if (known.size < MAX_TARGETS) known.add(target);
    this.remakeAfterSurprise(region);
  }

  /** `entry`, at `rip`, was not entered because the flags are of another kind. */
  refused({ region }: Entry, rip: number): void {
    this.unsettled.add(rip);
    this.remakeAfterSurprise(region);
  }

  private remakeAfterSurprise(region: Region): void {
    const made = this.remakes.get(region.rip) ?? 0;
    const patience = (this.policy === 'hot' ? SURPRISES : EAGER_SURPRISES) * PATIENCE ** made;
    if (++region.surprises < patience || made >= MAX_REMAKES) return;
    this.remakes.set(region.rip, made + 1);
    this.drop(region);
    this.translate(region.rip, region.mode);
  }

  private translate(rip: number, mode: Mode): void {
    if (this.generation !== this.cache.generation || this.count >= MAX_REGIONS) this.clear();
    const flow = discover(this, rip, mode, this.count < FEW_REGIONS ? LARGE : SMALL);
    if (!flow || this.breakpoints.has(rip)) return;
    this.install(flow, rip, mode);
  }

  private install(flow: Flow, rip: number, mode: Mode): void {
    const { bytes, sites, entries } = compileRegion(flow, this.unsettled);
    const module = new WebAssembly.Module(bytes as BufferSource);
    const host = { ...this.helpers, memory: this.linear.memory };
    const { run } = new WebAssembly.Instance(module, { host }).exports;
    const region: Region = {
      mode,
      rip,
      pages: flow.pages,
      sites,
      // The signature is the one compile.ts gives its export.
      run: run as Region['run'],
      entryPoints: [...entries.keys()],
      surprises: 0,
    };
    this.count++;
    for (const number of flow.pages) {
      const regions = this.byPage.get(number);
      if (regions) regions.add(region);
      else this.byPage.set(number, new Set([region]));
    }
    for (const block of flow.blocks) this.markCode(block);
    const fresh: number[] = [];
    for (const [address, entry] of entries) {
      // The region made for an address is the better one there.
      if (address !== rip && this.entries[mode].has(address)) continue;
      this.entries[mode].set(address, { region, ...entry });
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

  private drop(region: Region): void {
    for (const number of region.pages) this.byPage.get(number)?.delete(region);
    const { mode } = region;
    const gone: number[] = [];
    for (const address of region.entryPoints) {
      if (this.entries[mode].get(address)?.region !== region) continue;
      this.entries[mode].delete(address);
      this.samples[mode].delete(address);
      if (this.entries.some((entries) => entries.has(address))) continue;
      this.cache.entries.delete(address);
      gone.push(address);
    }
    this.samples[mode].delete(region.rip);
    this.misses[mode].delete(region.rip);
    this.count--;
    this.cache.dropContaining(gone);
  }

  /** The page's bytes, place or protection change. */
  dropPage({ number }: Page): void {
    for (const region of [...(this.byPage.get(number) ?? [])]) this.drop(region);
  }

  /** Breakpoints at `addresses` came or went. */
  dropContaining(addresses: Iterable<number>): void {
    for (const address of addresses)
      for (const region of [...(this.byPage.get(Math.floor(address / 4096)) ?? [])]) this.drop(region);
  }

  /** Forgets everything. */
  clear(): void {
    for (const map of [...this.entries, ...this.samples, ...this.misses]) map.clear();
    this.byPage.clear();
    this.targets.clear();
    this.unsettled.clear();
    this.remakes.clear();
    const gone = [...this.cache.entries];
    this.cache.entries.clear();
    this.cache.dropContaining(gone);
    this.count = 0;
    this.generation = this.cache.generation;
  }
}
