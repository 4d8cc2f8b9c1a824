/** The bounds directory and its tables as they lie in memory (spec A.5, B.1, 64-bit). Only present pages are looked at. */
import type { Memory } from './memory.ts';

/** 2^28 entries of 8 bytes; each covers 1 MiB of address space. */
export const DIRECTORY_BYTES = 1n << 31n;
export const AREA_BYTES = 1n << 20n;
const DIRECTORY_ENTRY_BYTES = 8n;
/** 2^17 entries of 32 bytes; each covers one 8-byte slot. */
export const TABLE_BYTES = 1n << 22n;
const TABLE_ENTRY_BYTES = 32;
const SLOT_BYTES = 8n;
const PAGE = 4096n;
const VALID = 1n;
const ADDRESS_MASK = ~7n;

export interface DirectoryEntry {
  /** Index in the directory; the area is [index << 20, (index + 1) << 20). */
  index: bigint;
  /** Address of the entry, and what it holds. */
  address: bigint;
  value: bigint;
  valid: boolean;
  /** Address of the table, with the low three bits cleared. */
  table: bigint;
}

export interface TableEntry {
  /** Address of the entry in the table. */
  address: bigint;
  /** Address of the pointer it belongs to, a multiple of 8. */
  slot: bigint;
  lower: bigint;
  upperRaw: bigint;
  /** The pointer value the bounds were stored with. */
  pointer: bigint;
}

export const areaStart = (index: bigint): bigint => index * AREA_BYTES;

/** Index of the directory entry for a slot: bits 47:20 of its address. */
export function directoryIndex(slot: bigint): bigint {
  return (slot >> 20n) & 0xfff_ffffn;
}

export function directoryEntryAddress(base: bigint, slot: bigint): bigint {
  return BigInt.asUintN(64, base + directoryIndex(slot) * DIRECTORY_ENTRY_BYTES);
}

/** Address of the entry for `slot` in `table`: bits 19:3 of the slot select it. */
export function tableEntryAddress(table: bigint, slot: bigint): bigint {
  return BigInt.asUintN(64, table + ((slot >> 3n) & 0x1ffffn) * BigInt(TABLE_ENTRY_BYTES));
}

function decodeEntry(base: bigint, index: bigint, value: bigint): DirectoryEntry {
  const address = BigInt.asUintN(64, base + index * DIRECTORY_ENTRY_BYTES);
  return { index, address, value, valid: (value & VALID) !== 0n, table: BigInt.asUintN(64, value & ADDRESS_MASK) };
}

/** The directory entry for `slot`; undefined where the directory is not present. */
export function directoryEntryOf(memory: Memory, base: bigint, slot: bigint): DirectoryEntry | undefined {
  const value = memory.readUint(directoryEntryAddress(base, slot), 8);
  return value === undefined ? undefined : decodeEntry(base, directoryIndex(slot), value);
}

/** The table entry for `slot`; undefined where the table is not present. */
export function tableEntryOf(memory: Memory, table: bigint, slot: bigint): TableEntry | undefined {
  const address = tableEntryAddress(table, slot);
  const bytes = memory.read(address, TABLE_ENTRY_BYTES);
  return bytes.length < TABLE_ENTRY_BYTES ? undefined : decodeTableEntry(bytes, 0, address, slot & ~7n);
}

function decodeTableEntry(bytes: Uint8Array, at: number, address: bigint, slot: bigint): TableEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (offset: number) => view.getBigUint64(at + offset, true);
  return { address, slot, lower: word(0), upperRaw: word(8), pointer: word(16) };
}

/** All entries of the directory that are not zero, by ascending index. */
export function directoryEntries(memory: Memory, base: bigint): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const page of memory.presentPages(base, base + DIRECTORY_BYTES)) {
    const bytes = memory.read(page, Number(PAGE));
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = (page - base) / DIRECTORY_ENTRY_BYTES;
    for (let i = 0; i + 8 <= bytes.length; i += 8) {
      const value = words.getBigUint64(i, true);
      if (value !== 0n) entries.push(decodeEntry(base, first + BigInt(i / 8), value));
    }
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
  memory: Memory,
  { table }: TablePlace,
  visit: (bytes: Uint8Array, at: number, address: bigint) => void,
): number {
  const pages = memory.presentPages(table & ~(PAGE - 1n), table + TABLE_BYTES);
  for (const page of pages) {
    // A table need not begin on a page boundary: entries may cross pages (spec A.8).
    const start = page < table ? table : page + ((((table - page) % BigInt(TABLE_ENTRY_BYTES)) + 32n) % 32n);
    const end = page + PAGE < table + TABLE_BYTES ? page + PAGE : table + TABLE_BYTES;
    const bytes = memory.read(start, Number(end - start) + TABLE_ENTRY_BYTES);
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const last = Math.min(Number(end - start) - 1, bytes.length - TABLE_ENTRY_BYTES);
    for (let at = 0; at <= last; at += TABLE_ENTRY_BYTES)
      if (hasContent(words, at)) visit(bytes, at, start + BigInt(at));
  }
  return pages.length;
}

/** Whether bounds or pointer of an entry are not zero; its reserved word does not count. */
function hasContent(words: DataView, at: number): boolean {
  for (let offset = 0; offset < TABLE_ENTRY_BYTES - 8; offset += 4) if (words.getUint32(at + offset)) return true;
  return false;
}

/** The non-zero entries of the table that `entry` points to, and how many of its pages are present. */
export function tableContent(memory: Memory, entry: TablePlace): TableContent {
  const entries: TableEntry[] = [];
  const residentPages = visitEntries(memory, entry, (bytes, at, address) => {
    const slot = areaStart(entry.index) + ((address - entry.table) / BigInt(TABLE_ENTRY_BYTES)) * SLOT_BYTES;
    entries.push(decodeTableEntry(bytes, at, address, slot));
  });
  return { residentPages, entries };
}

/** As `tableContent`, but entries are only counted, which is far cheaper. */
export function tableUse(memory: Memory, entry: TablePlace): { residentPages: number; liveEntries: number } {
  let liveEntries = 0;
  const residentPages = visitEntries(memory, entry, () => liveEntries++);
  return { residentPages, liveEntries };
}

/** Whether BNDLDX with the pointer that the slot holds now would load the entry's bounds (spec A.5). */
export function matchOf(memory: Memory, entry: TableEntry): { slotValue: bigint | undefined; match: boolean } {
  const slotValue = memory.readUint(entry.slot, 8);
  return { slotValue, match: slotValue === entry.pointer };
}
