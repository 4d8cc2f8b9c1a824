/** The ELF files that are mapped as code: the program, its dynamic linker, its libraries; found anew whenever mappings change. */
import type { VmaView } from '../kernel/api.ts';
import { ElfError } from '../symbols/api.ts';
import type { FileReader } from '../symbols/debug-files.ts';
import { PF_X, PT_INTERP, PT_LOAD } from '../symbols/elf/constants.ts';
import { type ElfFile, readElf } from '../symbols/elf/file.ts';
import { Module } from '../symbols/module.ts';
import { baseName, type LoadedModule, type ProgramSymbols } from './symbols.ts';

const PAGE = ~0xfffn;

export interface ModuleChanges {
  added: LoadedModule[];
  removed: LoadedModule[];
}

/** A file as it is loaded at `bias` beside `others`; `readFile` finds debug information that was taken out of it. */
export function loadedModule(
  elf: ElfFile,
  path: string,
  bias: bigint,
  readFile: FileReader,
  others: readonly LoadedModule[] = [],
): LoadedModule {
  const symbols = new Module(elf, bias, readFile);
  const loads = elf.segments.filter(({ type }) => type === PT_LOAD);
  // Load segments are in ascending order of their addresses (ELF specification).
  const first = loads[0]?.vaddr ?? 0n;
  const last = loads.at(-1);
  const name = baseName(path);
  return {
    id: uniqueId(name, others),
    name,
    path,
    bias,
    loadsLibraries: elf.segments.some(({ type }) => type === PT_INTERP),
    start: first + bias,
    end: (last ? last.vaddr + last.memsz : 0n) + bias,
    symbols,
    get debug() {
      return symbols.debug;
    },
  };
}

/** Libraries may have the same name, and a file may be loaded twice. */
function uniqueId(name: string, others: readonly LoadedModule[]): string {
  for (let copy = 1; ; copy++) {
    const id = copy === 1 ? name : `${name} (${copy})`;
    if (!others.some((other) => other.id === id)) return id;
  }
}

/** Where the file would have to be loaded for one of its code segments to be mapped as `vma` is. */
function biasOf(elf: ElfFile, { start, offset }: VmaView): bigint | undefined {
  const segment = elf.segments.find(
    ({ type, flags, offset: at, filesz }) =>
      type === PT_LOAD && flags & PF_X && offset >= (at & PAGE) && offset < at + filesz,
  );
  return segment && start - ((segment.vaddr & PAGE) + (offset - (segment.offset & PAGE)));
}

export class LoadedModules {
  /** By path; undefined where the file is none or cannot be read. */
  private readonly files = new Map<string, ElfFile | undefined>();

  constructor(
    private readonly symbols: ProgramSymbols,
    /** Reads files of the system that the program runs in. */
    private readonly readFile: FileReader,
  ) {}

  /** Brings the modules in line with the mappings `vmas`. */
  update(vmas: readonly VmaView[]): ModuleChanges {
    const before = this.symbols.modules;
    const mapped: LoadedModule[] = [];
    for (const vma of vmas) {
      if (vma.protection[2] !== 'x' || vma.name === '' || vma.name.startsWith('[')) continue;
      const module = this.moduleOf(vma, [...mapped, ...before]);
      if (module && !mapped.includes(module)) mapped.push(module);
    }
    const added = mapped.filter((module) => !before.includes(module));
    const removed = before.filter((module) => !mapped.includes(module));
    // Those that were there keep their order: the program comes before its libraries, whatever their addresses.
    if (added.length || removed.length)
      this.symbols.setModules([...before.filter((module) => mapped.includes(module)), ...added]);
    return { added, removed };
  }

  private moduleOf(vma: VmaView, known: readonly LoadedModule[]): LoadedModule | undefined {
    const loaded = known.find(
      ({ path, start, end }) => path === vma.name && vma.start >= (start & PAGE) && vma.start < end,
    );
    if (loaded) return loaded;
    const elf = this.file(vma.name);
    const bias = elf && biasOf(elf, vma);
    return elf && bias !== undefined ? loadedModule(elf, vma.name, bias, this.readFile, known) : undefined;
  }

  private file(path: string): ElfFile | undefined {
    if (!this.files.has(path)) {
      const bytes = this.readFile(path);
      this.files.set(path, bytes && elfOf(bytes, path));
    }
    return this.files.get(path);
  }
}

function elfOf(bytes: Uint8Array, path: string): ElfFile | undefined {
  try {
    return readElf(bytes, path);
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
}
