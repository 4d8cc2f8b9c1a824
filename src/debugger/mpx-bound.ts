/**
 * Bounds of a pointer in memory, shown and set: what GDB's `show mpx bound` and `set mpx bound` do, but they say whether the entry
 * matches, store the pointer with the bounds, and make a table where there is none (spec C.3).
 */
import { hex } from '../base/hex.ts';
import { wordBytes } from '../kernel/abi.ts';
import { allocate_bt } from '../kernel/mpx/allocate.ts';
import { complete } from '../kernel/steps.ts';
import { Task } from '../kernel/task.ts';
import type { Bounds } from '../machine/api.ts';
import type { Debuggee } from './debuggee.ts';
import {
  directoryEntries,
  directoryEntryOf,
  matchOf,
  type TableEntry,
  tableContent,
  tableEntryOf,
} from './directory.ts';
import { UserError } from './errors.ts';
import { wholeNumber } from './expressions/numbers.ts';
import type { Value } from './expressions/value.ts';
import { boundsText, isInit } from './format.ts';

/** Most entries listed for a pointer value. */
const LISTED = 8;

/** The slot an expression means: the memory it was read from, the data it names, or the address that it is. */
export function slotOf(value: Value): bigint {
  if (value.kind === 'object' && value.object.address !== undefined) return value.object.address;
  if (value.kind !== 'object' && value.kind !== 'integer')
    throw new UserError('An address is needed: a pointer variable, or the address of one.');
  return BigInt.asUintN(64, wholeNumber(value));
}

/** One line or several about the bounds that protect the pointer in `slot`, or entries for the value if it is none. */
export function showBound(debuggee: Debuggee, value: Value): string {
  const slot = slotOf(value);
  const base = requireDirectory(debuggee);
  const { memory, boundsLayout: layout } = debuggee;
  const entry = directoryEntryOf(layout, memory, base, slot);
  const where = `the directory entry at ${hex(layout.directoryEntryAddress(base, slot))}`;
  if (entry && entry.value !== 0n && !entry.valid) return `${where} is not valid: it holds ${hex(entry.value)}.`;
  const found = entry?.valid ? tableEntryOf(layout, memory, entry.table, slot) : undefined;
  if (found && (found.pointer !== 0n || found.lower !== 0n || found.upperRaw !== 0n)) return entryText(debuggee, found);
  const stored = entriesForPointer(debuggee, base, slot);
  if (stored.length > 0) {
    const list = stored.slice(0, LISTED).map((one) => `  ${entryText(debuggee, one)}`);
    const more = stored.length > LISTED ? [`  and ${stored.length - LISTED} more`] : [];
    return [`Bounds stored for the pointer value ${hex(slot)}:`, ...list, ...more].join('\n');
  }
  if (!entry?.valid)
    return `Nothing is stored for slot ${hex(slot)}: ${where} is empty, so BNDLDX would first make a table, then load INIT.`;
  return `Nothing is stored for slot ${hex(slot)}: its entry at ${hex(layout.tableEntryAddress(entry.table, slot))} is zero, BNDLDX loads INIT.`;
}

/** `Slot 0x7ffe0008 holds 0x602010: [0x602010, 0x602019] 10 bytes, stored for this pointer (entry 0x7fff0100)`. */
function entryText(debuggee: Debuggee, entry: TableEntry): string {
  const { slotValue, match } = matchOf(debuggee.boundsLayout, debuggee.memory, entry);
  const holds = slotValue === undefined ? 'is not mapped' : `holds ${hex(slotValue)}`;
  const bounds = boundsText({ lower: entry.lower, upperRaw: entry.upperRaw });
  const verdict = match
    ? 'stored for this pointer'
    : `stored for another pointer, ${hex(entry.pointer)}: BNDLDX does not match and loads INIT`;
  return `Slot ${hex(entry.slot)} ${holds}: ${bounds}, ${verdict} (entry at ${hex(entry.address)})`;
}

function entriesForPointer(debuggee: Debuggee, base: bigint, pointer: bigint): TableEntry[] {
  if (pointer === 0n) return [];
  const { memory, boundsLayout } = debuggee;
  return directoryEntries(boundsLayout, memory, base)
    .filter(({ valid }) => valid)
    .flatMap((entry) => tableContent(boundsLayout, memory, entry).entries)
    .filter((entry) => entry.pointer === pointer);
}

function requireDirectory(debuggee: Debuggee): bigint {
  const base = debuggee.directoryBase;
  if (base === undefined)
    throw new UserError('MPX is off: there is no bounds directory. The panel “MPX Tables” says which condition fails.');
  return base;
}

/** Stores `bounds` for the pointer that `slot` holds, with a table made if needed. → what was done, in a sentence. */
export function setBound(debuggee: Debuggee, slot: bigint, bounds: Bounds): string {
  const base = requireDirectory(debuggee);
  const { memory, boundsLayout: layout } = debuggee;
  const start = layout.slotStart(slot);
  const pointer = memory.readUint(start, layout.word);
  if (pointer === undefined) throw new UserError(`There is no memory at the slot ${hex(start)}.`);
  let entry = directoryEntryOf(layout, memory, base, slot);
  let made = '';
  if (!entry?.valid) {
    if (entry && entry.value !== 0n)
      throw new UserError(`The directory entry at ${hex(entry.address)} holds garbage: ${hex(entry.value)}.`);
    makeTable(debuggee, base, slot);
    entry = directoryEntryOf(layout, memory, base, slot);
    if (!entry?.valid) throw new UserError(`The kernel could not make a bounds table for ${hex(slot)}.`);
    made = ` in the new table ${hex(entry.table)}, made by the debugger`;
  }
  const address = layout.tableEntryAddress(entry.table, slot);
  const bytes = wordBytes(layout.word, [bounds.lower, bounds.upperRaw, pointer]);
  if (memory.write(address, bytes) < bytes.length)
    throw new UserError(`The table entry at ${hex(address)} cannot be written: the table is not mapped.`);
  const note = isInit(bounds) ? ' (everything is allowed)' : '';
  return `Slot ${hex(start)} with pointer ${hex(pointer)} now has ${boundsText(bounds)}${note}${made}.`;
}

function makeTable(debuggee: Debuggee, base: bigint, slot: bigint): void {
  const { task } = debuggee;
  if (!(task instanceof Task) || task.inKernel)
    throw new UserError('A bounds table can only be made while the program is not inside the kernel.');
  complete(allocate_bt(task, base, debuggee.boundsLayout.directoryEntryAddress(base, slot)));
}
