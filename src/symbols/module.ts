import { wrap64 } from '../base/address.ts';
import type { ElfSymbol, LineRow, ModuleSymbols, SourceLocation } from './api.ts';
import { type DebugFiles, type FileReader, findDebugFiles, isStripped } from './debug-files.ts';
import { type DwarfSections, dwarfSections } from './dwarf/sections.ts';
import { type CompilationUnit, readUnits } from './dwarf/units.ts';
import { PF_X, PT_LOAD, SHF_ALLOC, SHF_EXECINSTR } from './elf/constants.ts';
import { type ElfFile, type ElfSection, readElf, sectionBytes } from './elf/file.ts';
import { type LinkageStub, linkageStubs } from './elf/linkage-stubs.ts';
import { buildId } from './elf/notes.ts';
import { readSymbols } from './elf/symbols.ts';
import { LineLookup } from './line-lookup.ts';
import { LineTables } from './line-tables.ts';
import { ModuleDebug } from './module-debug.ts';
import { type CodeArea, SymbolIndex } from './symbol-index.ts';
import { UnitIndex } from './unit-index.ts';

export interface LoadOptions {
  /** Run-time address minus link-time address; 0 for programs that are not position independent. */
  bias?: bigint;
  /** How sentences call the file; separate debug information is looked for beside this path. */
  name?: string;
  /** Reads files of the system that the file belongs to; without it separate debug information is not found. */
  readFile?: FileReader;
}

/** What has to be known of a function to find its places. */
type FunctionPlace = Pick<ElfSymbol, 'kind' | 'address' | 'size'>;

/** As everybody calls the stub of a function. */
const STUB_SUFFIX = '@plt';

/** `endbr64` (optional), `push %rbp`, `mov %rsp,%rbp` in either encoding: how GCC begins a function that keeps a frame pointer. */
const PROLOGUE = /^(f30f1efa)?55(4889e5|488bec)/;

/** Symbols and lines of one loaded ELF file. Nothing but the headers is read until it is asked for. */
export class Module implements ModuleSymbols {
  private symbolIndex: SymbolIndex | undefined;
  private linkageStubs: ReadonlyMap<bigint, LinkageStub> | undefined;
  private lineLookup: LineLookup | undefined;
  private unitIndex: UnitIndex | undefined;
  private moduleDebug: ModuleDebug | undefined;
  private debugFiles: DebugFiles | undefined;
  private dwarfSections: DwarfSections | undefined;

  constructor(
    readonly elf: ElfFile,
    readonly bias: bigint,
    private readonly readFile: FileReader | undefined,
  ) {}

  /** Sentences about parts that were left out because they are damaged, missing or not understood; grows as more is read. */
  get remarks(): readonly string[] {
    const { elf, debug, supplementary } = this.debugFiles ?? {
      elf: this.elf,
      debug: this.elf,
      supplementary: undefined,
    };
    return [...new Set([elf, debug, ...(supplementary ? [supplementary] : [])])].flatMap(({ remarks }) => remarks);
  }

  /** The files with its symbols and debug information, looked for when first asked for. */
  private get files(): DebugFiles {
    this.debugFiles ??= findDebugFiles(this.elf, this.elf.name, this.readFile);
    return this.debugFiles;
  }

  private get dwarf(): DwarfSections {
    if (!this.dwarfSections) {
      const { debug, supplementary } = this.files;
      this.dwarfSections = dwarfSections(debug, supplementary && dwarfSections(supplementary));
    }
    return this.dwarfSections;
  }

  /** The build-id in hexadecimal digits. */
  get buildId(): string | undefined {
    return buildId(this.elf);
  }

