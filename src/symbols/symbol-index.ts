import { firstAtLeast, firstIndex } from '../base/search.ts';
import type { ElfSymbol } from './api.ts';

/** A range of run-time addresses that holds code. */
export interface CodeArea {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * GCC's names for copies of a function: `.chkp` is its MPX-instrumented copy, the others are made by optimisation.
 * `.cold` is left out: it is a part of a function, not a place to enter it.
 */
const COPY_SUFFIX = /(\.(chkp|constprop|isra|part|lto_priv)(\.\d+)*)+$/;

/** Preference among symbols of one address: greater is better. */
function rank(symbol: ElfSymbol): number {
  const kind = { function: 8, object: 4, other: 0 }[symbol.kind];
  const binding = { global: 2, weak: 1, local: 0 }[symbol.binding];
  // Of aliases such as `write` and `__libc_write` people mean the plain one.
  return kind + binding - (symbol.name.startsWith('_') ? 3 : 0);
}

const compare = <T>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

/** Ascending by address; of one address the best symbol is last. */
function byAddress(symbols: readonly ElfSymbol[]): ElfSymbol[] {
  // Comparing numbers is far faster than comparing bigints, and nearly always enough.
  const keyed = symbols.map((symbol) => ({ symbol, near: Number(symbol.address) }));
  keyed.sort(
    (a, b) =>
      a.near - b.near ||
      compare(a.symbol.address, b.symbol.address) ||
      rank(a.symbol) - rank(b.symbol) ||
      compare(b.symbol.name, a.symbol.name),
  );
  return keyed.map(({ symbol }) => symbol);
}

/** Symbols of one module with run-time addresses, found by address, name and beginning of a name. */
export class SymbolIndex {
  /** Symbols with a size, by address; of one address the best is last. */
  private readonly sized: ElfSymbol[];
  /** Greatest end of sized[0 … i]. */
  private readonly reach: bigint[] = [];
  /** Symbols without a size in code, by address. */
  private readonly labels: ElfSymbol[];
  private readonly all: readonly ElfSymbol[];
  private byName: Map<string, ElfSymbol[]> | undefined;
  private sortedNames: string[] | undefined;

  /** `absolute` symbols have names but no place in memory. `code` are the executable sections. */
  constructor(
    located: readonly ElfSymbol[],
    absolute: readonly ElfSymbol[],
    private readonly code: readonly CodeArea[],
  ) {
    this.sized = byAddress(located.filter(({ size }) => size > 0n));
    let reach = 0n;
    for (const { address, size } of this.sized) {
      if (address + size > reach) reach = address + size;
      this.reach.push(reach);
    }
    this.labels = byAddress(located.filter(({ size, address }) => size === 0n && this.areaOf(address)));
    this.all = [...located, ...absolute];
  }

  /** Symbols by name and by plain name, made when a name is first asked for. */
  private get names(): Map<string, ElfSymbol[]> {
    if (!this.byName) {
      this.byName = new Map();
      for (const symbol of this.all) {
        this.addName(this.byName, symbol.name, symbol);
        const plain = symbol.name.includes('.') ? symbol.name.replace(COPY_SUFFIX, '') : '';
        if (plain && plain !== symbol.name) this.addName(this.byName, plain, symbol);
      }
    }
    return this.byName;
  }

  private addName(names: Map<string, ElfSymbol[]>, name: string, symbol: ElfSymbol): void {
    const same = names.get(name);
    if (same) same.push(symbol);
    else names.set(name, [symbol]);
  }

  private areaOf(address: bigint): CodeArea | undefined {
    return this.code.find(({ start, end }) => address >= start && address < end);
  }

  /** The innermost symbol whose extent holds `address`; in code else the nearest label below, if nothing lies between. */
  at(address: bigint): { symbol: ElfSymbol; offset: bigint } | undefined {
    const { sized, labels } = this;
    const above = firstIndex(sized.length, (i) => sized[i].address > address);
    for (let i = above - 1; i >= 0 && this.reach[i] > address; i--) {
      const symbol = sized[i];
      if (symbol.address + symbol.size > address) return { symbol, offset: address - symbol.address };
    }
    const symbol = labels[firstIndex(labels.length, (i) => labels[i].address > address) - 1];
    if (!symbol) return undefined;
    const between = above > 0 && sized[above - 1].address > symbol.address;
    if (between || this.areaOf(symbol.address) !== this.areaOf(address)) return undefined;
    return { symbol, offset: address - symbol.address };
  }

  /** Symbols of that name, then copies that GCC made of it (`name.chkp`, `name.isra.0` …); best first. */
  named(name: string): ElfSymbol[] {
    const exact = (symbol: ElfSymbol) => (symbol.name === name ? 1 : 0);
    return [...(this.names.get(name) ?? [])].sort((a, b) => exact(b) - exact(a) || rank(b) - rank(a));
  }

  /** At most `limit` symbols whose names start with `prefix`, one a name, by name. */
  startingWith(prefix: string, limit: number): ElfSymbol[] {
    this.sortedNames ??= [...this.names.keys()].sort(compare);
    const from = firstAtLeast(this.sortedNames, prefix, (name) => name);
    const found: ElfSymbol[] = [];
    for (let i = from; i < this.sortedNames.length && found.length < limit; i++) {
      const name = this.sortedNames[i];
      if (!name.startsWith(prefix)) break;
      const symbol = this.named(name).find((candidate) => candidate.name === name);
      if (symbol) found.push(symbol);
    }
    return found;
  }

  /** Functions by address, one an address. */
  functions(): ElfSymbol[] {
    const all = byAddress([...this.sized, ...this.labels].filter(({ kind }) => kind === 'function'));
    return all.filter((symbol, i) => symbol.address !== all[i + 1]?.address);
  }
}
