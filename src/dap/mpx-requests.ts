/** Custom requests of the panel “MPX Tables” (src/protocol/panel.ts), and input for the program. */
import { hex, parseAddress } from '../base/hex.ts';
import { addressMap as mapOf } from '../debugger/address-map.ts';

import { matchOf, tableContent } from '../debugger/directory.ts';
import { enableConditions, isMpxEnabled } from '../debugger/enable-conditions.ts';
import { UserError } from '../debugger/errors.ts';
import { upperOf } from '../debugger/format.ts';
import type { TableRecord } from '../debugger/tables.ts';
import { eventRow, type TimelineEvent } from '../debugger/timeline.ts';
import type {
  EntriesResponse,
  EntryRow,
  EventsResponse,
  MapResponse,
  OverviewResponse,
  SourcePlace,
  TableRow,
  TablesResponse,
} from '../protocol/panel.ts';
import type { Arguments } from './arguments.ts';
import { fromBase64 } from './output.ts';
import { entryDescription } from './scope-directory.ts';
import type { Handlers, Launched, SessionState } from './state.ts';

const PAGE = 4096;

function overview(state: SessionState): OverviewResponse {
  const launched = state.program();
  const { debuggee, profile } = launched;
  const { process, task, memory, ledger, directoryBase, control, boundsLayout } = debuggee;
  const { directoryBytes, tableBytes } = boundsLayout;
  const tables = ledger.tables(process).filter((record) => record.freedAt === undefined);
  const resident = (start: bigint, end: bigint) => memory.presentPages(start, end).length * PAGE;
  const tableResidentBytes = tables.reduce((sum, { table }) => sum + resident(table, table + tableBytes), 0);
  const directoryResidentBytes =
    directoryBase === undefined ? 0 : resident(directoryBase, directoryBase + directoryBytes);
  const { bdAddr } = process.mpx;
  return {
    epoch: state.epoch,
    running: state.phase === 'running',
    exited: state.phase === 'exited',
    enabled: isMpxEnabled(process, task),
    conditions: enableConditions(process, task, control.handlerDepth() > 0),
    kernelProfile: profile,
    directory:
      directoryBase === undefined
        ? undefined
        : {
            address: hex(directoryBase),
            size: hex(directoryBytes),
            residentBytes: directoryResidentBytes,
            managed: bdAddr === directoryBase,
            kernelBdAddr: bdAddr === undefined ? undefined : hex(bdAddr),
          },
    tables: ledger.counts(process),
    memory: {
      tableVirtualBytes: tables.length * Number(tableBytes),
      tableResidentBytes,
      directoryResidentBytes,
      dataBytes: process.machine.memory.presentCount * PAGE - tableResidentBytes - directoryResidentBytes,
    },
  };
}

/** Columns that a record tells without a look into the table. */
const CHEAP_COLUMNS = new Set<keyof TableRow>([
  'index',
  'entryAddress',
  'areaStart',
  'areaEnd',
  'table',
  'allocatedAt',
]);
/** Columns to sort by. */
type Column = Exclude<keyof TableRow, 'source'>;
const COLUMNS: readonly Column[] = [
  ...(['index', 'entryAddress', 'areaStart', 'areaEnd', 'table', 'allocatedAt'] as const),
  ...(['residentPages', 'liveEntries', 'state', 'allocatedBy'] as const),
];

function columnOf(name: string): Column {
  const column = COLUMNS.find((one) => one === name);
  if (!column) throw new UserError(`Tables have no column “${name}” to sort by.`);
  return column;
}

/** Numbers by value, whatever their notation; texts by alphabet. */
function compareCells(a: string | number, b: string | number): number {
  const left = typeof a === 'number' ? BigInt(a) : parseAddress(a);
  const right = typeof b === 'number' ? BigInt(b) : parseAddress(b);
  if (left !== undefined && right !== undefined) return left < right ? -1 : left > right ? 1 : 0;
  return String(a).localeCompare(String(b), 'en');
}

function page(args: Arguments): { start: number; count: number } {
  return { start: args.optionalCount('start') ?? 0, count: args.optionalCount('count') ?? 100 };
}

/** The source line of a place in the code, if its file is on this machine. */
function sourcePlace({ debuggee, sources }: Launched, pc: bigint | undefined): SourcePlace | undefined {
  const location = pc === undefined ? undefined : debuggee.symbols.locationOf(pc);
  const path = location && sources.found(location.file);
  return location && path !== undefined ? { path, line: location.line } : undefined;
}

