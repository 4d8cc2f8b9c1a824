/** The address space by areas of the bounds directory: how much data lies in each, and what its table costs. */
import { hex } from '../base/hex.ts';
import type { MapArea } from '../protocol/panel.ts';
import { BOUNDS_LAYOUTS } from './bounds-layout.ts';
import type { Debuggee } from './debuggee.ts';
import { tableUse } from './directory.ts';

const PAGE = 4096;

/** Areas with resident memory of the program's own or with a table, by ascending address. */
export function addressMap(debuggee: Pick<Debuggee, 'process' | 'ledger' | 'directoryBase'>): MapArea[] {
  const { process, ledger, directoryBase } = debuggee;
  const { memory } = process.machine;
  const layout = BOUNDS_LAYOUTS[process.bits];
  const vmas = process.vmas();
  const tables = ledger.tables(process).filter((record) => record.freedAt === undefined);
  const areaBytes = tables[0]?.areaSize ?? layout.areaBytes;
  // Directory and tables are no data; tables that the program installed itself lie in mappings like any other.
  const ofMpx = new Set<bigint>();
  const leaveOut = (start: bigint, bytes: bigint) => {
    for (const page of memory.presentPages(start & ~0xfffn, start + bytes)) ofMpx.add(page);
  };
  if (directoryBase !== undefined) leaveOut(directoryBase, layout.directoryBytes);
  for (const { table, allocatedAt } of tables) if (!allocatedAt) leaveOut(table, layout.tableBytes);
  const areas = new Map<bigint, MapArea>();
  const areaAt = (start: bigint): MapArea => {
    const known = areas.get(start);
    if (known) return known;
    const made: MapArea = { start: hex(start), end: hex(start + areaBytes), dataBytes: 0 };
    areas.set(start, made);
    return made;
  };
  for (const vma of vmas) {
    if (vma.mpx) continue;
    for (const page of memory.presentPages(vma.start, vma.end))
      if (!ofMpx.has(page)) areaAt(page - (page % areaBytes)).dataBytes += PAGE;
  }
  for (const record of tables) {
    const { residentPages, liveEntries } = tableUse(layout, memory, record);
    areaAt(layout.areaStart(record.index)).table = {
      index: hex(record.index),
      allocatedAt: record.allocatedAt?.instruction.toString() ?? '',
      state: ledger.stateOf(record, vmas),
      liveEntries,
      residentBytes: residentPages * PAGE,
    };
  }
  return [...areas].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, area]) => area);
}
