import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IntervalMap } from '../../src/base/interval-map.ts';

describe('the interval map', () => {
  it('cuts what a new interval covers and keeps the outer parts', () => {
    const map = new IntervalMap<string>();
    map.set(0n, 10n, 'a');
    map.set(4n, 6n, 'b');
    assert.deepEqual(
      [...map].map((i) => [i.start, i.end, i.value]),
      [
        [0n, 4n, 'a'],
        [4n, 6n, 'b'],
        [6n, 10n, 'a'],
      ],
    );
    assert.equal(map.at(6n)?.value, 'a');
    assert.equal(map.at(10n), undefined);
    assert.equal(map.firstAbove(4n)?.value, 'b');
  });

  it('agrees with one cell an address, whatever is set and deleted', () => {
    const operation = fc.record({
      start: fc.nat(40),
      length: fc.nat(12),
      value: fc.option(fc.nat(3), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), fc.nat(50), fc.nat(50), (operations, from, to) => {
        const map = new IntervalMap<number>();
        const cells = new Array<number | undefined>(64);
        for (const { start, length, value } of operations) {
          if (value === undefined) map.delete(BigInt(start), BigInt(start + length));
          else map.set(BigInt(start), BigInt(start + length), value);
          cells.fill(value, start, start + length);
        }
        for (let i = 0; i < 64; i++) assert.equal(map.at(BigInt(i))?.value, cells[i]);
        const seen = new Set(map.overlapping(BigInt(from), BigInt(to)).map((i) => i.start));
        for (const item of map)
          assert.equal(seen.has(item.start), item.start < BigInt(to) && item.end > BigInt(from) && from < to);
      }),
    );
  });
});
