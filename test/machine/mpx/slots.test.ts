import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Machine,
  type MpxEvent,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  type Stop,
  type Vcpu,
  Vector,
} from '../../../src/machine/api.ts';
import { createMachine } from '../../../src/machine/machine.ts';
import { bndTranslate, tableEntryAddress, tableEntryFields } from '../../../src/machine/mpx/translate.ts';

const CODE = 0x400000n;
const DIRECTORIES = [0x7f5500000000n, 0x7f5600000000n];
const TABLES = 0x7f1000000000n;
const RW = PROT_READ | PROT_WRITE;

const BNDSTX = [0x0f, 0x1b, 0x04, 0x08]; // bndstx %bnd0, (%rax,%rcx,1)
const BNDLDX = [0x0f, 0x1a, 0x04, 0x08]; // bndldx (%rax,%rcx,1), %bnd0
const MOV = [0x48, 0x89, 0x0a]; // mov %rcx, (%rdx)

/** A machine with MPX on, whose tables are made when they are missed, as the kernel would. */
class Bench {
  readonly machine: Machine = createMachine();
  readonly cpu: Vcpu = this.machine.newVcpu();
  private nextTable = TABLES;
  private alone = false;

  constructor() {
    this.machine.memory.populate(CODE, PROT_READ | PROT_EXEC, new Uint8Array(64).fill(0xcc));
    this.machine.memory.write(CODE, Uint8Array.from(BNDSTX));
    this.machine.memory.write(CODE + 0x10n, Uint8Array.from(BNDLDX));
    this.machine.memory.write(CODE + 0x20n, Uint8Array.from(MOV));
    this.useDirectory(0);
  }

  useDirectory(n: number): void {
    this.cpu.bndcfgu = DIRECTORIES[n] | 1n;
  }
  /** One instruction: alone, or in a block that ends with the INT3 behind it. */
  execute(at: bigint): Stop {
    this.cpu.rip = CODE + at;
    this.alone = !this.alone;
    const stop = this.machine.run(this.cpu, this.alone ? 1 : 100);
    return stop.kind === 'trap' && stop.vector === Vector.BP ? { kind: 'budget' } : stop;
  }
  directoryEntry(slot: bigint): bigint {
    return bndTranslate(slot, this.cpu.bndcfgu).directoryEntry;
  }

  /** Runs until the instruction is done, making tables and pages as they are missed; the last stop otherwise. */
  serve(at: bigint, slot: bigint): Stop {
    for (let tries = 0; ; tries++) {
      const stop = this.execute(at);
      if (stop.kind !== 'trap' || tries > 6) return stop;
      if (stop.vector === Vector.PF) {
        if (this.machine.memory.protection(stop.address) !== undefined) return stop;
        this.machine.memory.populate(stop.address & ~0xfffn, RW);
      } else if (stop.vector === Vector.BR) {
        assert.equal(this.cpu.bndstatus, this.directoryEntry(slot) | 2n);
        this.machine.memory.writeUint(this.directoryEntry(slot), 8, this.nextTable | 1n);
        this.nextTable += 0x400000n;
      } else return stop;
    }
  }

  store(slot: bigint, pointer: bigint, lower: bigint, upperRaw: bigint): Stop {
    this.cpu.setGpr(0, slot);
    this.cpu.setGpr(1, pointer);
    this.cpu.setBnd(0, { lower, upperRaw });
    return this.serve(0n, slot);
  }
  load(slot: bigint, pointer: bigint): { lower: bigint; upperRaw: bigint } {
    this.cpu.setGpr(0, slot);
    this.cpu.setGpr(1, pointer);
    this.cpu.setBnd(0, { lower: 0x55n, upperRaw: 0x55n });
    assert.equal(this.serve(0x10n, slot).kind, 'budget');
    return this.cpu.bnd(0);
  }
  /** What BNDLDX must find, read from memory by the formulas. */
  expected(slot: bigint, pointer: bigint): { lower: bigint; upperRaw: bigint } {
    const { memory } = this.machine;
    const walk = bndTranslate(slot, this.cpu.bndcfgu);
    const bde = memory.readUint(walk.directoryEntry, 8) ?? 0n;
    const fields = tableEntryFields(tableEntryAddress(bde, walk.tableIndex));
    const read = (at: bigint) => memory.readUint(at, 8) ?? 0n;
    if (!(bde & 1n) || read(fields.pointer) !== pointer) return { lower: 0n, upperRaw: 0n };
    return { lower: read(fields.lower), upperRaw: read(fields.upper) };
  }
}

/** Few enough to collide, across several tables and cache lines. */
const slots = fc.constantFrom(
  0x601000n,
  0x601008n,
  0x601400n,
  0x6ffff8n,
  0x700000n,
  0x7ffe00001000n,
  0x7ffe00001007n,
  0x7ffe00401000n,
  0x1000601000n,
);
const pointers = fc.constantFrom(0n, 0x602010n, 0x602018n, 0x7fffffffffffn);
const bounds = fc.bigInt(0n, 0xffn);

