import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MPX, mpx_get_bd_entry_offset, mpx_get_bt_entry_offset } from '../../../src/kernel/mpx/constants.ts';
import { PROFILE_IDS, type ProfileChoice } from '../../../src/kernel/mpx/profiles.ts';
import { bndTranslate, tableEntryAddress } from '../../../src/machine/mpx/translate.ts';
import { DATA, DIRECTORY, MIB, PAGE, Scene } from './kit.ts';

const slots = fc.bigInt({ min: 0n, max: (1n << 47n) - 1n });
const words = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('Table addresses', () => {
  const entryAddresses = (slot: bigint) => {
    const { directoryEntry, tableIndex } = bndTranslate(slot, DIRECTORY | 1n);
    return { directoryEntry, tableEntry: tableEntryAddress(0x7f5000000001n, tableIndex) };
  };

  it('are equal for slots of one granule of 8 bytes, and differ otherwise', () => {
    const near = fc.tuple(slots, fc.bigInt({ min: 0n, max: 64n })).map(([slot, far]) => [slot, slot + far] as const);
    const far = fc.tuple(slots, slots);
    fc.assert(
      fc.property(fc.oneof(near, far), ([a, b]) => {
        const same = a >> 3n === b >> 3n;
        const [x, y] = [entryAddresses(a), entryAddresses(b)];
        assert.equal(x.directoryEntry === y.directoryEntry && x.tableEntry === y.tableEntry, same);
      }),
    );
  });

  it('are the same to the CPU and to every kernel', () => {
    fc.assert(
      fc.property(slots, fc.boolean(), (slot, byVirtBits) => {
        const { directoryEntry, tableEntry } = entryAddresses(slot);
        assert.equal(DIRECTORY + mpx_get_bd_entry_offset(MPX[64], slot, byVirtBits), directoryEntry);
        assert.equal(0x7f5000000000n + mpx_get_bt_entry_offset(MPX[64], slot), tableEntry);
      }),
    );
  });

  it('have the sizes of the architecture for both word sizes', () => {
    assert.deepEqual(
      [MPX[64], MPX[32]].map((c) => [c.MPX_BD_SIZE_BYTES, c.MPX_BT_SIZE_BYTES, c.areaSize]),
      [
        [1n << 31n, 1n << 22n, 1n << 20n],
        [1n << 22n, 1n << 14n, 1n << 12n],
      ],
    );
  });
});

describe('Stored bounds', () => {
  for (const profile of PROFILE_IDS) {
    it(`come back for the same pointer and are INIT for another, with tables allocated by ${profile}`, () => {
      const scene = new Scene(profile);
      scene.map(DATA, 4n * MIB);
      fc.assert(
        fc.property(
          fc.bigInt({ min: 0n, max: 4n * MIB - 8n }),
          words,
          words,
          words,
          words,
          (at, pointer, other, lower, upperRaw) => {
            const { cpu } = scene.main;
            const slot = DATA + at;
            cpu.setBnd(0, { lower, upperRaw });
            scene.bndstx(slot, pointer);
            cpu.setBnd(0, { lower: 1n, upperRaw: 2n });
            scene.bndldx(slot, pointer);
            assert.deepEqual(cpu.bnd(0), { lower, upperRaw });
            scene.bndldx(slot, other);
            assert.deepEqual(cpu.bnd(0), other === pointer ? { lower, upperRaw } : { lower: 0n, upperRaw: 0n });
          },
        ),
        { numRuns: 60 },
      );
      assert.equal(scene.process.exit, undefined);
    });
  }
});

/** One thing a program does, in units of a quarter of an area. */
type Action = { kind: 'map' | 'unmap'; at: number; length: number } | { kind: 'store'; at: number; offset: number };
const UNIT = MIB / 4n;
const UNITS = 24;
const range = { at: fc.nat(UNITS - 1), length: fc.integer({ min: 1, max: 10 }) };
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('map' as const), ...range }),
    fc.record({ kind: fc.constant('unmap' as const), ...range }),
    fc.record({ kind: fc.constant('store' as const), at: fc.nat(UNITS - 1), offset: fc.nat(Number(UNIT) - 8) }),
  ),
  { minLength: 3, maxLength: 25 },
);

/** Plays `list`: stores bounds only in slots that are mapped. */
function play(scene: Scene, list: readonly Action[], afterUnmap: () => void): void {
  for (const action of list) {
    if (scene.process.exit) return;
    const start = DATA + BigInt(action.at) * UNIT;
    if (action.kind === 'store') {
      const slot = start + BigInt(action.offset & ~7);
      if (!scene.mm.find_vma_intersection(slot, slot + 8n)) continue;
      scene.main.cpu.setBnd(0, { lower: slot, upperRaw: 5n });
      scene.bndstx(slot, slot + 1n);
    } else {
      const length = BigInt(Math.min(action.length, UNITS - action.at)) * UNIT;
      if (action.kind === 'map') scene.map(start, length);
      else {
        scene.unmap(start, length);
        afterUnmap();
      }
    }
  }
}

