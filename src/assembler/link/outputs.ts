/** Which sections of the object files go where in the program. */
import type { ObjectSection } from '../object.ts';
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS } from '../section-names.ts';

/** A section of the program: pieces of the object files', one after the other. */
export interface OutputSection {
  name: string;
  type: number;
  flags: number;
  entrySize: number;
  alignment: number;
  pieces: { section: ObjectSection; offset: number }[];
  size: number;
  /** Where it lies in memory; 0 for sections that are not loaded. */
  address: number;
  /** Where it lies in the file. */
  offset: number;
}

/** Sections whose name goes on after a dot belong to the one without. */
const GATHERED =
  /^(\.(?:text|rodata|data\.rel\.ro|data|bss|init_array|fini_array|preinit_array|ctors|dtors|eh_frame|tdata|tbss))\./;
/** Order of what has no flags to be told apart by. */
const FIRST = [
  '.note',
  '.rodata',
  '.eh_frame',
  '.init',
  '.text',
  '.fini',
  '.preinit_array',
  '.init_array',
  '.fini_array',
  '.ctors',
  '.dtors',
  '.data.rel.ro',
  '.got',
  '.data',
];
const PRIORITY_LAST = 65_536;

const outputName = (name: string): string => GATHERED.exec(name)?.[1] ?? name;

/** `.init_array.00101` runs before `.init_array.00102`, and both before `.init_array`. */
function priority(name: string): number {
  const match = /^\.(?:init|fini)_array\.(\d+)$/.exec(name);
  return match ? Number(match[1]) : PRIORITY_LAST;
}

/** Segments: 0 read-only, 1 code, 2 writable, 3 not loaded. */
export function segmentOf({ flags }: { flags: number }): 0 | 1 | 2 | 3 {
  if (!(flags & SHF_ALLOC)) return 3;
  if (flags & SHF_WRITE) return 2;
  return flags & SHF_EXECINSTR ? 1 : 0;
}

function rank({ name, type, flags }: OutputSection): number {
  const known = FIRST.findIndex((prefix) => name === prefix || (prefix === '.note' && name.startsWith(prefix)));
  const within = type === SHT_NOBITS ? FIRST.length + 1 : known < 0 ? FIRST.length : known;
  return segmentOf({ flags }) * 100 + within;
}

/** The program's sections, in the order in which they lie there; addresses are not given yet. */
export function gather(sections: readonly ObjectSection[]): OutputSection[] {
  const outputs = new Map<string, OutputSection>();
  const kept = sections.filter(({ name, size }) => size > 0 && name !== '.note.GNU-stack');
  for (const section of kept.sort((a, b) => priority(a.name) - priority(b.name))) {
    const name = outputName(section.name);
    // Bytes cannot follow room in one section.
    const key = `${name} ${section.type === SHT_NOBITS}`;
    let output = outputs.get(key);
    if (!output) {
      const { type, entrySize } = section;
      output = { name, type, flags: 0, entrySize, alignment: 1, pieces: [], size: 0, address: 0, offset: 0 };
      outputs.set(key, output);
    }
    output.flags = (output.flags | section.flags) >>> 0;
    output.alignment = Math.max(output.alignment, section.alignment);
    const offset = Math.ceil(output.size / section.alignment) * section.alignment;
    output.pieces.push({ section, offset });
    output.size = offset + section.size;
  }
  return [...outputs.values()].sort((a, b) => rank(a) - rank(b));
}