describe('Bounds tables', () => {
  it('always give what memory holds, whatever happens to tables, directory and configuration in between', function () {
    this.timeout(180_000);
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('store' as const), slot: slots, pointer: pointers, b: bounds }),
      },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('load' as const), slot: slots, pointer: pointers }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), slot: slots }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('kernel clears' as const), slot: slots }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('guest moves' as const), slot: slots, to: slots }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('edit' as const), slot: slots, b: bounds }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('directory' as const), n: fc.constantFrom(0, 1) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('read-only' as const), slot: slots, on: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const bench = new Bench();
        const { memory } = bench.machine;
        const table = (slot: bigint) => memory.readUint(bench.directoryEntry(slot), 8) ?? 0n;
        const entry = (slot: bigint) =>
          tableEntryAddress(table(slot), bndTranslate(slot, bench.cpu.bndcfgu).tableIndex);
        for (const s of steps) {
          switch (s.kind) {
            case 'store': {
              const stop = bench.store(s.slot, s.pointer, s.b, ~s.b & 0xffffffffffffffffn);
              const readOnly = memory.protection(entry(s.slot)) === PROT_READ;
              if (readOnly) assert.equal(stop.kind === 'trap' && stop.vector, Vector.PF);
              else {
                assert.equal(stop.kind, 'budget');
                assert.equal(memory.readUint(entry(s.slot), 8), s.b);
                assert.equal(memory.readUint(entry(s.slot) + 16n, 8), s.pointer);
              }
              break;
            }
            case 'load':
              // Missing tables are made by the first load, so what is expected is read afterwards.
              assert.deepEqual(bench.load(s.slot, s.pointer), bench.expected(s.slot, s.pointer));
              break;
            case 'drop':
              if (table(s.slot)) memory.discard(entry(s.slot) & ~0xfffn, (entry(s.slot) & ~0xfffn) + 0x1000n);
              break;
            case 'kernel clears':
              memory.writeUint(bench.directoryEntry(s.slot), 8, 0n);
              break;
            case 'guest moves':
              // The program itself overwrites a directory entry by an ordinary store.
              if (table(s.to)) {
                bench.cpu.setGpr(2, bench.directoryEntry(s.slot));
                bench.cpu.setGpr(1, table(s.to));
                assert.equal(bench.serve(0x20n, s.slot).kind, 'budget');
              }
              break;
            case 'edit':
              if (table(s.slot)) memory.writeUint(entry(s.slot), 8, s.b);
              break;
            case 'directory':
              bench.useDirectory(s.n);
              break;
            case 'read-only':
              if (table(s.slot)) {
                const page = entry(s.slot) & ~0xfffn;
                memory.protect(page, page + 0x1000n, s.on ? PROT_READ : RW);
              }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leave the reserved word of an entry alone', () => {
    const bench = new Bench();
    bench.store(0x601000n, 1n, 2n, 3n);
    const { memory } = bench.machine;
    const bde = memory.readUint(bench.directoryEntry(0x601000n), 8) ?? 0n;
    const at = tableEntryAddress(bde, bndTranslate(0x601000n, 0n).tableIndex) + 24n;
    memory.writeUint(at, 8, 0x1234n);
    bench.store(0x601000n, 5n, 6n, 7n);
    assert.equal(memory.readUint(at, 8), 0x1234n);
  });

  it('may start at any 8-byte boundary, with entries across pages', () => {
    const bench = new Bench();
    const slot = 0x601000n;
    const { memory } = bench.machine;
    memory.populate(bench.directoryEntry(slot) & ~0xfffn, RW);
    const { tableIndex } = bndTranslate(slot, 0n);
    const table = TABLES + 0x1000n - 8n - tableIndex * 32n;
    memory.writeUint(bench.directoryEntry(slot), 8, table | 7n);
    for (let i = 0; i < 3; i++) {
      assert.equal(bench.store(slot, 9n, 10n + BigInt(i), 11n).kind, 'budget');
      assert.equal(memory.readUint(TABLES + 0xff8n, 8), 10n + BigInt(i));
      assert.deepEqual(bench.load(slot, 9n), { lower: 10n + BigInt(i), upperRaw: 11n });
    }
  });

  it('report a pointer that is not the one stored, each time, while somebody observes', () => {
    const bench = new Bench();
    bench.store(0x601000n, 0x602010n, 1n, 2n);
    const events: MpxEvent[] = [];
    bench.load(0x601000n, 0x602010n);
    bench.machine.observeMpx = (event) => events.push(event);
    bench.load(0x601000n, 0x602018n);
    bench.load(0x601000n, 0x602010n);
    bench.load(0x601000n, 0x602018n);
    const mismatches = events.filter((e) => e.kind === 'bndldx-mismatch');
    assert.deepEqual(
      mismatches.map((e) => [e.slot, e.pointer, e.stored]),
      [
        [0x601000n, 0x602018n, 0x602010n],
        [0x601000n, 0x602018n, 0x602010n],
      ],
    );
  });
});
