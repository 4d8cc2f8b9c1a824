import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameReader, frame } from '../../src/hosts/framing.ts';

const message = (text: string) => Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);

describe('Frames of the base protocol', () => {
  it('survive any cut of the stream', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: fc.string(), b: fc.integer() }, { noNullPrototype: true }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 17 }),
        (sent, size) => {
          const bytes = Buffer.concat(sent.map(frame));
          const reader = new FrameReader();
          const received = [];
          for (let i = 0; i < bytes.length; i += size) received.push(...reader.push(bytes.subarray(i, i + size)));
          assert.deepEqual(
            received,
            sent.map((one) => ({ message: one })),
          );
        },
      ),
    );
  });

  it('may have other headers, in any order and case', () => {
    const text = '{"seq":1}';
    const bytes = Buffer.from(`X-Other: 1\r\ncontent-length: ${text.length}\r\nContent-Type: json\r\n\r\n${text}`);
    assert.deepEqual(new FrameReader().push(bytes), [{ message: { seq: 1 } }]);
  });

  it('that are none are told and skipped', () => {
    const reader = new FrameReader();
    const [missing, after] = reader.push(Buffer.concat([Buffer.from('Hello: you\r\n\r\n'), message('{"seq":2}')]));
    assert.ok('problem' in missing && /without a usable Content-Length/.test(missing.problem));
    assert.deepEqual(after, { message: { seq: 2 } });
    const [broken, next] = reader.push(Buffer.concat([message('{oops'), message('[]')]));
    assert.ok('problem' in broken && /not JSON/.test(broken.problem));
    assert.deepEqual(next, { message: [] });
  });

  it('of endless rubbish do not fill memory', () => {
    const reader = new FrameReader();
    const [problem] = reader.push(Buffer.alloc(100_000, 'x'));
    assert.ok('problem' in problem && /not the Debug Adapter Protocol/.test(problem.problem));
    assert.deepEqual(reader.push(message('1')), [{ message: 1 }]);
    const [huge] = reader.push(Buffer.from('Content-Length: 99999999999\r\n\r\n'));
    assert.ok('problem' in huge);
  });
});