  private get symbols(): SymbolIndex {
    if (!this.symbolIndex) {
      const located: ElfSymbol[] = [];
      const absolute: ElfSymbol[] = [];
      const { debug } = this.files;
      const tables = debug !== this.elf && isStripped(this.elf) ? [this.elf, debug] : [this.elf];
      for (const symbol of readSymbols(tables)) {
        if (symbol.section === undefined) absolute.push(symbol);
        else {
          if (this.bias !== 0n) symbol.address = wrap64(symbol.address + this.bias);
          located.push(symbol);
        }
      }
      for (const { name, address, size } of this.stubs.values())
        located.push({
          name: `${name}${STUB_SUFFIX}`,
          address,
          size: BigInt(size),
          kind: 'function',
          binding: 'local',
        });
      this.symbolIndex = new SymbolIndex(located, absolute, this.codeAreas());
    }
    return this.symbolIndex;
  }

  /** Stubs of the linkage table by run-time address. */
  private get stubs(): ReadonlyMap<bigint, LinkageStub> {
    this.linkageStubs ??= new Map(
      linkageStubs(this.elf).map((stub) => {
        const address = wrap64(stub.address + this.bias);
        return [address, { ...stub, address, slot: wrap64(stub.slot + this.bias) }];
      }),
    );
    return this.linkageStubs;
  }

  stubAt(address: bigint): { name: string; slot: bigint } | undefined {
    return this.stubs.get(address);
  }

  /** Executable sections, or segments where there are no sections; run-time addresses. */
  private codeAreas(): CodeArea[] {
    const at = (start: bigint, size: bigint) => {
      const from = wrap64(start + this.bias);
      return { start: from, end: from + size };
    };
    if (this.elf.sections.length) {
      return this.elf.sections
        .filter(({ flags }) => flags & SHF_EXECINSTR && flags & SHF_ALLOC)
        .map(({ address, size }) => at(address, BigInt(size)));
    }
    return this.elf.segments
      .filter(({ type, flags }) => type === PT_LOAD && flags & PF_X)
      .map(({ vaddr, memsz }) => at(vaddr, memsz));
  }

  private get lines(): LineLookup {
    if (!this.lineLookup) {
      const { elf, dwarf } = this;
      const { remarks } = this.files.debug;
      const loaded = elf.segments.filter(({ type, flags }) => type === PT_LOAD && flags & PF_X);
      const code = loaded.map(({ vaddr, memsz }) => ({ start: vaddr, end: vaddr + memsz }));
      const tables = new LineTables(dwarf, this.index, code, elf.is64 ? 8 : 4, remarks);
      this.lineLookup = new LineLookup(tables, this.bias);
    }
    return this.lineLookup;
  }

  /** Units of the debug information (link-time addresses). */
  units(): readonly CompilationUnit[] {
    return this.index.units;
  }

  private get index(): UnitIndex {
    this.unitIndex ??= new UnitIndex(readUnits(this.dwarf, this.files.debug.remarks));
    return this.unitIndex;
  }

  /** Functions, variables, types and frames. */
  get debug(): ModuleDebug {
    this.moduleDebug ??= new ModuleDebug(this.files, this.dwarf, this.index, this.bias);
    return this.moduleDebug;
  }

  symbolAt(address: bigint): { symbol: ElfSymbol; offset: bigint } | undefined {
    return this.symbols.at(address);
  }

  symbolsByName(name: string): ElfSymbol[] {
    return this.symbols.named(name);
  }

  completions(prefix: string, limit: number): ElfSymbol[] {
    return this.symbols.startingWith(prefix, limit);
  }

  /** Functions in order of address, one an address. */
  functions(): ElfSymbol[] {
    return this.symbols.functions();
  }

  locationOf(address: bigint): SourceLocation | undefined {
    return this.lines.locationOf(address);
  }

  lineRange(address: bigint) {
    return this.lines.lineRange(address);
  }

