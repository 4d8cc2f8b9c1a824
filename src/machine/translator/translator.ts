/**
 * Which code is translated, and when. What is hot is found by sampling: the interpreter runs in quanta, and where a quantum ends twice is worth
 * translating; so is what translated code keeps leaving for.
 */
import type { BlockCache } from '../interpreter/blocks.ts';
import type { CodeFetcher } from '../interpreter/fetch.ts';
import { isCode32, isObserving, MODES, type Mode } from '../interpreter/mode.ts';
import type { Resolver } from '../interpreter/resolve.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import type { LinearMemory } from '../memory/linear.ts';
import type { Page } from '../memory/page.ts';
import { discover, type FlowSource } from './flow.ts';
import { type Entry, type Leaving, type Region, Regions } from './regions.ts';

interface Patience {
  /** Instructions the interpreter runs between samples, and how many samples make an address hot. */
  readonly quantum: number;
  readonly samples: number;
  /** Regions were left this often for an address that is not translated: it is as hot as one that was sampled. */
  readonly misses: number;
  /** A region is made anew, with what was learnt, after it was left for another one this often: making it takes as long. */
  readonly surprises: number;
  /** How often a branch may leave a region before somebody looks where to. */
  readonly passes: number;
}
const HOT: Patience = { quantum: 10_000, samples: 2, misses: 1000, surprises: 400_000, passes: 1000 };
/** Where everything is to be translated soon. */
const SOON: Patience = { quantum: 40, samples: 1, misses: 1, surprises: 64, passes: 3 };
/** What a refused entry costs, in branches from one region to another. */
const REFUSAL = 100;

/**
 * Most instructions of a region: the first ones are the hot loops of the program, and so are those made anew. The others end where one is already, or the
 * same functions would be in many of them.
 */
const LARGE = 600;
const SMALL = 150;
const FEW_REGIONS = 24;
const MAX_SAMPLED = 4096;
/** A region is remade each time after so many times more surprises, so that what it costs stays small beside what it saves … */
const PATIENCE = 8;
const MAX_REMAKES = 4;
/** … and a branch is known for a few targets only. */
const MAX_TARGETS = 12;
const NEVER = 0x7fff_ffff;

export class Translator implements FlowSource {
  private readonly regions: Regions;
  private readonly samples: Map<number, number>[] = Array.from({ length: MODES }, () => new Map());
  private readonly misses: Map<number, number>[] = Array.from({ length: MODES }, () => new Map());
  private readonly targets = new Map<number, Set<number>>();
  /** Addresses that regions kept leaving for: the next ones go on there. */
  private readonly absorbed = new Set<number>();
  /** Entries that were reached with flags of another kind than the region brings there itself. */
  private readonly unsettled = new Set<number>();
  private readonly remakes = new Map<number, number>();
  private readonly patience: Patience;
  private generation = 0;

  constructor(
    linear: LinearMemory,
    memory: PagedMemory,
    private readonly cache: BlockCache,
    readonly fetcher: CodeFetcher,
    readonly resolver: Resolver,
    helpers: WebAssembly.ModuleImports,
    private readonly policy: 'hot' | 'soon' | 'never',
  ) {
    this.regions = new Regions(linear, memory, cache, helpers);
    this.patience = policy === 'soon' ? SOON : HOT;
  }

  /** Instructions the interpreter may run at once. */
  get quantum(): number {
    return this.policy === 'never' ? Number.POSITIVE_INFINITY : this.patience.quantum;
  }

  get breakpoints(): ReadonlySet<number> {
    return this.cache.breakpoints;
  }
  targetsOf(rip: number): Iterable<number> {
    return this.targets.get(rip) ?? [];
  }

  endsBefore(rip: number, mode: Mode): boolean {
    return this.regions.count >= FEW_REGIONS && !this.absorbed.has(rip) && this.regions.find(rip, mode) !== undefined;
  }

  find(rip: number, mode: Mode): Entry | undefined {
    if (this.generation !== this.cache.generation) this.clear();
    return this.regions.find(rip, mode);
  }

