import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Memento } from '../../src/base/memento.ts';

const nothing = () => false;

describe('A memento', () => {
  it('brings fields, arrays, maps, sets and typed arrays back into the same objects', () => {
    const inner = { name: 'inner', list: [1, 2, 3] };
    const root: Record<string, unknown> = {
      inner,
      map: new Map<unknown, unknown>([[inner, 'x']]),
      set: new Set([1, inner]),
      bytes: new Uint8Array([1, 2, 3]),
      numbers: new Float64Array([0.5, -0]),
      big: new BigUint64Array([5n]),
    };
    const memento = Memento.of([root], nothing);
    inner.list.splice(0, 2, 9, 8, 7);
    inner.name = 'changed';
    (root.map as Map<unknown, unknown>).clear();
    (root.set as Set<unknown>).add('more');
    (root.bytes as Uint8Array).fill(0);
    (root.numbers as Float64Array).fill(1);
    (root.big as BigUint64Array)[0] = 6n;
    root.added = true;
    delete root.set;
    memento.restore();
    assert.equal(root.inner, inner);
    assert.deepEqual(inner, { name: 'inner', list: [1, 2, 3] });
    assert.deepEqual([...(root.map as Map<unknown, unknown>)], [[inner, 'x']]);
    assert.deepEqual([...(root.set as Set<unknown>)], [1, inner]);
    assert.deepEqual(root.bytes, new Uint8Array([1, 2, 3]));
    assert.ok(Object.is((root.numbers as Float64Array)[1], -0));
    assert.equal((root.big as BigUint64Array)[0], 5n);
    assert.equal('added' in root, false);
  });

  it('goes round in circles, and does not look into what is opaque', () => {
    const opaque = { state: 1 };
    const root: { self?: object; opaque: { state: number } } = { opaque };
    root.self = root;
    const memento = Memento.of([root], (object) => object === opaque);
    opaque.state = 2;
    root.self = undefined;
    memento.restore();
    assert.equal(root.self, root);
    assert.equal(opaque.state, 2);
    assert.equal(memento.size, 1);
  });

  it('shares bytes that have not changed with the one before', () => {
    const root = { same: new Uint8Array(1000), other: new Uint8Array(10) };
    const first = Memento.of([root], nothing);
    assert.equal(first.copied, 1010);
    root.other[3] = 1;
    const second = Memento.of([root], nothing, first);
    assert.equal(second.copied, 10);
    root.other[3] = 2;
    second.restore();
    assert.equal(root.other[3], 1);
    first.restore();
    assert.equal(root.other[3], 0);
  });

  it('refuses objects whose state it cannot see', () => {
    for (const hidden of [
      new WeakMap(),
      new WeakSet(),
      Promise.resolve(),
      new DataView(new ArrayBuffer(1)),
      new Date(),
    ])
      assert.throws(() => Memento.of([{ hidden }], nothing), /cannot be part of a saved state/);
  });

  it('restores any tree of plain data', () => {
    fc.assert(
      fc.property(fc.object({ withBigInt: true }), fc.object({ withBigInt: true }), (before, after) => {
        const root: Record<string, unknown> = { value: before, twice: [before, before] };
        const expected = structuredClone(root);
        const memento = Memento.of([root], nothing);
        Object.assign(before, after);
        root.value = after;
        root.twice = undefined;
        memento.restore();
        assert.deepEqual(root, expected);
      }),
    );
  });
});
