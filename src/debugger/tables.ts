/**
 * The history of bounds tables: which were allocated, by whom, which were freed, which outlive the memory they describe.
 * Built from kernel events and completed by what lies in memory. Used by the panel, the variables view and the report.
 */
import { hex } from '../base/hex.ts';
import type { KernelEvent, ProcessView, VmaView } from '../kernel/api.ts';
import type { TableRow, TableState } from '../protocol/panel.ts';
import { BOUNDS_LAYOUTS, type BoundsLayout } from './bounds-layout.ts';
import { directoryEntries, tableUse } from './directory.ts';
import { BNDCFG_BASE } from './registers.ts';

/** One table in its life. */
export interface TableRecord {
  /** Index of its directory entry, and the entry's address. */
  index: bigint;
  entry: bigint;
  table: bigint;
  /** Bytes of address space it covers. */
  areaSize: bigint;
  /** Where the first use happened; undefined for a table that the program installed itself. */
  allocatedAt: { instruction: bigint; pc: bigint } | undefined;
  zaps: number;
  freedAt: bigint | undefined;
}

export interface TableCounts {
  live: number;
  everAllocated: number;
  freed: number;
  leaked: number;
  zapped: number;
}

/** Base of the directory: of the task's BNDCFGU, or what the kernel manages when the task has MPX off (signal handlers). */
export function directoryBase(process: ProcessView): bigint | undefined {
  const cfg = process.tasks[0]?.cpu.bndcfgu ?? 0n;
  return cfg & 1n ? cfg & BNDCFG_BASE : process.mpx.bdAddr;
}

export class TableLedger {
  private readonly records: TableRecord[] = [];
  /** Tables alive, by the address of their directory entry. */
  private readonly byEntry = new Map<bigint, TableRecord>();
  private zapped = 0;
  private freed = 0;
  private allocated = 0;

  /** `locationOf` describes a place in the code for the rows. */
  constructor(private readonly locationOf: (pc: bigint) => string) {}

  /** Takes note of a kernel event; others than those about tables are ignored. */
  note(event: KernelEvent): void {
    switch (event.kind) {
      case 'table-allocated': {
        this.allocated++;
        const { table, entry, areaSize } = event;
        const index = event.area / areaSize;
        const allocatedAt = { instruction: event.instruction, pc: event.pc };
        const record = { index, entry, table, areaSize, allocatedAt, zaps: 0, freedAt: undefined };
        this.records.push(record);
        this.byEntry.set(entry, record);
        break;
      }
      case 'table-zapped': {
        this.zapped++;
        const record = this.find(event.table, event.area);
        if (record) record.zaps++;
        break;
      }
      case 'table-freed': {
        this.freed++;
        const record = this.byEntry.get(event.entry) ?? this.find(event.table, event.area);
        if (record) {
          record.freedAt = event.instruction;
          this.byEntry.delete(record.entry);
        }
        break;
      }
      default:
        break;
    }
  }

  /**
   * All tables, those gone first by their time, live ones brought up to date with the directory of `process`: entries the program
   * wrote itself appear, entries it cleared disappear.
   */
  tables(process: ProcessView): TableRecord[] {
    const { memory } = process.machine;
    const layout = BOUNDS_LAYOUTS[process.bits];
    const vmas = process.vmas();
    const isMapped = (address: bigint) => vmas.some((vma) => address >= vma.start && address < vma.end);
    const base = directoryBase(process) ?? this.lastBase(layout);
    // Enabled without a directory (base 0, say), the CPU walks through other data: that makes no tables.
    const present = base !== undefined && isMapped(base) ? directoryEntries(layout, memory, base) : [];
    const live = new Map(present.filter(({ valid }) => valid).map((entry) => [entry.address, entry]));
    // A program may have switched to another directory (K-42): its own entry says whether a table is still installed.
    const known = this.records.filter(
      (record) => record.freedAt !== undefined || ((memory.readUint(record.entry, layout.word) ?? 0n) & 1n) === 1n,
    );
    const installed = [...live.values()]
      .filter((entry) => !this.byEntry.has(entry.address) && isMapped(entry.table))
      .map(
        ({ index, address, table }): TableRecord => ({
          index,
          entry: address,
          table,
          areaSize: layout.areaBytes,
          allocatedAt: undefined,
          zaps: 0,
          freedAt: undefined,
        }),
      );
    return [...known, ...installed];
  }

  /** State of a record now. Leaked: live although no ordinary mapping is left in its area. */
  stateOf(record: TableRecord, vmas: readonly VmaView[]): TableState {
    if (record.freedAt !== undefined) return 'freed';
    if (isLeaked(record, vmas)) return 'leaked';
    return record.zaps > 0 ? 'zapped' : 'live';
  }

  counts(process: ProcessView): TableCounts {
    const vmas = process.vmas();
    const states = this.tables(process).map((record) => this.stateOf(record, vmas));
    const of = (state: TableState) => states.filter((one) => one === state).length;
    return {
      live: states.length - of('freed'),
      everAllocated: this.allocated,
      freed: this.freed,
      leaked: of('leaked'),
      zapped: this.zapped,
    };
  }

  /** A record as a row of the panel. */
  row(record: TableRecord, process: ProcessView, vmas: readonly VmaView[]): TableRow {
    const state = this.stateOf(record, vmas);
    const use =
      state === 'freed'
        ? { residentPages: 0, liveEntries: 0 }
        : tableUse(BOUNDS_LAYOUTS[process.bits], process.machine.memory, record);
    const start = record.index * record.areaSize;
    return {
      index: hex(record.index),
      entryAddress: hex(record.entry),
      areaStart: hex(start),
      areaEnd: hex(start + record.areaSize),
      table: hex(record.table),
      residentPages: use.residentPages,
      liveEntries: use.liveEntries,
      state,
      allocatedBy: record.allocatedAt ? this.locationOf(record.allocatedAt.pc) : 'the program itself',
      allocatedAt: record.allocatedAt?.instruction.toString() ?? '',
    };
  }

  /** The directory of the latest table: a program that has turned MPX off at its end still has its tables. */
  private lastBase(layout: BoundsLayout): bigint | undefined {
    const last = this.records.at(-1);
    return last && last.entry - last.index * layout.entryBytes;
  }

  /** The latest live record at an address of the table or area. */
  private find(table: bigint, area: bigint): TableRecord | undefined {
    return this.records.findLast(
      (record) => record.freedAt === undefined && (record.table === table || record.index === area / record.areaSize),
    );
  }
}

/** Whether nothing but tables is mapped in the area of `record`. `vmas` are in ascending order. */
export function isLeaked(record: Pick<TableRecord, 'index' | 'areaSize'>, vmas: readonly VmaView[]): boolean {
  const start = record.index * record.areaSize;
  const end = start + record.areaSize;
  for (let i = firstBehind(vmas, start); i < vmas.length && vmas[i].start < end; i++) if (!vmas[i].mpx) return false;
  return true;
}

/** Index of the first mapping that ends behind `address`. */
function firstBehind(vmas: readonly VmaView[], address: bigint): number {
  let low = 0;
  let high = vmas.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (vmas[middle].end > address) high = middle;
    else low = middle + 1;
  }
  return low;
}
