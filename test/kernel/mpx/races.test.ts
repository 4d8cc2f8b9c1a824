import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ProfileId } from '../../../src/kernel/api.ts';
import { MPX } from '../../../src/kernel/mpx/constants.ts';
import { PROFILE_IDS } from '../../../src/kernel/mpx/profiles.ts';
import { DATA, MIB, Scene } from './kit.ts';

const TABLE_SIZE = MPX[64].MPX_BT_SIZE_BYTES;
const SLOT = DATA + 0x1238n;

/** Runs the handlers of all tasks by turns: `choices` says whose turn it is. A task that waits for a lock passes. */
function interleave(scene: Scene, choices: readonly number[]): void {
  const { tasks } = scene.process;
  let turn = 0;
  for (let passes = 0; passes < 10_000; passes++) {
    const ready = tasks.filter((task) => task.inKernel);
    if (ready.length === 0) return;
    const task = ready[(choices[turn++] ?? passes) % ready.length];
    scene.step(task);
  }
  assert.fail('all handlers come to their end');
}

for (const profile of PROFILE_IDS) {
  describe(`Races under ${profile}`, () => {
    const schedule = fc.array(fc.nat(7), { maxLength: 60 });

    it('leave one table when two threads fault on one directory entry, whatever the order', () => {
      fc.assert(
        fc.property(schedule, (choices) => {
          const scene = new Scene(profile);
          scene.map(DATA, MIB);
          const other = scene.thread();
          scene.enterMissingTable(scene.main, SLOT);
          scene.enterMissingTable(other, SLOT);
          interleave(scene, choices);
          assert.equal(scene.process.exit, undefined);
          assert.equal(scene.tableBytes, TABLE_SIZE);
          const table = scene.entryValue(SLOT) & ~7n;
          assert.deepEqual(scene.tables(), new Map([[DATA, table]]));
          assert.ok(scene.isTable(scene.mm.find_vma(table)!));
          const outcomes = scene
            .kinds()
            .filter((kind) => kind.startsWith('table-'))
            .sort();
          assert.deepEqual(outcomes, ['table-allocated', 'table-race-lost']);
        }),
        { numRuns: 60 },
      );
    });

    it('let the loser drop its own table, not the winner’s', () => {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      const other = scene.thread();
      scene.enterMissingTable(scene.main, SLOT);
      scene.runTo(scene.main, 'allocate_bt: cmpxchg');
      assert.equal(scene.tableBytes, TABLE_SIZE, 'in the memory map, though nothing refers to it');
      scene.enterMissingTable(other, SLOT);
      scene.process.finish(other);
      assert.equal(scene.tableBytes, 2n * TABLE_SIZE);
      const winner = scene.entryValue(SLOT);
      scene.process.finish(scene.main);
      assert.equal(scene.entryValue(SLOT), winner);
      assert.equal(scene.tableBytes, TABLE_SIZE);
      assert.ok(scene.isTable(scene.mm.find_vma(winner & ~7n)!));
    });

    it('make an unmap wait while a table is being mapped', () => {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      const other = scene.thread();
      scene.enterMissingTable(scene.main, SLOT);
      scene.runTo(scene.main, 'mpx_mmap: find a place');
      scene.enterUnmap(other, DATA, MIB);
      let step = scene.step(other);
      while (step && !step.blocked) step = scene.step(other);
      assert.ok(step?.blocked, 'mmap_sem is held by the one that maps');
      assert.ok(scene.step(other)?.blocked, 'and it goes on waiting');
      interleave(scene, []);
      assert.equal(other.cpu.gpr(0), 0n);
    });

    it('can leave a table to memory that was unmapped meanwhile, until it is mapped and unmapped again', () => {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      const other = scene.thread();
      scene.enterMissingTable(scene.main, SLOT);
      scene.runTo(scene.main, 'allocate_bt: cmpxchg');
      scene.enterUnmap(other, DATA, MIB);
      scene.process.finish(other);
      scene.process.finish(scene.main);
      assert.equal(scene.mm.find_vma_intersection(DATA, DATA + MIB), undefined);
      assert.notEqual(scene.entryValue(SLOT), 0n, 'nothing guards against this');
      scene.map(DATA, MIB);
      assert.equal(scene.unmap(DATA, MIB), 0n);
      assert.equal(scene.entryValue(SLOT), 0n);
      assert.equal(scene.tableBytes, 0n);
    });

    it('never end with a valid entry that leads nowhere when an unmap and an allocation interleave', () => {
      fc.assert(
        fc.property(schedule, (choices) => {
          const scene = new Scene(profile);
          scene.map(DATA, MIB);
          const other = scene.thread();
          scene.enterMissingTable(scene.main, SLOT);
          scene.enterUnmap(other, DATA, MIB);
          interleave(scene, choices);
          assert.equal(scene.process.exit, undefined);
          for (const table of scene.tables().values()) {
            const vma = scene.mm.find_vma_intersection(table, table + 1n);
            assert.ok(vma && scene.isTable(vma), 'the entry leads to a table');
          }
          assert.equal(scene.tableBytes, BigInt(scene.tables().size) * TABLE_SIZE);
        }),
        { numRuns: 60 },
      );
    });

    it('accept that another thread has cleared the entry that is being freed', () => {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      scene.bndstx(SLOT, 0x1234n);
      scene.enterUnmap(scene.main, DATA, MIB);
      scene.runTo(scene.main, 'unmap_single_bt: cmpxchg');
      scene.machine.memory.writeUint(scene.entryOf(SLOT), 8, 0n);
      scene.process.finish(scene.main);
      assert.equal(scene.process.exit, undefined);
      assert.equal(scene.main.cpu.gpr(0), 0n);
      assert.equal(scene.tableBytes, TABLE_SIZE, 'the table is nobody’s now');
    });

    it(`${profile === 'ideal' ? 'log' : 'punish'} an entry that was rewritten while it was being freed`, () => {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      scene.bndstx(SLOT, 0x1234n);
      scene.enterUnmap(scene.main, DATA, MIB);
      scene.runTo(scene.main, 'unmap_single_bt: cmpxchg');
      scene.machine.memory.writeUint(scene.entryOf(SLOT), 8, 0x5000n);
      scene.process.finish(scene.main);
      assert.equal(scene.main.cpu.gpr(0), 0n, 'munmap has succeeded all the same');
      assert.deepEqual(scene.process.exit, profile === 'ideal' ? undefined : { signal: 11 });
      const failure = scene.events.find((event) => event.kind === 'table-failed');
      assert.match(failure?.kind === 'table-failed' ? failure.reason : '', /holds 0x5000/);
    });
  });
}

describe('Threads with the lock', () => {
  it('hold it against all others: two unmaps of one range serialise', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ProfileId>(...PROFILE_IDS),
        fc.array(fc.nat(7), { maxLength: 80 }),
        (profile, choices) => {
          const scene = new Scene(profile);
          scene.map(DATA, 3n * MIB);
          for (const area of [0n, 1n, 2n]) scene.bndstx(DATA + area * MIB, 0x77n);
          const other = scene.thread();
          scene.enterUnmap(scene.main, DATA, 3n * MIB);
          scene.enterUnmap(other, DATA, 3n * MIB);
          interleave(scene, choices);
          assert.equal(scene.process.exit, undefined);
          assert.deepEqual([scene.main.cpu.gpr(0), other.cpu.gpr(0)], [0n, 0n]);
          assert.equal(scene.tables().size, 0);
          assert.equal(scene.tableBytes, 0n);
        },
      ),
      { numRuns: 60 },
    );
  });
});
