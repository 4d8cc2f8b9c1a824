import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BOUNDS_LAYOUTS } from '../../src/debugger/bounds-layout.ts';
import {
  directoryEntries,
  directoryEntryOf,
  matchOf,
  tableContent,
  tableEntryOf,
} from '../../src/debugger/directory.ts';
import { isLeaked, TableLedger } from '../../src/debugger/tables.ts';
import type { KernelEvent, ProcessView, VmaView } from '../../src/kernel/api.ts';
import { fakeCpu, fakeMemory } from './fake-cpu.ts';

const LAYOUT = BOUNDS_LAYOUTS[64];

const BASE = 0x7ff0_0000_0000n;
const TABLE = 0x7fe0_0000_0000n;
const SLOT = 0x7ffd_1234_5678n;

/** A directory with one table, which has entries for `slots`. */
function withTable(slots: bigint[], table = TABLE) {
  const memory = fakeMemory();
  for (const slot of slots) {
    const entry = LAYOUT.directoryEntryAddress(BASE, slot);
    if (memory.protection(entry) === undefined) memory.populate(entry & ~0xfffn, 3);
    memory.writeUint(entry, 8, table | 1n);
    const address = LAYOUT.tableEntryAddress(table, slot);
    for (const page of [address & ~0xfffn, (address + 31n) & ~0xfffn])
      if (memory.protection(page) === undefined) memory.populate(page, 3);
    memory.writeUint(address, 8, 0x1000n);
    memory.writeUint(address + 8n, 8, 0xffff_ffff_ffff_e000n);
    memory.writeUint(address + 16n, 8, 0x1800n);
  }
  return memory;
}

describe('The bounds directory', () => {
  it('has the entry for a slot at the place the CPU computes', () => {
    assert.equal(LAYOUT.directoryEntryAddress(BASE, SLOT), BASE + 0x7ffd123n * 8n);
    assert.equal(LAYOUT.tableEntryAddress(TABLE, SLOT), TABLE + (0x45678n / 8n) * 32n);
  });

  it('is read by its present pages only', () => {
    const memory = withTable([SLOT]);
    const [entry, ...others] = directoryEntries(LAYOUT, memory, BASE);
    assert.equal(others.length, 0);
    assert.equal(entry.index, 0x7ffd123n);
    assert.equal(entry.table, TABLE);
    assert.ok(entry.valid);
    assert.deepEqual(directoryEntryOf(LAYOUT, memory, BASE, SLOT), entry);
    assert.equal(directoryEntryOf(LAYOUT, memory, BASE, 0n), undefined);
  });

  it('gives back every slot that was stored, wherever the table lies', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.bigInt(0n, 0x1ffffn), { minLength: 1, maxLength: 8 }),
        fc.bigInt(0n, 511n).map((n) => TABLE + n * 8n),
        (indices, table) => {
          const slots = indices.map((i) => 0x7ffd_1230_0000n + i * 8n).sort((a, b) => (a < b ? -1 : 1));
          const memory = withTable(slots, table);
          const [entry] = directoryEntries(LAYOUT, memory, BASE);
          assert.deepEqual(
            tableContent(LAYOUT, memory, entry).entries.map(({ slot }) => slot),
            slots,
          );
        },
      ),
    );
  });

  it('tells whether BNDLDX would match', () => {
    const memory = withTable([SLOT & ~7n]);
    const entry = tableEntryOf(LAYOUT, memory, TABLE, SLOT);
    assert.ok(entry);
    assert.deepEqual(matchOf(LAYOUT, memory, entry), { slotValue: undefined, match: false });
    memory.populate(SLOT & ~0xfffn, 3);
    memory.writeUint(SLOT & ~7n, 8, 0x1800n);
    assert.deepEqual(matchOf(LAYOUT, memory, entry), { slotValue: 0x1800n, match: true });
    memory.writeUint(SLOT & ~7n, 8, 0x1801n);
    assert.equal(matchOf(LAYOUT, memory, entry).match, false);
  });
});

