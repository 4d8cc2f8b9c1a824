/** The scope “Bounds Directory”: its present entries, their tables, and the entries of a table. */
import { hex } from '../base/hex.ts';
import type { BoundsLayout } from '../debugger/bounds-layout.ts';
import {
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

/** The type of an expression that reads a pointer's worth. */
const wordType = ({ word }: BoundsLayout): string => (word === 8 ? 'u64' : 'u32');

type TableContainer = Extract<Container, { kind: 'table' }>;

function entries(launched: Launched): DirectoryEntry[] {
  const { memory, directoryBase, boundsLayout } = launched.debuggee;
  return directoryBase === undefined ? [] : directoryEntries(boundsLayout, memory, directoryBase);
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
  const { memory, boundsLayout: layout } = context.launched.debuggee;
  const area = `${hex(layout.areaStart(index))}–${hex(layout.areaStart(index + 1n) - 1n)}`;
  const name = `[${hex(index)}]`;
  const memoryReference = hex(address);
  if (!valid)
    return { name, value: `${area}: garbage ${hex(value)}, the valid bit is clear`, memoryReference, readOnly: true };
  const { residentPages, entries: live } = tableContent(layout, memory, entry);
  return {
    name,
    value: `${area}: table ${hex(table)}, ${count(residentPages, 'resident page')}, ${count(live.length, 'live entry', 'live entries')}`,
    type: 'bounds directory entry',
    memoryReference: hex(table),
    evaluateName: `*(${wordType(layout)}*)${hex(address)}`,
    children: { kind: 'table', index, table, entry: address, value },
    indexed: live.length,
    readOnly: true,
  };
}

export function tableItems(context: ItemContext, container: TableContainer): Item[] {
  const { memory, boundsLayout } = context.launched.debuggee;
  return tableContent(boundsLayout, memory, container)
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
  const { memory, boundsLayout: layout } = context.launched.debuggee;
  const { slotValue, match } = matchOf(layout, memory, entry);
  return {
    name: hex(entry.slot),
    value: entryDescription(entry, slotValue, match),
    type: 'bounds table entry',
    evaluateName: `*(${wordType(layout)}*)${hex(entry.slot)}`,
    memoryReference: hex(entry.address),
    children: { kind: 'table-entry', slot: entry.slot, table },
    set: (text) => {
      setBound(context.launched.debuggee, entry.slot, assignBounds(text, editScope(context)));
      context.state.edited({ address: entry.address, length: 3 * layout.word });
    },
  };
}

export function tableEntryItems(context: ItemContext, container: Extract<Container, { kind: 'table-entry' }>): Item[] {
  const { memory, boundsLayout: layout } = context.launched.debuggee;
  const entry = tableEntryOf(layout, memory, container.table, container.slot);
  if (!entry) return [{ name: 'entry', value: 'the table is no longer mapped', readOnly: true }];
  const { slotValue, match } = matchOf(layout, memory, entry);
  const upper = upperOf(entry);
  const at = (field: bigint) => entry.address + field * layout.entryBytes;
  return [
    wordItem(context, 'lower', entry.address, entry.lower),
    // Shown and typed as an address; stored as its complement.
    {
      ...wordItem(context, 'upper', at(1n), upper, true),
      evaluateName: `~*(${wordType(layout)}*)${hex(at(1n))}`,
    },
    wordItem(context, 'raw', at(1n), layout.wrap(entry.upperRaw)),
    wordItem(context, 'pointer', at(2n), entry.pointer),
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
  const { boundsLayout: layout } = context.launched.debuggee;
  return {
    name,
    value: hex(value),
    evaluateName: `*(${wordType(layout)}*)${hex(address)}`,
    memoryReference: hex(value),
    set: (text) => {
      const typed = evaluateText(text, editScope(context));
      if (typed.kind !== 'integer') throw new UserError('An address is needed here.');
      const stored = layout.wrap(complement ? ~typed.value : typed.value);
      if (!context.launched.debuggee.memory.writeUint(address, layout.word, stored))
        throw new UserError('The table is no longer mapped.');
      context.state.edited({ address, length: layout.word });
    },
  };
}
