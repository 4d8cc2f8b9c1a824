/** The symbols of everything that is loaded, and texts for places in the code. */
import { hex } from '../base/hex.ts';
import type { ElfSymbol, ModuleSymbols, SourceLocation } from '../symbols/api.ts';
import type { ModuleDebug } from '../symbols/module-debug.ts';
import type { CType } from '../symbols/types.ts';

/** An ELF file in the address space. */
export interface LoadedModule {
  /** No other one that is loaded has the same. */
  id: string;
  /** Base name, and the path it was loaded from. */
  name: string;
  path: string;
  /** Run-time minus link-time address. */
  bias: bigint;
  /** It has a dynamic linker. */
  loadsLibraries?: boolean;
  /** [start, end) of its segments. */
  start: bigint;
  end: bigint;
  symbols: ModuleSymbols;
  /** Functions, variables, types and unwinding, if they can be read. */
  readonly debug?: ModuleDebug;
}

/** `heap-overflow.c` of `/x/y/heap-overflow.c`; also for Windows paths. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

export class ProgramSymbols {
  private loaded: readonly LoadedModule[];

  constructor(modules: readonly LoadedModule[]) {
    this.loaded = modules;
  }

  /** The program first, then what it loaded, in that order. */
  get modules(): readonly LoadedModule[] {
    return this.loaded;
  }

  /** Whether modules may be loaded that are not there yet. */
  get mayGrow(): boolean {
    return this.loaded.some(({ loadsLibraries }) => loadsLibraries);
  }

  /** Other files are mapped now. */
  setModules(modules: readonly LoadedModule[]): void {
    this.loaded = modules;
  }

  moduleAt(address: bigint): LoadedModule | undefined {
    return this.modules.find((module) => address >= module.start && address < module.end);
  }

  debugAt(address: bigint): ModuleDebug | undefined {
    return this.moduleAt(address)?.debug;
  }

  /** The type of the program called `name`: `struct node`, `size_t`. */
  typeNamed(name: string): CType | undefined {
    return this.firstKnown((debug) => debug.information.typeNamed(name));
  }

  enumerator(name: string): { type: CType; value: bigint } | undefined {
    return this.firstKnown((debug) => debug.information.enumerator(name));
  }

  private firstKnown<T>(find: (debug: ModuleDebug) => T | undefined): T | undefined {
    for (const { debug } of this.modules) {
      const found = debug && find(debug);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  symbolAt(address: bigint): { symbol: ElfSymbol; offset: bigint } | undefined {
    return this.moduleAt(address)?.symbols.symbolAt(address);
  }

  byName(name: string): ElfSymbol[] {
    return this.modules.flatMap((module) => module.symbols.symbolsByName(name));
  }

  /** Address of the symbol; a global one before a local one. */
  addressOf(name: string): bigint | undefined {
    const found = this.byName(name);
    return (found.find((symbol) => symbol.binding !== 'local') ?? found[0])?.address;
  }

  completions(prefix: string, limit: number): ElfSymbol[] {
    return this.modules.flatMap((module) => module.symbols.completions(prefix, limit)).slice(0, limit);
  }

  locationOf(address: bigint): SourceLocation | undefined {
    return this.moduleAt(address)?.symbols.locationOf(address);
  }

  lineRange(address: bigint): ReturnType<ModuleSymbols['lineRange']> {
    return this.moduleAt(address)?.symbols.lineRange(address);
  }

  /** Of the first module that has the line, and of others that were made from the same file: it may be a header. */
  addressesOf(file: string, line: number, column?: number): { line: number; addresses: bigint[] } | undefined {
    let first: { line: number; addresses: bigint[] } | undefined;
    for (const { symbols } of this.modules) {
      if (first && !symbols.sourceFiles().includes(file)) continue;
      const found = symbols.addressesOf(file, line, column);
      if (!found || found.addresses.length === 0) continue;
      if (!first) first = found;
      else if (found.line === first.line) first.addresses.push(...found.addresses);
    }
    return first;
  }

  /**
   * The function that the stub at `address` leads to, as far as it is known: what the dynamic linker has found, or what it is going to
   * find. `word` reads memory.
   */
  behindStub(address: bigint, word: (at: bigint) => bigint | undefined): bigint | undefined {
    const stub = this.moduleAt(address)?.symbols.stubAt?.(address);
    if (!stub) return undefined;
    // Until the first call the word leads back into the stub's own file.
    const found = word(stub.slot);
    if (found !== undefined && this.moduleAt(found) && this.symbolAt(found)?.offset === 0n) return found;
    return this.byName(stub.name).find(({ kind, binding }) => kind === 'function' && binding !== 'local')?.address;
  }

  /** First addresses of the inlined copies of a function. */
  inlinedCopies(name: string): bigint[] {
    return this.modules.flatMap(({ symbols }) => symbols.inlinedCopies?.(name) ?? []);
  }

  breakpointColumns(file: string, line: number): number[] {
    const columns = this.modules.flatMap(({ symbols }) => symbols.breakpointColumns(file, line));
    return [...new Set(columns)].sort((a, b) => a - b);
  }

  breakpointLines(file: string, startLine: number, endLine: number): number[] {
    const lines = this.modules.flatMap((module) => module.symbols.breakpointLines(file, startLine, endLine));
    return [...new Set(lines)].sort((a, b) => a - b);
  }

  sourceFiles(): string[] {
    return [...new Set(this.modules.flatMap((module) => module.symbols.sourceFiles()))];
  }

  /** Name and offset of what covers `address`. */
  placeAt(address: bigint): { name: string; offset: bigint } | undefined {
    const found = this.symbolAt(address);
    return found && { name: found.symbol.name, offset: found.offset };
  }

  /** `main+0x1c`, `main`, or undefined. */
  nameAt(address: bigint): string | undefined {
    const found = this.symbolAt(address);
    if (!found) return undefined;
    return found.offset === 0n ? found.symbol.name : `${found.symbol.name}+${hex(found.offset)}`;
  }

  /** `main+0x1c (heap-overflow.c:14)`, or what is known of it; at least the address. */
  describe(address: bigint): string {
    const name = this.nameAt(address) ?? hex(address);
    const location = this.locationOf(address);
    return location ? `${name} (${baseName(location.file)}:${location.line})` : name;
  }

  /** Where a breakpoint on the function at `address` belongs: behind the prologue of compiled code that keeps a frame pointer. */
  afterPrologue(address: bigint): bigint {
    const symbols = this.moduleAt(address)?.symbols;
    const found = symbols?.symbolAt(address);
    return symbols && found?.offset === 0n ? symbols.entryAfterPrologue(found.symbol) : address;
  }
}
