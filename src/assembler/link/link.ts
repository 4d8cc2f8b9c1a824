/** Links object files to a program that needs nothing else: static, at fixed addresses. */
import { ByteList } from '../bytes.ts';
import type { ObjectFile, ObjectSection, ObjectSymbol } from '../object.ts';
import { SHF_ALLOC, SHF_TLS, SHF_WRITE, SHT_NOBITS, SHT_PROGBITS } from '../section-names.ts';
import type { Diagnostic, Place } from '../source.ts';
import { headerSize, type PlacedSymbol, type Segment, writeElf } from './elf.ts';
import { gather, type OutputSection, segmentOf } from './outputs.ts';
import { applyRelocation, needsGotEntry } from './relocate.ts';

/** Where GNU ld puts programs too. */
const BASE = 0x40_0000;
const PAGE = 4096;
const GOT_ENTRY = 8;
/** PF_*, by segment: constants, code, variables. */
const SEGMENT_FLAGS = [4, 5, 6] as const;

export interface LinkResult {
  /** The file of the program; undefined if there are errors. */
  bytes: Uint8Array | undefined;
  diagnostics: Diagnostic[];
}

/** Links `objects`; execution begins at `_start`. Mistakes are diagnostics. */
export function link(objects: readonly ObjectFile[]): LinkResult {
  return new Linker(objects).run();
}

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

class Linker {
  private readonly diagnostics: Diagnostic[] = [];
  private readonly globals = new Map<string, ObjectSymbol>();
  private readonly got = new Map<ObjectSymbol, number>();
  private readonly placeOf = new Map<ObjectSection, { output: OutputSection; address: number; offset: number }>();
  private outputs: OutputSection[] = [];
  private segments: Segment[] = [];

  constructor(private readonly objects: readonly ObjectFile[]) {}

  run(): LinkResult {
    this.collectGlobals();
    const got = this.makeGot();
    const commons = this.makeCommons();
    const sections = this.objects.flatMap((object) => object.sections);
    for (const { name, flags, size } of sections)
      if (flags & SHF_TLS && size)
        this.report(undefined, `${name} holds variables of threads: these need a C library, and none is linked here.`);
    this.outputs = gather([...sections, ...commons, ...(got ? [got] : [])]);
    this.place();
    if (got) this.fillGot(got);
    for (const section of sections) this.relocate(section);
    if (this.diagnostics.length) return { bytes: undefined, diagnostics: this.diagnostics };
    const start = this.globals.get('_start');
    const bytes = writeElf({
      entry: start ? this.addressOf(start) : 0n,
      segments: this.segments,
      sections: this.outputs,
      bytesOf: (output) => this.contents(output),
      symbols: this.placedSymbols(),
      sourceNames: this.objects.map(({ name }) => name.replace(/^.*[/\\]/, '')),
    });
    return { bytes, diagnostics: [] };
  }

  private report(place: Place | undefined, message: string): void {
    const { file, line, column, endColumn } = place ?? {
      file: this.objects[0]?.name ?? '',
      line: 1,
      column: 1,
      endColumn: 2,
    };
    this.diagnostics.push({ severity: 'error', file, line, column, endColumn, message });
  }

  private collectGlobals(): void {
    for (const { name, symbols } of this.objects)
      for (const symbol of symbols) {
        if (symbol.binding === 'local' || !symbol.section) continue;
        const known = this.globals.get(symbol.name);
        const weak = (one: ObjectSymbol) => one.binding === 'weak' || one.section === 'common';
        if (!known || (weak(known) && !weak(symbol))) this.globals.set(symbol.name, symbol);
        else if (!weak(symbol)) this.report(symbol.used, `“${symbol.name}” is defined in ${name} and elsewhere.`);
      }
  }

  /** What a symbol stands for: its own definition, or the one of that name. */
  private definition(symbol: ObjectSymbol): ObjectSymbol {
    return symbol.binding === 'local' ? symbol : (this.globals.get(symbol.name) ?? symbol);
  }

  private room(name: string, bytes: Uint8Array, size: number, type: number): ObjectSection {
    return { name, type, flags: SHF_ALLOC | SHF_WRITE, entrySize: 0, alignment: 8, bytes, size, relocations: [] };
  }

  private makeGot(): ObjectSection | undefined {
    for (const { sections } of this.objects)
      for (const { relocations } of sections)
        for (const { type, symbol } of relocations) {
          const target = this.definition(symbol);
          if (needsGotEntry(type) && !this.got.has(target)) this.got.set(target, this.got.size * GOT_ENTRY);
        }
    const size = this.got.size * GOT_ENTRY;
    return size ? this.room('.got', new Uint8Array(size), size, SHT_PROGBITS) : undefined;
  }

  private fillGot(got: ObjectSection): void {
    const entries = new ByteList();
    for (const symbol of this.got.keys()) entries.u64(this.addressOf(symbol));
    got.bytes.set(entries.bytes);
  }

  /** Common blocks become room in `.bss`. */
  private makeCommons(): ObjectSection[] {
    return [...this.globals.values()].flatMap((symbol) => {
      if (symbol.section !== 'common') return [];
      const section = this.room('.bss', new Uint8Array(), Number(symbol.size), SHT_NOBITS);
      section.alignment = Number(symbol.value);
      symbol.section = section;
      symbol.value = 0n;
      return [section];
    });
  }