  /** One address a function and one for each place it is inlined at; the line that opens a function gives the place behind its prologue. */
  addressesOf(file: string, line: number, column?: number): { line: number; addresses: bigint[] } | undefined {
    const found = this.lines.addressesOf(file, line, column);
    // Who names a column means each time that it is reached.
    if (!found || column !== undefined) return found;
    // A `for` line has code before and behind its body; one stop a function is what people expect of a breakpoint.
    const owners = found.addresses.map((address) => this.functionAround(address));
    const starts = new Map<bigint, number>();
    for (const owner of owners) if (owner) starts.set(owner.address, (starts.get(owner.address) ?? 0) + 1);
    const seen = new Set<string>();
    const addresses: bigint[] = [];
    found.addresses.forEach((address, i) => {
      const owner = owners[i];
      if (!owner) {
        addresses.push(address);
        return;
      }
      // Only where one function has several of them do the debug entries have to be read.
      const alone = starts.get(owner.address) === 1;
      const key = `${owner.address} ${alone ? '' : this.debug.information.inlinedCopyAt(address, this.lines.unitAt(address))}`;
      if (seen.has(key)) return;
      seen.add(key);
      // The line that opens a function: stop where its arguments are in place.
      addresses.push(owner.address === address ? this.entryAfterPrologue(owner) : address);
    });
    return { line: found.line, addresses };
  }

  /** The function that has code at `address`; symbols, of which there may be very many, are only read where no unit tells. */
  private functionAround(address: bigint): FunctionPlace | undefined {
    const unit = this.lines.unitAt(address);
    const range = unit && this.debug.information.functionRange(address, unit);
    if (range) return { kind: 'function', address: range.start, size: range.end - range.start };
    const symbol = this.symbolAt(address)?.symbol;
    return symbol?.kind === 'function' ? symbol : undefined;
  }

  breakpointLines(file: string, startLine: number, endLine: number): number[] {
    return this.lines.breakpointLines(file, startLine, endLine);
  }

  breakpointColumns(file: string, line: number): number[] {
    return this.lines.breakpointColumns(file, line);
  }

  inlinedCopies(name: string): bigint[] {
    return this.debug.information.inlinedCopiesOf(name);
  }

  sourceFiles(): string[] {
    return this.lines.sourceFiles();
  }

  /** All line rows, by sequence in order of address. */
  lineRows(): Iterable<LineRow> {
    return this.lines.allRows();
  }

  /**
   * Where a breakpoint on a function belongs: behind the code that makes its frame, so that frame pointer and arguments
   * are in place; at its first instruction in assembly and where it keeps no frame pointer.
   */
  entryAfterPrologue(symbol: FunctionPlace): bigint {
    const { address } = symbol;
    if (symbol.kind !== 'function' || this.lines.isAssembly(address)) return address;
    const code = Array.from(this.codeBytes(address, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const prologue = PROLOGUE.exec(code);
    if (!prologue) return address;
    const behind = address + BigInt(prologue[0].length / 2);
    const range = this.lines.locationOf(behind);
    const next = this.lines.nextRow(address);
    const start = next !== undefined && next >= behind ? next : range && this.lines.nextRow(behind);
    const end = address + symbol.size;
    return start !== undefined && (symbol.size === 0n || start < end) ? start : behind;
  }

  /** The section that run-time `address` lies in. */
  sectionAt(address: bigint): ElfSection | undefined {
    const linked = wrap64(address - this.bias);
    return this.elf.sections.find(
      ({ flags, address: start, size }) => flags & SHF_ALLOC && linked >= start && linked < start + BigInt(size),
    );
  }

  /** Up to `length` bytes of a section's content at run-time `address`, as they are in the file. */
  private codeBytes(address: bigint, length: number): Uint8Array {
    const section = this.sectionAt(address);
    const content = section && sectionBytes(this.elf, section);
    if (!section || !content) return new Uint8Array();
    const from = Number(wrap64(address - this.bias) - section.address);
    return content.subarray(from, from + length);
  }
}

/**
 * Opens an ELF file for lookups.
 * @throws ElfError when it is no ELF file or its headers are damaged; damage elsewhere gives `remarks`.
 */
export function loadModule(bytes: Uint8Array, options: LoadOptions = {}): Module {
  return new Module(readElf(bytes, options.name), options.bias ?? 0n, options.readFile);
}
