/** The bounds directory and its tables as they lie in memory (spec A.5, B.1). Only present pages are looked at. */
import { wordsOf } from '../kernel/abi.ts';
import { widened } from './bound-registers.ts';
import type { BoundsLayout } from './bounds-layout.ts';
import type { Memory } from './memory.ts';

const PAGE = 4096n;
const VALID = 1n;

export interface DirectoryEntry {
  /** Index in the directory. */
  index: bigint;
  /** Address of the entry, and what it holds. */
  address: bigint;
  value: bigint;
  valid: boolean;
  /** Address of the table, without the low bits that the CPU ignores. */
  table: bigint;
}

export interface TableEntry {
  /** Address of the entry in the table. */
  address: bigint;
  /** Address of the pointer it belongs to, a multiple of its size. */
  slot: bigint;
  lower: bigint;
  upperRaw: bigint;
  /** The pointer value the bounds were stored with. */
  pointer: bigint;
}

function decodeEntry(layout: BoundsLayout, base: bigint, index: bigint, value: bigint): DirectoryEntry {
  const address = layout.wrap(base + index * layout.entryBytes);
  return { index, address, value, valid: (value & VALID) !== 0n, table: value & -layout.slotBytes };
}

/** The directory entry for `slot`; undefined where the directory is not present. */
export function directoryEntryOf(
  layout: BoundsLayout,
  memory: Memory,
  base: bigint,
  slot: bigint,
): DirectoryEntry | undefined {
  const value = memory.readUint(layout.directoryEntryAddress(base, slot), layout.word);
  return value === undefined ? undefined : decodeEntry(layout, base, layout.directoryIndex(slot), value);
}

/** The table entry for `slot`; undefined where the table is not present. */
export function tableEntryOf(
  layout: BoundsLayout,
  memory: Memory,
  table: bigint,
  slot: bigint,
): TableEntry | undefined {
  const address = layout.tableEntryAddress(table, slot);
  const bytes = memory.read(address, layout.tableEntryBytes);
  if (bytes.length < layout.tableEntryBytes) return undefined;
  return decodeTableEntry(layout, bytes, 0, address, layout.slotStart(slot));
}

function decodeTableEntry(
  { word, tableEntryBytes }: BoundsLayout,
  bytes: Uint8Array,
  at: number,
  address: bigint,
  slot: bigint,
): TableEntry {
  const [lower, upperRaw, pointer] = wordsOf(word, bytes.subarray(at, at + tableEntryBytes));
  const bounds = { lower, upperRaw };
  return { address, slot, ...(word === 4 ? widened(bounds) : bounds), pointer };
}

/** All entries of the directory that are not zero, by ascending index. */
export function directoryEntries(layout: BoundsLayout, memory: Memory, base: bigint): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const page of memory.presentPages(base, base + layout.directoryBytes)) {
    const first = (page - base) / layout.entryBytes;
    for (const [i, value] of wordsOf(layout.word, memory.read(page, Number(PAGE))).entries())
      if (value !== 0n) entries.push(decodeEntry(layout, base, first + BigInt(i), value));
  }
  return entries;
}

export interface TableContent {
  residentPages: number;
  entries: TableEntry[];
}

type TablePlace = Pick<DirectoryEntry, 'index' | 'table'>;

/** Calls `visit` for each non-zero entry of a table: `words` holds it at `at`. → how many of the table's pages are present. */
function visitEntries(
  { tableBytes, tableEntryBytes, word }: BoundsLayout,
  memory: Memory,
  { table }: TablePlace,
  visit: (bytes: Uint8Array, at: number, address: bigint) => void,
): number {
  const size = BigInt(tableEntryBytes);
  const pages = memory.presentPages(table & ~(PAGE - 1n), table + tableBytes);
  for (const page of pages) {
    // A table need not begin on a page boundary: entries may cross pages (spec A.8).
    const start = page < table ? table : page + ((((table - page) % size) + size) % size);
    const end = page + PAGE < table + tableBytes ? page + PAGE : table + tableBytes;
    const bytes = memory.read(start, Number(end - start) + tableEntryBytes);
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const last = Math.min(Number(end - start) - 1, bytes.length - tableEntryBytes);
    for (let at = 0; at <= last; at += tableEntryBytes)
      if (hasContent(words, at, 3 * word)) visit(bytes, at, start + BigInt(at));
  }
  return pages.length;
}

/** Whether bounds or pointer of an entry are not zero; its reserved word does not count. */
function hasContent(words: DataView, at: number, length: number): boolean {
  for (let offset = 0; offset < length; offset += 4) if (words.getUint32(at + offset)) return true;
  return false;
}

/** The non-zero entries of the table that `entry` points to, and how many of its pages are present. */
export function tableContent(layout: BoundsLayout, memory: Memory, entry: TablePlace): TableContent {
  const entries: TableEntry[] = [];
  const residentPages = visitEntries(layout, memory, entry, (bytes, at, address) => {
    const number = (address - entry.table) / BigInt(layout.tableEntryBytes);
    const slot = layout.areaStart(entry.index) + number * layout.slotBytes;
    entries.push(decodeTableEntry(layout, bytes, at, address, slot));
  });
  return { residentPages, entries };
}

/** As `tableContent`, but entries are only counted, which is far cheaper. */
export function tableUse(
  layout: BoundsLayout,
  memory: Memory,
  entry: TablePlace,
): { residentPages: number; liveEntries: number } {
  let liveEntries = 0;
  const residentPages = visitEntries(layout, memory, entry, () => liveEntries++);
  return { residentPages, liveEntries };
}

/** Whether BNDLDX with the pointer that the slot holds now would load the entry's bounds (spec A.5). */
export function matchOf(
  { word }: BoundsLayout,
  memory: Memory,
  entry: TableEntry,
): { slotValue: bigint | undefined; match: boolean } {
  const slotValue = memory.readUint(entry.slot, word);
  return { slotValue, match: slotValue === entry.pointer };
}
