import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MapArea } from '../../src/protocol/panel.ts';
import { moveByKey } from '../../src/webview/map/map-keys.ts';
import { Strip } from '../../src/webview/map/strip.ts';
import { clampView, pan, reveal, whole, zoom } from '../../src/webview/map/viewport.ts';

const MIB = 1 << 20;
const area = (index: number): MapArea => ({
  start: `0x${(index * MIB).toString(16)}`,
  end: `0x${((index + 1) * MIB).toString(16)}`,
  dataBytes: 4096,
});
/** Indices of areas, ascending; some are neighbours, some far from each other. */
const indices = fc
  .uniqueArray(fc.oneof(fc.nat(300), fc.nat(2 ** 27 - 1)), { minLength: 1, maxLength: 60 })
  .map((found) => found.sort((a, b) => a - b));

describe("The map's strip", () => {
  it('lays neighbours side by side, and brings near what is far away', () => {
    const strip = new Strip([4, 5, 7, 0x7ff0000].map(area));
    assert.deepEqual(
      strip.areas.map(({ position }) => position),
      [0, 1, 3, 4 + 1 + Math.log2(0x7ff0000 - 8)],
    );
    assert.ok(strip.length < 40);
  });

  it('finds areas by position and by address, and nothing between them', () => {
    const strip = new Strip([4, 5, 900].map(area));
    assert.equal(strip.indexAt(0.5), 0);
    assert.equal(strip.indexAt(1), 1);
    assert.equal(strip.indexAt(2.5), -1);
    assert.equal(strip.indexAt(-1), -1);
    assert.equal(strip.firstBehind(1.5), 1);
    assert.equal(strip.firstBehind(2.5), 2);
    assert.equal(strip.indexOfAddress(5 * MIB), 1);
    assert.equal(strip.indexOfAddress(0), -1);
  });

  it('keeps the order of addresses, and leads back from each position', () => {
    fc.assert(
      fc.property(indices, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (found, shares) => {
        const strip = new Strip(found.map(area));
        for (const share of shares) {
          const position = share * strip.length;
          assert.ok(Math.abs(strip.positionOf(strip.addressAt(position)) - position) < 1e-6);
        }
        for (const [at, index] of found.entries()) {
          assert.equal(strip.addressAt(strip.areas[at].position), index * MIB);
          assert.equal(strip.indexAt(strip.areas[at].position + 0.5), at);
        }
      }),
    );
  });

  it('of nothing is empty', () => {
    const strip = new Strip([]);
    assert.equal(strip.length, 0);
    assert.equal(strip.addressAt(1), 0);
    assert.equal(strip.firstBehind(0), 0);
  });
});

describe('What of the map is in sight', () => {
  it('never leaves the strip, whatever is done', () => {
    const step = fc.record({
      what: fc.constantFrom('zoom', 'pan', 'reveal'),
      amount: fc.double({ min: -3, max: 3, noNaN: true }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.double({ min: 1, max: 10_000, noNaN: true }), fc.array(step), (length, steps) => {
        let view = whole(length);
        for (const { what, amount, at } of steps) {
          const place = view.from + at * (view.to - view.from);
          if (what === 'zoom') view = zoom(view, 2 ** amount, place, length);
          else if (what === 'pan') view = pan(view, amount, length);
          else view = reveal(view, Math.floor(at * (length - 1)), length);
          assert.ok(view.from >= -1e-9 && view.to <= whole(length).to + 1e-6 && view.to > view.from);
        }
      }),
    );
  });

  it('stays where the mouse is while one zooms', () => {
    const view = zoom({ from: 0, to: 1000 }, 0.5, 250, 1000);
    assert.deepEqual(view, { from: 125, to: 625 });
    assert.equal((250 - view.from) / (view.to - view.from), 0.25);
  });

  it('is not nearer than four areas, and not farther than all', () => {
    assert.deepEqual(
      zoom({ from: 100, to: 105 }, 0.01, 102, 1000).to - zoom({ from: 100, to: 105 }, 0.01, 102, 1000).from,
      4,
    );
    assert.deepEqual(zoom({ from: 100, to: 105 }, 1e6, 102, 1000), { from: 0, to: 1000 });
    assert.deepEqual(clampView({ from: 990, to: 1010 }, 1000), { from: 980, to: 1000 });
  });
});

describe("The map's keys", () => {
  const strip = new Strip([4, 5, 900, 901].map(area));
  const place = { view: whole(strip.length), cursor: -1 };

  it('go from area to area, but not beyond the ends', () => {
    const first = moveByKey('ArrowRight', strip, place)!;
    assert.equal(first.cursor, 0);
    assert.equal(moveByKey('ArrowRight', strip, first)!.cursor, 1);
    assert.equal(moveByKey('ArrowLeft', strip, first)!.cursor, 0);
    assert.equal(moveByKey('End', strip, first)!.cursor, 3);
    assert.equal(moveByKey('ArrowRight', strip, moveByKey('End', strip, first)!)!.cursor, 3);
    assert.equal(moveByKey('Home', strip, moveByKey('End', strip, first)!)!.cursor, 0);
  });

  it('zoom around the area they are at, and show all again', () => {
    const near = moveByKey('+', strip, { ...place, cursor: 3 })!;
    assert.ok(near.view.from > 0 && near.view.to > strip.areas[3].position);
    assert.deepEqual(moveByKey('0', strip, near)!.view, whole(strip.length));
  });

  it('leave others alone', () => {
    assert.equal(moveByKey('a', strip, place), undefined);
  });
});
