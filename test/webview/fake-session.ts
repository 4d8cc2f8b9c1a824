/** A session made up for the tests of the panel's page: `count` tables, three of them with entries, a few events. */

import type {
  EntriesResponse,
  EventRow,
  EventsResponse,
  MapArea,
  MapResponse,
  OverviewResponse,
  TableRow,
  TableState,
  TablesResponse,
} from '../../src/protocol/panel.ts';
import type { PanelRequest } from '../../src/protocol/panel-messages.ts';

const hex = (value: bigint | number) => `0x${value.toString(16)}`;
const STATES: TableState[] = ['live', 'live', 'live', 'zapped', 'freed', 'leaked'];
const FUNCTIONS = ['main+0x1c (heap-overflow.c:14)', 'push+0x42 (linked-list.c:31)', 'fill+0x8 (table-storm.c:19)'];

export class FakeSession {
  tables: TableRow[];
  events: EventRow[] = [];
  overview: OverviewResponse;
  /** Every request that came, in order. */
  readonly requests: PanelRequest[] = [];
  /** Message with which requests fail from now on. */
  failure: string | undefined;

  constructor(count: number) {
    this.tables = Array.from({ length: count }, (_, at) => makeTable(at));
    this.overview = {
      epoch: 1,
      running: false,
      exited: false,
      enabled: true,
      conditions: [
        { name: 'The CPU has MPX', ok: true, detail: 'CPUID.7:EBX[14] = 1' },
        { name: 'XCR0 enables its state', ok: true, detail: 'bits 3 and 4 are set' },
        { name: 'BNDCFGU.EN is set', ok: true, detail: 'BNDCFGU = 0x7fff00000001' },
        { name: 'The kernel manages the directory', ok: true, detail: 'mm.bd_addr = 0x7fff00000000' },
      ],
      kernelProfile: 'v4.1',
      directory: { address: '0x7fff00000000', size: '0x80000000', residentBytes: 8192, managed: true },
      tables: { live: count, everAllocated: count + 2, freed: 1, leaked: 1, zapped: 1 },
      memory: {
        tableVirtualBytes: count * 4 * 2 ** 20,
        tableResidentBytes: count * 12288,
        directoryResidentBytes: 8192,
        dataBytes: 1_400_000,
      },
    };
    this.events = Array.from({ length: 12 }, (_, at) => makeEvent(at));
  }

  /** Answers as a session would. */
  answer(request: PanelRequest): OverviewResponse | TablesResponse | MapResponse | EntriesResponse | EventsResponse {
    this.requests.push(request);
    if (this.failure !== undefined) throw new Error(this.failure);
    const { epoch } = this.overview;
    const slice = <T>(rows: T[], { start, count }: { start: number; count: number }) =>
      rows.slice(start, start + count);
    switch (request.command) {
      case 'mpx/overview':
        return this.overview;
      case 'mpx/tables': {
        const { filter, sort } = request.arguments;
        const rows = this.tables.filter(
          (row) => !filter || Object.values(row).some((value) => String(value).includes(filter)),
        );
        if (sort) rows.sort(compareBy(sort.by, sort.descending === true));
        return { epoch, total: rows.length, rows: slice(rows, request.arguments) };
      }
      case 'mpx/map':
        return { epoch, areas: this.areas() };
      case 'mpx/entries': {
        const rows = this.entries(request.arguments.index);
        return { epoch, total: rows.length, rows: slice(rows, request.arguments) };
      }
      case 'mpx/events':
        return { epoch, total: this.events.length, rows: slice(this.events, request.arguments) };
    }
  }

  /** An area with data before all tables, then one for each table that is there. */
  private areas(): MapArea[] {
    const first: MapArea = { start: '0x400000', end: '0x500000', dataBytes: 40960 };
    const rest = this.tables
      .filter(({ state }) => state !== 'freed')
      .map(({ areaStart, areaEnd, index, allocatedAt, state, liveEntries, residentPages }, at): MapArea => {
        const table = { index, allocatedAt, state, liveEntries, residentBytes: residentPages * 4096 };
        return { start: areaStart, end: areaEnd, dataBytes: state === 'leaked' ? 0 : ((at % 60) + 1) * 4096, table };
      });
    return [first, ...rest];
  }

  private entries(index: string) {
    const at = this.tables.findIndex((row) => row.index === index);
    const table = this.tables[at];
    if (!table) return [];
    return Array.from({ length: table.liveEntries }, (_, entry) => {
      const slot = BigInt(table.areaStart) + BigInt(entry * 16);
      return {
        slot: hex(slot),
        entryAddress: hex(BigInt(table.table) + BigInt(entry * 64)),
        lower: '0x602010',
        upper: '0x602019',
        upperRaw: '0xffffffffff9fdfe6',
        pointer: '0x602010',
        slotValue: entry % 3 === 2 ? '0x602040' : '0x602010',
        match: entry % 3 !== 2,
        description: entry % 3 === 2 ? 'the pointer has changed since' : '[0x602010, 0x602019] 10 bytes',
      };
    });
  }
}

function makeTable(at: number): TableRow {
  const area = 0x600000n + BigInt(at) * 0x100000n;
  return {
    index: hex(area >> 20n),
    entryAddress: hex(0x7fff00000000n + (area >> 20n) * 8n),
    areaStart: hex(area),
    areaEnd: hex(area + 0x100000n),
    table: hex(0x7ffef0000000n - BigInt(at) * 0x400000n),
    residentPages: 1 + (at % 7),
    liveEntries: at % 2 ? 0 : 3 + (at % 40),
    state: STATES[at % STATES.length],
    allocatedBy: FUNCTIONS[at % FUNCTIONS.length],
    allocatedAt: String(1200 + at * 977),
    ...(at === 0 ? { source: { path: '/src/heap-overflow.c', line: 14 } } : {}),
  };
}

function makeEvent(at: number): EventRow {
  const violation = at % 4 === 3;
  return {
    sequence: at,
    instruction: String(1200 + at * 500),
    kind: violation ? 'bounds-violation' : 'table-allocated',
    text: violation ? 'Upper bound violation: 0x60201a is 1 byte past [0x602010, 0x602019]' : `table for 0x${at}00000`,
    pc: '0x400b2a',
    location: 'main+0x1c (heap-overflow.c:14)',
    ...(violation ? { source: { path: '/src/heap-overflow.c', line: 16 } } : { index: hex(6 + at) }),
  };
}

function compareBy(by: keyof TableRow, descending: boolean) {
  const value = (row: TableRow) => {
    const raw = row[by];
    return typeof raw === 'string' && /^(0x)?[0-9a-f]+$/.test(raw) ? Number(raw) : (raw ?? '');
  };
  return (a: TableRow, b: TableRow) => {
    const order = value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0;
    return descending ? -order : order;
  };
}
