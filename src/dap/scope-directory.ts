/** The scope “Bounds Directory”: its present entries, their tables, and the entries of a table. */
import { hex } from '../base/hex.ts';
import {
  areaStart,
  type DirectoryEntry,
  directoryEntries,
  matchOf,
  type TableEntry,
  tableContent,
  tableEntryOf,
} from '../debugger/directory.ts';
import { assignBounds } from '../debugger/edit-bounds.ts';
import { UserError } from '../debugger/errors.ts';
import { evaluateText } from '../debugger/expressions/evaluate.ts';
import { boundsText, count, upperOf } from '../debugger/format.ts';
import { setBound } from '../debugger/mpx-bound.ts';
import type { Container } from './containers.ts';
import { editScope, type Item, type ItemContext } from './items.ts';
import type { Launched } from './state.ts';

type TableContainer = Extract<Container, { kind: 'table' }>;

function entries(launched: Launched): DirectoryEntry[] {
  const { memory, directoryBase } = launched.debuggee;
  return directoryBase === undefined ? [] : directoryEntries(memory, directoryBase);
}

/** How many entries of the directory are in use. */
export function directorySize(launched: Launched): number {
  return entries(launched).length;
}

export function directoryItems(context: ItemContext): Item[] {
  return entries(context.launched)
    .slice(context.start, context.start + context.count)
    .map((entry) => directoryItem(context, entry));
}

function directoryItem(context: ItemContext, entry: DirectoryEntry): Item {
  const { index, address, value, table, valid } = entry;
  const area = `${hex(areaStart(index))}–${hex(areaStart(index + 1n) - 1n)}`;
  const name = `[${hex(index)}]`;
  const memoryReference = hex(address);
  if (!valid)
    return { name, value: `${area}: garbage ${hex(value)}, the valid bit is clear`, memoryReference, readOnly: true };
  const { residentPages, entries: live } = tableContent(context.launched.debuggee.memory, entry);
  return {
    name,
    value: `${area}: table ${hex(table)}, ${count(residentPages, 'resident page')}, ${count(live.length, 'live entry', 'live entries')}`,
    type: 'bounds directory entry',
    memoryReference: hex(table),
    evaluateName: `*(u64*)${hex(address)}`,
    children: { kind: 'table', index, table, entry: address, value },
    indexed: live.length,
    readOnly: true,
  };
}

export function tableItems(context: ItemContext, container: TableContainer): Item[] {
  const { memory } = context.launched.debuggee;
  return tableContent(memory, container)
    .entries.slice(context.start, context.start + context.count)
    .map((entry) => tableItem(context, container.table, entry));
}

/** `[0x602010, 0x602019] 10 bytes for 0x602010, matches`. */
export function entryDescription(entry: TableEntry, slotValue: bigint | undefined, match: boolean): string {
  const bounds = boundsText({ lower: entry.lower, upperRaw: entry.upperRaw });
  if (match) return `${bounds} for ${hex(entry.pointer)}, matches`;
  const now = slotValue === undefined ? 'the slot is not mapped' : `the slot holds ${hex(slotValue)}`;
  return `${bounds} for ${hex(entry.pointer)}, does not match: ${now}`;
}

function tableItem(context: ItemContext, table: bigint, entry: TableEntry): Item {
  const { slotValue, match } = matchOf(context.launched.debuggee.memory, entry);
  return {
    name: hex(entry.slot),
    value: entryDescription(entry, slotValue, match),
    type: 'bounds table entry',
    evaluateName: `*(u64*)${hex(entry.slot)}`,
    memoryReference: hex(entry.address),
    children: { kind: 'table-entry', slot: entry.slot, table },
    set: (text) => {
      setBound(context.launched.debuggee, entry.slot, assignBounds(text, editScope(context)));
      context.state.edited({ address: entry.address, length: 24 });
    },
  };
}

export function tableEntryItems(context: ItemContext, container: Extract<Container, { kind: 'table-entry' }>): Item[] {
  const { memory } = context.launched.debuggee;
  const entry = tableEntryOf(memory, container.table, container.slot);
  if (!entry) return [{ name: 'entry', value: 'the table is no longer mapped', readOnly: true }];
  const { slotValue, match } = matchOf(memory, entry);
  const upper = upperOf(entry);
  return [
    wordItem(context, 'lower', entry.address, entry.lower),
    // Shown and typed as an address; stored as its complement.
    {
      ...wordItem(context, 'upper', entry.address + 8n, upper, true),
      evaluateName: `~*(u64*)${hex(entry.address + 8n)}`,
    },
    wordItem(context, 'raw', entry.address + 8n, entry.upperRaw),
    wordItem(context, 'pointer', entry.address + 16n, entry.pointer),
    {
      name: 'slot value',
      value: slotValue === undefined ? 'not mapped' : hex(slotValue),
      memoryReference: hex(entry.slot),
      readOnly: true,
    },
    { name: 'match', value: match ? 'BNDLDX loads these bounds' : 'BNDLDX loads INIT', readOnly: true },
  ];
}

function wordItem(context: ItemContext, name: string, address: bigint, value: bigint, complement = false): Item {
  return {
    name,
    value: hex(value),
    evaluateName: `*(u64*)${hex(address)}`,
    memoryReference: hex(value),
    set: (text) => {
      const typed = evaluateText(text, editScope(context));
      if (typed.kind !== 'integer') throw new UserError('An address is needed here.');
      const stored = BigInt.asUintN(64, complement ? ~typed.value : typed.value);
      if (!context.launched.debuggee.memory.writeUint(address, 8, stored))
        throw new UserError('The table is no longer mapped.');
      context.state.edited({ address, length: 8 });
    },
  };
}
