import assert from 'node:assert/strict';
import fc from 'fast-check';
import { alignDown, alignUp, signed64, wrap64 } from '../../src/base/address.ts';
import { firstAtLeast, firstIndex, lastAtMost } from '../../src/base/search.ts';

describe('binary search', () => {
  it('finds what a linear search finds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(22), (items, key) => {
        items.sort((a, b) => a - b);
        const least = items.findIndex((item) => item >= key);
        assert.equal(
          firstAtLeast(items, key, (item) => item),
          least < 0 ? items.length : least,
        );
        assert.equal(
          lastAtMost(items, key, (item) => item),
          items.findLastIndex((item) => item <= key),
        );
        assert.equal(
          firstIndex(items.length, () => true),
          0,
        );
      }),
    );
  });
});

describe('address arithmetic', () => {
  it('wraps at 2^64 and aligns to powers of two', () => {
    assert.equal(wrap64(-1n), 0xffff_ffff_ffff_ffffn);
    assert.equal(signed64(0xffff_ffff_ffff_fff0n), -16n);
    assert.equal(alignDown(0x1fffn, 0x1000n), 0x1000n);
    assert.equal(alignUp(0x1001n, 0x1000n), 0x2000n);
    assert.equal(alignUp(0x1000n, 0x1000n), 0x1000n);
  });
});