describe('The ledger of tables', () => {
  const area = SLOT & ~0xf_ffffn;
  const entry = LAYOUT.directoryEntryAddress(BASE, SLOT);
  const common = { pid: 1, tid: 1, pc: 0x401000n };
  const allocated: KernelEvent = {
    ...common,
    instruction: 5n,
    kind: 'table-allocated',
    table: TABLE,
    entry,
    area,
    areaSize: 1n << 20n,
  };
  const ordinary: VmaView = {
    start: area,
    end: area + 0x1000n,
    protection: 'rw-p',
    offset: 0n,
    name: '[heap]',
    mpx: false,
  };

  function processWith(memory = withTable([SLOT]), vmas: VmaView[] = [ordinary]) {
    const cpu = fakeCpu();
    cpu.bndcfgu = BASE | 1n;
    // Tables below, the directory on top; in ascending order as a process has them.
    const table: VmaView = { ...ordinary, start: TABLE, end: TABLE + (1n << 22n), name: '[mpx]', mpx: true };
    const directory: VmaView = { ...ordinary, start: BASE, end: BASE + (1n << 31n), name: '' };
    const all = [table, directory, ...vmas];
    // Only what the ledger asks for.
    return {
      bits: 64,
      tasks: [{ cpu }],
      machine: { memory },
      vmas: () => all,
      mpx: { bdAddr: BASE, mapCount: 1 },
    } as unknown as ProcessView;
  }

  it('knows who allocated a table, and counts it live', () => {
    const ledger = new TableLedger((pc) => `at ${pc.toString(16)}`);
    ledger.note(allocated);
    const process = processWith();
    const [record] = ledger.tables(process);
    const row = ledger.row(record, process, process.vmas());
    assert.equal(row.allocatedBy, 'at 401000');
    assert.equal(row.allocatedAt, '5');
    assert.equal(row.state, 'live');
    assert.equal(row.liveEntries, 1);
    assert.equal(row.areaStart, `0x${area.toString(16)}`);
    assert.deepEqual(ledger.counts(process), { live: 1, everAllocated: 1, freed: 0, leaked: 0, zapped: 0 });
  });

  it('calls a table leaked when nothing but tables is mapped in its area', () => {
    const ledger = new TableLedger(String);
    ledger.note(allocated);
    const process = processWith(undefined, [{ ...ordinary, mpx: true }]);
    assert.equal(ledger.counts(process).leaked, 1);
    assert.equal(isLeaked({ index: area >> 20n, areaSize: 1n << 20n }, [{ ...ordinary, start: 0n, end: area }]), true);
  });

  it('keeps freed tables and marks zapped ones', () => {
    const ledger = new TableLedger(String);
    ledger.note(allocated);
    ledger.note({
      ...common,
      instruction: 6n,
      kind: 'table-zapped',
      table: TABLE,
      start: TABLE,
      end: TABLE + 64n,
      area,
      areaSize: LAYOUT.areaBytes,
    });
    assert.equal(ledger.counts(processWith()).zapped, 1);
    assert.equal(ledger.stateOf(ledger.tables(processWith())[0], [ordinary]), 'zapped');
    ledger.note({
      ...common,
      instruction: 7n,
      kind: 'table-freed',
      table: TABLE,
      entry,
      area,
      areaSize: LAYOUT.areaBytes,
    });
    const gone = processWith(fakeMemory());
    assert.deepEqual(ledger.counts(gone), { live: 0, everAllocated: 1, freed: 1, leaked: 0, zapped: 1 });
    assert.equal(ledger.stateOf(ledger.tables(gone)[0], [ordinary]), 'freed');
  });

  it('shows tables that the program installed itself', () => {
    const ledger = new TableLedger(String);
    const process = processWith();
    const [record] = ledger.tables(process);
    assert.equal(ledger.row(record, process, process.vmas()).allocatedBy, 'the program itself');
  });
});