/** What is wrong with the tables: a table for an area without mapping, an entry for a slot without mapping. */
function leftovers(scene: Scene): string[] {
  const found: string[] = [];
  const mapped = (start: bigint, end: bigint): boolean =>
    scene.mm.vmas.some((vma) => vma.vm_start < end && start < vma.vm_end && !scene.isTable(vma));
  for (const [area, table] of scene.tables()) {
    if (!mapped(area, area + MIB)) found.push(`a table for 0x${area.toString(16)}`);
    for (const page of scene.machine.memory.presentPages(table, table + 0x400000n)) {
      for (let entry = page; entry < page + PAGE; entry += 32n) {
        const slot = area + ((entry - table) / 32n) * 8n;
        const used = [0n, 8n, 16n].some((field) => scene.machine.memory.readUint(entry + field, 8) !== 0n);
        if (used && !mapped(slot, slot + 8n)) found.push(`an entry for 0x${slot.toString(16)}`);
      }
    }
  }
  return found;
}

/** All leftovers that `profile` produces in one play. */
function leftoversOf(profile: ProfileChoice, list: readonly Action[]): string[] {
  const scene = new Scene(profile);
  const found: string[] = [];
  play(scene, list, () => found.push(...leftovers(scene)));
  assert.equal(scene.process.exit, undefined);
  assert.equal(scene.tableBytes >= BigInt(scene.tables().size) * 0x400000n, true, 'every entry has its table');
  return found;
}

describe('After any munmap', function () {
  this.timeout(180_000);

  it('`ideal` leaves no table for an area without mappings and no entry for a slot without', () => {
    fc.assert(
      fc.property(actions, (list) => assert.deepEqual(leftoversOf('ideal', list), [])),
      { numRuns: 80 },
    );
  });

  it('v4.1 does neither, once K-09, K-10 and K-15 are mended: nothing else can leave tables behind', () => {
    const switches = { edgeEnoentReturns: false, mpxInRangeCancels: false, skipMpxNeighbours: true };
    fc.assert(
      fc.property(actions, (list) => assert.deepEqual(leftoversOf({ profile: 'v4.1', switches }, list), [])),
      { numRuns: 80 },
    );
  });

  it('v4.19 does neither, once K-10 and K-15 are mended, and v5.5 once K-17 is, too', () => {
    const switches = { mpxInRangeCancels: false, skipMpxNeighbours: true };
    fc.assert(
      fc.property(actions, (list) => {
        assert.deepEqual(leftoversOf({ profile: 'v4.19', switches }, list), []);
        const mended = { ...switches, notifyBeforeDetach: false };
        assert.deepEqual(leftoversOf({ profile: 'v5.5', switches: mended }, list), []);
      }),
      { numRuns: 60 },
    );
  });

  it('v4.1 leaves a table behind by K-09, and v5.5 by K-17', () => {
    const store = (at: number): Action => ({ kind: 'store', at, offset: 64 });
    const k09: Action[] = [{ kind: 'map', at: 0, length: 12 }, store(10), { kind: 'unmap', at: 0, length: 12 }];
    const last = DATA + 2n * MIB;
    const stored = last + 2n * UNIT + 64n;
    const both = [`a table for 0x${last.toString(16)}`, `an entry for 0x${stored.toString(16)}`];
    assert.deepEqual(leftoversOf('v4.1', k09), both);
    assert.deepEqual(leftoversOf('v4.19', k09), []);
    const k17: Action[] = [{ kind: 'map', at: 1, length: 2 }, store(1), { kind: 'unmap', at: 1, length: 2 }];
    assert.deepEqual(leftoversOf('v5.5', k17), [`a table for 0x${DATA.toString(16)}`]);
    assert.deepEqual(leftoversOf('v4.19', k17), []);
  });
});

describe('Without MPX', () => {
  it('every profile leaves the same memory, mappings and registers', () => {
    fc.assert(
      fc.property(actions, (list) => {
        const results = PROFILE_IDS.map((profile) => {
          const scene = new Scene(profile, { managed: false });
          scene.main.cpu.setGpr(3, 0x1234n);
          play(scene, list, () => {});
          const registers = Array.from({ length: 16 }, (_, i) => scene.main.cpu.gpr(i));
          const { hash } = scene.machine.memory;
          return {
            memory: hash.call(scene.machine.memory),
            vmas: scene.mm.vmas.map((vma) => [vma.vm_start, vma.vm_end, vma.vm_flags]),
            registers,
            flags: scene.main.cpu.rflags,
            tables: scene.tableBytes,
          };
        });
        for (const result of results.slice(1)) assert.deepEqual(result, results[0]);
        assert.equal(results[0].tables, 0n);
      }),
      { numRuns: 30 },
    );
  });
});

describe('XSAVE images', () => {
  it('restore what was saved, for any set of components', () => {
    const scene = new Scene('v4.1');
    const { cpu } = scene.main;
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 31n }), words, words, words, (mask, lower, upperRaw, status) => {
        cpu.setBnd(1, { lower, upperRaw });
        cpu.bndcfgu = DIRECTORY | 3n;
        cpu.bndstatus = status;
        cpu.setXmm(3, new Uint8Array(16).fill(Number(lower & 0xffn)));
        const before = cpu.save();
        const rfbm = mask & 0x1bn;
        const image = cpu.xsave(rfbm);
        assert.equal(cpu.xrstor(image, rfbm), true);
        assert.deepEqual(cpu.save(), before);
        cpu.initFpu();
        assert.equal(cpu.xrstor(image, rfbm), true);
        assert.deepEqual(cpu.xsave(rfbm), image);
        assert.deepEqual(cpu.bnd(1), rfbm & 8n ? { lower, upperRaw } : { lower: 0n, upperRaw: 0n });
      }),
    );
  });
});
