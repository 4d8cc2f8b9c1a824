import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hex, hex64, hexBytes, parseAddress, parseHexBytes } from '../../src/base/hex.ts';

describe('hexadecimal text', () => {
  it('writes values with a prefix, lower case, and pads them', () => {
    assert.equal(hex(0x60201an), '0x60201a');
    assert.equal(hex(10, 4), '0x000a');
    assert.equal(hex(-1n), '0xffffffffffffffff');
    assert.equal(hex64(1n), '0x0000000000000001');
  });

  it('reads back every 64-bit value it writes', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (v) => parseAddress(hex(v)) === v && parseAddress(`${v}`) === v,
      ),
    );
  });

  it('refuses what is no 64-bit number', () => {
    for (const text of ['', '0x', 'x', '1z', '0x10000000000000000', '--1', '1.5', '0b1'])
      assert.equal(parseAddress(text), undefined, text);
    assert.equal(parseAddress(' -1 '), (1n << 64n) - 1n);
    assert.equal(parseAddress('0x7fff_0000'), 0x7fff0000n);
  });

  it('turns bytes into digits and back', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(parseHexBytes(hexBytes(bytes, ' ')), bytes)));
    assert.equal(parseHexBytes('f3 0'), undefined);
    assert.equal(parseHexBytes('zz'), undefined);
  });
});
