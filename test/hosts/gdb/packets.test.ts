import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodePacket, PacketReader } from '../../../src/hosts/gdb/packets.ts';

describe('Packets of the remote protocol', () => {
  it('come out as they went in, however the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 9 }), (list, step) => {
        const texts = list.map((bytes) => Buffer.from(bytes).toString('latin1'));
        const stream = Buffer.concat(texts.flatMap((text) => [Buffer.from('+'), encodePacket(text)]));
        const reader = new PacketReader();
        const found = [];
        for (let at = 0; at < stream.length; at += step) found.push(...reader.take(stream.subarray(at, at + step)));
        assert.deepEqual(
          found,
          texts.map((payload) => ({ kind: 'packet', payload })),
        );
      }),
    );
  });

  it('tell a wrong checksum and an interruption', () => {
    const reader = new PacketReader();
    assert.deepEqual(reader.take(Buffer.from('$g#00')), [{ kind: 'broken' }]);
    assert.deepEqual(reader.take(Buffer.from('+\x03$?#3f')), [{ kind: 'interrupt' }, { kind: 'packet', payload: '?' }]);
  });

  it('do not fill memory when one never ends', () => {
    const reader = new PacketReader();
    reader.take(Buffer.from('$'));
    assert.throws(() => reader.take(Buffer.alloc((1 << 20) + 10, 0x61)), RangeError);
  });
});