  /** Runs translated code from `entry`. The budget left is in Shared.BUDGET. */
  run(entry: Entry, mode: Mode, budget: number): Leaving {
    return this.regions.run(entry, mode, budget);
  }

  /** A quantum has ended at `rip`. */
  sample(rip: number, mode: Mode): void {
    if (this.isHot(this.samples[mode], rip, this.patience.samples, mode)) this.translate(rip, mode);
  }

  /** Counts to `limit`. */
  private isHot(counts: Map<number, number>, rip: number, limit: number, mode: Mode): boolean {
    if (this.policy === 'never' || isObserving(mode) || isCode32(mode)) return false;
    const seen = (counts.get(rip) ?? 0) + 1;
    if (counts.size > MAX_SAMPLED) counts.clear();
    counts.set(rip, seen);
    return seen === limit;
  }

  /**
   * Translated code was left for `rip` by a branch. The next time it goes there by itself, if there is translated code, or will be when that has happened
   * more often.
   */
  left(leaving: Leaving, rip: number, mode: Mode): void {
    this.learn(leaving, rip);
    const entry = this.find(rip, mode);
    if (!entry) {
      if (this.isHot(this.misses[mode], rip, this.patience.misses, mode)) this.translate(rip, mode);
    } else if (this.regions.has(leaving.region)) this.regions.connect(leaving, rip, entry);
  }

  /** A branch left a region for `target`, and has done so before without anybody looking. */
  private learn(leaving: Leaving, target: number): void {
    const { region, site } = leaving;
    const { passes } = this.patience;
    if (site.kind === 'indirect') {
      const known = this.targets.get(site.rip) ?? new Set();
      this.targets.set(site.rip, known);
      if (known.size < MAX_TARGETS) known.add(target);
    }
    const isFinal = this.remakesOf(region) >= MAX_REMAKES;
    const passed = this.regions.passed(leaving, passes, isFinal ? NEVER : passes);
    if (isFinal) return;
    if (passed === passes) this.absorbed.add(target);
    this.remakeAfter(region, passed);
  }

  /** `entry`, at `rip`, was not entered because the flags are of another kind. */
  refused({ region }: Entry, rip: number): void {
    this.unsettled.add(rip);
    if (region && this.remakesOf(region) < MAX_REMAKES) this.remakeAfter(region, REFUSAL);
  }

  private remakesOf({ rip }: Region): number {
    return this.remakes.get(rip) ?? 0;
  }

  private remakeAfter(region: Region, surprises: number): void {
    const made = this.remakesOf(region);
    region.surprises += surprises;
    if (region.surprises < this.patience.surprises * PATIENCE ** made) return;
    this.remakes.set(region.rip, made + 1);
    this.drop(region);
    this.translate(region.rip, region.mode);
  }

  private translate(rip: number, mode: Mode): void {
    if (this.generation !== this.cache.generation) this.clear();
    if (this.breakpoints.has(rip)) return;
    const isProven = this.regions.count < FEW_REGIONS || this.remakes.has(rip);
    const flow = discover(this, rip, mode, isProven ? LARGE : SMALL);
    if (flow) this.regions.make(flow, rip, mode, this.unsettled, this.patience.passes);
  }

  // ---- dropping

  private drop(region: Region): void {
    this.regions.drop(region);
    for (const counts of [this.samples[region.mode], this.misses[region.mode]]) {
      counts.delete(region.rip);
      for (const address of region.entries.keys()) counts.delete(address);
    }
  }

  /** The page's bytes, place or protection change. */
  dropPage({ number }: Page): void {
    for (const region of this.regions.on(number)) this.drop(region);
  }

  /** Breakpoints at `addresses` came or went. */
  dropContaining(addresses: Iterable<number>): void {
    for (const address of addresses)
      for (const region of this.regions.on(Math.floor(address / 4096))) this.drop(region);
  }

  /** Forgets everything. */
  clear(): void {
    this.regions.clear();
    for (const counts of [...this.samples, ...this.misses]) counts.clear();
    this.targets.clear();
    this.absorbed.clear();
    this.unsettled.clear();
    this.remakes.clear();
    this.generation = this.cache.generation;
  }
}