function tables(state: SessionState, args: Arguments): TablesResponse {
  const launched = state.program();
  const { process, ledger } = launched.debuggee;
  const vmas = process.vmas();
  const { start, count } = page(args);
  const records = ledger.tables(process);
  const row = (record: TableRecord): TableRow => ({
    ...ledger.row(record, process, vmas),
    source: sourcePlace(launched, record.allocatedAt?.pc),
  });
  const filter = args.optionalString('filter')?.trim().toLowerCase();
  const sort = args.has('sort') ? args.object('sort') : undefined;
  const column = sort ? columnOf(sort.string('by')) : 'index';
  // Reading tables costs; without a filter, and sorted by what is known, only the page is read.
  if (!filter && CHEAP_COLUMNS.has(column)) {
    const cell = (record: TableRecord) =>
      column === 'table'
        ? record.table
        : column === 'allocatedAt'
          ? (record.allocatedAt?.instruction ?? -1n)
          : record.index;
    const sorted = [...records].sort((a, b) => (cell(a) < cell(b) ? -1 : cell(a) > cell(b) ? 1 : 0));
    if (sort?.boolean('descending')) sorted.reverse();
    return { epoch: state.epoch, total: records.length, rows: sorted.slice(start, start + count).map(row) };
  }
  const matches = (one: TableRow) =>
    !filter || Object.values(one).some((cell) => String(cell).toLowerCase().includes(filter));
  const rows = records.map(row).filter(matches);
  rows.sort((a, b) => compareCells(a[column], b[column]));
  if (sort?.boolean('descending')) rows.reverse();
  return { epoch: state.epoch, total: rows.length, rows: rows.slice(start, start + count) };
}

function addressMap(state: SessionState): MapResponse {
  return { epoch: state.epoch, areas: mapOf(state.program().debuggee) };
}

function entries(state: SessionState, args: Arguments): EntriesResponse {
  const { debuggee } = state.program();
  const index = args.address('index');
  const { start, count } = page(args);
  const record = debuggee.ledger
    .tables(debuggee.process)
    .findLast((one) => one.index === index && one.freedAt === undefined);
  if (!record) throw new UserError(`There is no table for the directory entry ${hex(index)} now.`);
  const content = tableContent(debuggee.boundsLayout, debuggee.memory, record).entries;
  const rows = content.slice(start, start + count).map((entry): EntryRow => {
    const { slotValue, match } = matchOf(debuggee.boundsLayout, debuggee.memory, entry);
    return {
      slot: hex(entry.slot),
      entryAddress: hex(entry.address),
      lower: hex(entry.lower),
      upper: hex(upperOf(entry)),
      upperRaw: hex(debuggee.boundsLayout.wrap(entry.upperRaw)),
      pointer: hex(entry.pointer),
      slotValue: slotValue === undefined ? undefined : hex(slotValue),
      match,
      description: entryDescription(entry, slotValue, match),
    };
  });
  return { epoch: state.epoch, total: content.length, rows };
}

/** The violation that the program stands at, before the kernel has made an event of it. */
function presentViolation({ reason, launched }: SessionState): Omit<TimelineEvent, 'sequence'> | undefined {
  if (!launched || reason?.kind !== 'exception' || reason.filter !== 'bounds-violation') return undefined;
  const { task, process } = launched.debuggee;
  return { instruction: process.machine.retired, pc: task.cpu.rip, kind: reason.filter, text: reason.text };
}

function events(state: SessionState, args: Arguments): EventsResponse {
  const launched = state.program();
  const { timeline, symbols } = launched.debuggee;
  const { start, count } = page(args);
  const findings = args.boolean('findings') ? timeline.findings(presentViolation(state)) : undefined;
  const rows = (findings?.slice(start, start + count) ?? timeline.page(start, count)).map((event) => ({
    ...eventRow(event, symbols.describe(event.pc)),
    source: sourcePlace(launched, event.pc),
  }));
  return { epoch: state.epoch, total: findings?.length ?? timeline.length, rows };
}

/** mpx/sendInput { text } or { base64 }, { eof }: for the program's standard input. */
function sendInput(state: SessionState, args: Arguments): undefined {
  const { input }: Launched = state.program();
  const text = args.optionalString('text');
  if (text !== undefined) input.addText(text);
  const encoded = args.optionalString('base64');
  if (encoded !== undefined) {
    const bytes = fromBase64(encoded);
    if (!bytes) throw new UserError('The input is not base64.');
    input.add(bytes);
  }
  if (args.boolean('eof')) input.close();
}

export const mpxHandlers: Handlers = {
  'mpx/overview': overview,
  'mpx/tables': tables,
  'mpx/map': addressMap,
  'mpx/entries': entries,
  'mpx/events': events,
  'mpx/sendInput': sendInput,
};