  /** Gives every section its place in memory and in the file. */
  private place(): void {
    const used = [0, 1, 2].filter(
      (segment) => segment === 0 || this.outputs.some((output) => segmentOf(output) === segment),
    );
    let offset = headerSize(used.length);
    let address = BASE + offset;
    for (const segment of used) {
      if (segment) {
        offset = alignUp(offset, PAGE);
        address = alignUp(address, PAGE);
      }
      const from = segment ? { offset, address } : { offset: 0, address: BASE };
      let fileEnd = offset;
      for (const output of this.outputs.filter((one) => segmentOf(one) === segment)) {
        address = alignUp(address, output.alignment);
        offset = from.offset + (address - from.address);
        Object.assign(output, { address, offset });
        address += output.size;
        if (output.type !== SHT_NOBITS) fileEnd = from.offset + (address - from.address);
      }
      offset = fileEnd;
      this.segments.push({
        ...from,
        flags: SEGMENT_FLAGS[segment],
        fileSize: fileEnd - from.offset,
        memorySize: address - from.address,
      });
    }
    for (const output of this.outputs.filter((one) => segmentOf(one) === 3)) {
      offset = alignUp(offset, output.alignment);
      output.offset = offset;
      offset += output.size;
    }
    for (const output of this.outputs)
      for (const { section, offset: at } of output.pieces)
        this.placeOf.set(section, { output, address: output.address + at, offset: at });
  }

  private contents(output: OutputSection): Uint8Array {
    const bytes = new Uint8Array(output.size);
    for (const { section, offset } of output.pieces) bytes.set(section.bytes, offset);
    return bytes;
  }

  /** The address of a symbol that is defined. */
  private addressOf(symbol: ObjectSymbol): bigint {
    const { section, value } = this.definition(symbol);
    if (typeof section !== 'object') return value;
    return BigInt(this.placeOf.get(section)?.address ?? 0) + value;
  }

  private relocate(section: ObjectSection): void {
    const at = this.placeOf.get(section);
    if (!at) return;
    for (const relocation of section.relocations) {
      const symbol = this.definition(relocation.symbol);
      const value = symbol.section ? this.addressOf(symbol) : this.provided(symbol);
      if (value === undefined) {
        this.reportUndefined(symbol, relocation.place);
        continue;
      }
      const entry = this.got.get(symbol);
      const wrong = applyRelocation(section.bytes, relocation, {
        symbol: value,
        size: symbol.size,
        place: BigInt(at.address + relocation.offset),
        gotEntry: entry === undefined ? undefined : BigInt(this.section('.got')?.address ?? 0) + BigInt(entry),
      });
      if (wrong) this.report(relocation.place, wrong);
    }
  }

  private reportUndefined({ name, used }: ObjectSymbol, place: Place): void {
    if (this.diagnostics.some(({ message }) => message.startsWith(`“${name}” is not defined`))) return;
    this.report(
      used ?? place,
      `“${name}” is not defined, and no C library is linked here: define it, .include the file that does, or build the program with gcc and debug that.`,
    );
  }

  private section(name: string): OutputSection | undefined {
    return this.outputs.find((output) => output.name === name);
  }

  /** Symbols that linkers provide; 0 for weak ones that are nowhere. */
  private provided({ name, binding }: ObjectSymbol): bigint | undefined {
    const of = (output: OutputSection | undefined, end: boolean) =>
      BigInt(output ? output.address + (end ? output.size : 0) : 0);
    const arrays = /^__(preinit|init|fini)_array_(start|end)$/.exec(name);
    if (arrays) return of(this.section(`.${arrays[1]}_array`), arrays[2] === 'end');
    const bounds = /^__(start|stop)_([A-Za-z_]\w*)$/.exec(name);
    const bounded = bounds && this.section(bounds[2]);
    if (bounds && bounded) return of(bounded, bounds[1] === 'stop');
    const writable = this.segments.find(({ flags }) => flags & 2);
    const code = this.segments.find(({ flags }) => flags & 1);
    const last = this.segments.at(-1);
    switch (name) {
      case '_GLOBAL_OFFSET_TABLE_':
        return of(this.section('.got'), false);
      case '__executable_start':
      case '__ehdr_start':
        return BigInt(BASE);
      case '_etext':
      case 'etext':
        return code && BigInt(code.address + code.memorySize);
      case '_edata':
      case 'edata':
      case '__bss_start':
        return writable && BigInt(writable.address + writable.fileSize);
      case '_end':
      case 'end':
        return last && BigInt(last.address + last.memorySize);
      default:
        return binding === 'weak' ? 0n : undefined;
    }
  }

  private placedSymbols(): PlacedSymbol[] {
    return this.objects.flatMap(({ symbols }) =>
      symbols.flatMap((symbol): PlacedSymbol[] => {
        if (symbol.name === '' || !symbol.section || this.definition(symbol) !== symbol) return [];
        const { section } = symbol;
        const output = typeof section === 'object' ? this.placeOf.get(section)?.output : undefined;
        // A label at the end of an empty section.
        if (typeof section === 'object' && !output) return [];
        return [{ symbol, value: this.addressOf(symbol), section: output }];
      }),
    );
  }
}
