import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bndTranslate, tableEntryAddress, tableEntryFields } from '../../../src/machine/mpx/translate.ts';

const BASE = 0x7f5500000001n;

describe('Bounds table addresses', () => {
  it('follow the formulas in 64-bit mode', () => {
    const slot = bndTranslate(0x7ffe12345678n, BASE);
    assert.equal(slot.directoryEntry, 0x7f553fff0918n);
    assert.equal(tableEntryAddress(0x7f5411c00001n, slot.tableIndex), 0x7f5411d159e0n);
    assert.equal(bndTranslate(0x1800012345678n, BASE, 9).directoryEntry, 0x7f55c0000918n, 'MAWA widens the index');
    assert.equal(tableEntryFields(0x1000n).pointer, 0x1010n);
  });

  it('wrap at 32 bits in 32-bit mode', () => {
    const slot = bndTranslate(0xbffff7acn, 0xfff00001n, 0, 32);
    assert.equal(slot.directoryEntry, 0x1ffffcn);
    assert.equal(tableEntryAddress(0xb7310001n, slot.tableIndex, 32), 0xb7311eb0n);
    assert.equal(tableEntryFields(0x1000n, 32).pointer, 0x1008n);
  });

  it('are equal exactly for slots of the same granule', () => {
    const address = fc.bigInt(0n, (1n << 48n) - 1n);
    fc.assert(
      fc.property(address, fc.oneof(address, fc.bigInt(-20n, 20n)), (a, other) => {
        const b = other < 1n << 40n && other > -100n ? BigInt.asUintN(48, a + other) : other;
        const [x, y] = [bndTranslate(a, BASE), bndTranslate(b, BASE)];
        const same = x.directoryEntry === y.directoryEntry && x.tableIndex === y.tableIndex;
        assert.equal(same, a >> 3n === b >> 3n);
      }),
    );
  });

  it('ignore the low bits of a directory entry', () => {
    assert.equal(tableEntryAddress(0x7f5512345007n, 1n), 0x7f5512345020n);
    assert.equal(tableEntryAddress(0xb7300003n, 1n, 32), 0xb7300010n);
  });
});
