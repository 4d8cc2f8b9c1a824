import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromBase64, type OutputBody, ProgramOutput } from '../../src/dap/output.ts';

function collect(writes: [1 | 2, Uint8Array][]): OutputBody[] {
  const bodies: OutputBody[] = [];
  const output = new ProgramOutput((body) => bodies.push(body));
  for (const [fd, bytes] of writes) {
    output.write(fd, bytes);
    output.flush();
  }
  output.flush(true);
  return bodies;
}
const text = (bodies: OutputBody[], category: string) =>
  bodies
    .filter((body) => body.category === category)
    .map((body) => body.output)
    .join('');

describe('Output of the program', () => {
  it('is the same text however it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (written, size) => {
        const bytes = new TextEncoder().encode(written);
        const chunks: [1, Uint8Array][] = [];
        for (let i = 0; i < bytes.length; i += size) chunks.push([1, bytes.slice(i, i + size)]);
        assert.equal(text(collect(chunks), 'stdout'), written);
      }),
    );
  });

  it('keeps the order of the two streams', () => {
    const bytes = (one: string) => new TextEncoder().encode(one);
    const bodies: OutputBody[] = [];
    const output = new ProgramOutput((body) => bodies.push(body));
    output.write(1, bytes('a'));
    output.write(2, bytes('b'));
    output.write(1, bytes('c'));
    output.flush();
    assert.deepEqual(
      bodies.map(({ category, output: shown }) => [category, shown]),
      [
        ['stdout', 'a'],
        ['stderr', 'b'],
        ['stdout', 'c'],
      ],
    );
  });

  it('that is no text goes along as bytes', () => {
    const raw = Uint8Array.of(0x41, 0xff, 0xfe, 0x42);
    const [body] = collect([[1, raw]]);
    assert.deepEqual(fromBase64(body.data.base64), raw);
    assert.equal(fromBase64('§'), undefined);
  });

  it('is sent before it fills memory', () => {
    const bodies: OutputBody[] = [];
    const output = new ProgramOutput((body) => bodies.push(body));
    for (let i = 0; i < 1000; i++) output.write(1, new Uint8Array(1000).fill(0x78));
    assert.ok(bodies.length > 10);
  });
});
