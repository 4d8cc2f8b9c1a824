import assert from 'node:assert/strict';
import { Checkpoints } from '../../../src/debugger/time-travel/checkpoints.ts';
import type { WorldSnapshot, WorldSnapshots } from '../../../src/kernel/snapshot/world-snapshots.ts';

const MILLION = 1_000_000n;
const at = (instruction: bigint) => ({ instruction, step: 0 });

/** Snapshots of so many bytes each; remembers what was restored and dropped. */
function snapshots(bytes: number, size = 10) {
  let made = 0;
  const log: string[] = [];
  const fake = {
    possible: true,
    take: () => ({ bytes, number: made++, memento: { size } }) as unknown as WorldSnapshot,
    restore: (snapshot: { number: number }) => log.push(`restore ${snapshot.number}`),
    drop: (snapshot: { number: number }) => log.push(`drop ${snapshot.number}`),
  };
  return { fake, log, list: fake as unknown as WorldSnapshots };
}

describe('Checkpoints', () => {
  it('are found by the moment they are before', () => {
    const { list } = snapshots(1);
    const checkpoints = new Checkpoints(list, 1000);
    for (const instruction of [0n, 10n, 20n]) checkpoints.take(at(instruction), 0);
    assert.equal(checkpoints.indexBefore(at(15n)), 1);
    assert.equal(checkpoints.indexBefore(at(20n)), 2);
    assert.equal(checkpoints.indexBefore({ instruction: 9n, step: 3 }), 0);
    assert.equal(checkpoints.start?.instruction, 0n);
  });

  it('later than the one gone back to are gone', () => {
    const { list, log } = snapshots(1);
    const checkpoints = new Checkpoints(list, 1000);
    for (const instruction of [0n, 10n, 20n, 30n]) checkpoints.take(at(instruction), Number(instruction));
    assert.equal(checkpoints.restore(1).edits, 10);
    assert.deepEqual(log, ['restore 1']);
    assert.equal(checkpoints.count, 2);
    assert.equal(checkpoints.bytes, 2);
    assert.equal(checkpoints.indexBefore(at(30n)), 1);
  });

  it('stay within their memory, dense near the present and with the start kept', () => {
    const { list } = snapshots(100);
    const checkpoints = new Checkpoints(list, 2000);
    for (let i = 0n; i < 200n; i++) {
      checkpoints.take(at(i * 10n * MILLION), 0);
      assert.ok(checkpoints.bytes <= 2000, `${checkpoints.bytes} bytes`);
    }
    assert.equal(checkpoints.start?.instruction, 0n);
    const gaps = Array.from(
      { length: checkpoints.count - 1 },
      (_, i) => checkpoints.at(i + 1).moment.instruction - checkpoints.at(i).moment.instruction,
    );
    assert.ok(gaps[0] > (gaps.at(-1) ?? 0n), 'the distant past is coarser than the present');
  });

  it('give up the beginning where even two are too large', () => {
    const { list, log } = snapshots(100);
    const checkpoints = new Checkpoints(list, 50);
    checkpoints.take(at(0n), 0);
    checkpoints.take(at(10n), 0);
    checkpoints.take(at(20n), 0);
    assert.equal(checkpoints.count, 1);
    assert.equal(checkpoints.start?.instruction, 20n);
    assert.deepEqual(log, ['drop 0', 'drop 1']);
  });

  it('are rarer where the kernel has much to be saved, and not taken where it may not be', () => {
    const few = new Checkpoints(snapshots(1, 100).list, 1000);
    assert.equal(few.due(10n), 0n);
    few.take(at(0n), 0);
    assert.equal(few.due(10n), 10n);
    const many = new Checkpoints(snapshots(1, 100_000).list, 1000);
    many.take(at(0n), 0);
    assert.ok(many.due(10n) > 100n);
    const { fake, list } = snapshots(1);
    fake.possible = false;
    assert.equal(new Checkpoints(list, 1000).take(at(0n), 0), false);
  });
});
