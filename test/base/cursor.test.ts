import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Cursor, CursorError } from '../../src/base/cursor.ts';

const bytesOf = (...values: number[]) => Uint8Array.from(values);

describe('the little-endian cursor', () => {
  it('reads integers of every size in little-endian order', () => {
    const cursor = new Cursor(bytesOf(0x80, 0xff, 1, 2, 1, 2, 3, 0x84, 1, 2, 3, 4, 5, 6, 7, 0x88));
    assert.equal(cursor.u8(), 0x80);
    assert.equal(cursor.i8(), -1);
    assert.equal(cursor.u16(), 0x201);
    assert.equal(cursor.u32(), 0x84030201);
    assert.equal(cursor.u64(), 0x8807060504030201n);
    assert.equal(cursor.remaining, 0);
  });

  it('refuses every read that would pass its end, and stays where it was', () => {
    const cursor = new Cursor(bytesOf(1, 2, 3, 4, 5), 1, 4);
    for (const read of [
      () => cursor.u32(),
      () => cursor.u64(),
      () => cursor.take(4),
      () => cursor.skip(Number.NaN),
      () => cursor.skip(-1),
      () => cursor.cstring(),
    ]) {
      assert.throws(read, CursorError);
      assert.equal(cursor.position, 1);
    }
    assert.throws(() => new Cursor(bytesOf(1), 2), CursorError);
    assert.throws(() => new Cursor(bytesOf(1)).seek(-1), CursorError);
    cursor.skip(3);
    assert.throws(() => cursor.u8(), CursorError);
  });

  it('reads LEB128 numbers of either sign', () => {
    assert.equal(new Cursor(bytesOf(0xe5, 0x8e, 0x26)).uleb(), 624485);
    assert.equal(new Cursor(bytesOf(0xc0, 0xbb, 0x78)).sleb(), -123456);
    assert.equal(new Cursor(bytesOf(0x7f)).sleb(), -1);
    assert.equal(new Cursor(bytesOf(0x80, 0x80, 0x00)).uleb(), 0);
    assert.throws(() => new Cursor(new Uint8Array(12).fill(0xff)).uleb(), CursorError);
    assert.throws(() => new Cursor(bytesOf(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f)).sleb(), CursorError);
  });

  it('reads back the LEB128 form of any integer', () => {
    const encode = (value: bigint) => {
      const out: number[] = [];
      for (let rest = value; ; rest >>= 7n) {
        const low = Number(rest & 0x7fn);
        const last = (rest >> 7n === 0n && !(low & 0x40)) || (rest >> 7n === -1n && !!(low & 0x40));
        out.push(last ? low : low | 0x80);
        if (last) return Uint8Array.from(out);
      }
    };
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => new Cursor(encode(BigInt(value))).sleb() === value));
  });

  it('ends texts at their NUL and at its own end', () => {
    const cursor = new Cursor(bytesOf(0x61, 0x62, 0, 0x63, 0), 0, 4);
    assert.equal(cursor.cstring(), 'ab');
    assert.throws(() => cursor.cstring(), /no end/);
  });

  it('gives cursors over parts that cannot see the rest', () => {
    const outer = new Cursor(bytesOf(1, 2, 3, 4));
    const inner = outer.sub(2);
    assert.equal(inner.u16(), 0x201);
    assert.throws(() => inner.u8(), CursorError);
    assert.equal(outer.u8(), 3);
  });
});
