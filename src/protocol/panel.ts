/** Custom requests and events between the session and the panel "MPX Tables". Addresses and 64-bit values are `0x…` text. */
export type Hex = string;

/** `mpx/overview` → is MPX on, and if not, which condition fails. */
export interface OverviewResponse {
  epoch: number;
  running: boolean;
  exited: boolean;
  enabled: boolean;
  conditions: { name: string; ok: boolean; detail: string }[];
  kernelProfile: string;
  directory?: { address: Hex; size: Hex; residentBytes: number; managed: boolean; kernelBdAddr?: Hex };
  tables: { live: number; everAllocated: number; freed: number; leaked: number; zapped: number };
  memory: { tableVirtualBytes: number; tableResidentBytes: number; directoryResidentBytes: number; dataBytes: number };
}

/** A line of a source file on the user's machine. */
export interface SourcePlace {
  path: string;
  line: number;
}

export type TableState = 'live' | 'zapped' | 'freed' | 'leaked';

export interface TableRow {
  /** Index of the directory entry. */
  index: Hex;
  entryAddress: Hex;
  /** Area covered: [areaStart, areaEnd). */
  areaStart: Hex;
  areaEnd: Hex;
  table: Hex;
  residentPages: number;
  liveEntries: number;
  state: TableState;
  /** Where the first use happened, e.g. `main+0x1c (heap-overflow.c:14)`. */
  allocatedBy: string;
  /** Instruction count at allocation. */
  allocatedAt: string;
  /** Where `allocatedBy` is, if its source file is known. */
  source?: SourcePlace;
}

/** `mpx/tables` { start, count, sort?, filter? } */
export interface TablesRequest {
  start: number;
  count: number;
  sort?: { by: keyof TableRow; descending?: boolean };
  filter?: string;
}
export interface TablesResponse {
  epoch: number;
  total: number;
  rows: TableRow[];
}

/** What lies in one area of the address space, which a directory entry covers. */
export interface MapArea {
  start: Hex;
  /** Behind its last byte. */
  end: Hex;
  /** The program's own memory that is resident there. */
  dataBytes: number;
  /** The area's table; `index` and `allocatedAt` name it as in `TableRow`. */
  table?: { index: Hex; allocatedAt: string; state: TableState; liveEntries: number; residentBytes: number };
}

/** `mpx/map`: the areas with resident memory or a table, by ascending address. */
export interface MapResponse {
  epoch: number;
  areas: MapArea[];
}

export interface EntryRow {
  slot: Hex;
  entryAddress: Hex;
  lower: Hex;
  upper: Hex;
  upperRaw: Hex;
  pointer: Hex;
  /** What the slot holds now, if it is mapped. */
  slotValue?: Hex;
  /** Whether BNDLDX with the slot's present pointer would load these bounds. */
  match: boolean;
  description: string;
}

/** `mpx/entries` { index, start, count }: non-zero entries of one table. */
export interface EntriesRequest {
  index: Hex;
  start: number;
  count: number;
}
export interface EntriesResponse {
  epoch: number;
  total: number;
  rows: EntryRow[];
}

export interface EventRow {
  sequence: number;
  instruction: string;
  kind: string;
  text: string;
  pc: Hex;
  location: string;
  /** Directory index concerned, if any. */
  index?: Hex;
  /** Where `location` is, if its source file is known. */
  source?: SourcePlace;
}

/** `mpx/events` { start, count, findings? } */
export interface EventsRequest {
  start: number;
  count: number;
  /** Only what a user should look into: violations, mismatches, lost bounds, failures. `start` then counts those. */
  findings?: boolean;
}
export interface EventsResponse {
  epoch: number;
  total: number;
  rows: EventRow[];
}

/**
 * `mpx/boundsHistory` { expression? | variablesReference, name }: where bounds come from; without arguments those of the failed check.
 * `ending` is how the chain ends: `made` by BNDMK, lost by a `branch`, … (src/debugger/provenance/history.ts).
 */
export interface BoundsHistoryResponse {
  /** `BND0 = [0x602010, 0x602019] 10 bytes`. */
  title: string;
  /** Latest first. */
  lines: string[];
  ending: string;
}

/** `mpx/registers` → the bound registers of the thread that is looked at. */
export interface RegistersResponse {
  registers: { name: string; text: string; lower: Hex }[];
}

/** `mpx/checks` { frameId } → the bounds that the checks of the frame's line compare with. */
export interface ChecksResponse {
  checks: { path: string; line: number; text: string }[];
}

/** `mpx/disassembly` { flavor?, mpx? }: how the disassembly view shows code from now on. → how it does. */
export interface DisassemblyView {
  flavor: 'att' | 'intel';
  /** False shows what a CPU without MPX sees: its instructions are NOPs. */
  mpx: boolean;
}

/** DAP event `mpx/changed`: what the panel shows may be stale. */
export interface ChangedEvent {
  epoch: number;
  running: boolean;
  reason: 'stopped' | 'running' | 'exited' | 'edited';
  /** Stopped at a bounds violation: "skip this check and go on" makes sense. */
  atViolation?: boolean;
  /** Present in the past: so many instructions before the end of what was recorded, as text. */
  instructionsBack?: string;
}
