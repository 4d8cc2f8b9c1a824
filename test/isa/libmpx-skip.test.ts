import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InsnDecoder } from '../../src/isa/decode/decoder.ts';
import { libmpxAdvance } from '../../src/isa/libmpx-skip.ts';

describe("GCC's runtime library skipping a failed check", () => {
  it('moves to the next instruction for every check with F2 or F3 first and an optional REX prefix', () => {
    const decoder = new InsnDecoder({ bitness: 64, mpx: true });
    const prefixes = fc.constantFrom([0xf2], [0xf3], [0xf2, 0x41], [0xf3, 0x4b], [0xf3, 0xf3], [0xf2, 0x64]);
    fc.assert(
      fc.property(prefixes, fc.nat(255), fc.uint8Array({ minLength: 5, maxLength: 5 }), (prefix, modrm, rest) => {
        const bytes = Uint8Array.from([...prefix, 0x0f, 0x1a, modrm, ...rest]);
        assert.equal(libmpxAdvance(bytes), decoder.decode(bytes, 0x1000n).length);
      }),
    );
    decoder.dispose();
  });

  it('loops for ever at a check with a prefix before F2 or F3', () => {
    for (const prefix of [0x64, 0x65, 0x67, 0x2e, 0x3e]) {
      assert.equal(libmpxAdvance(Uint8Array.of(prefix, 0xf2, 0x0f, 0x1a, 0x00)), 0);
    }
  });

  it('does not read behind the bytes it is given', () => {
    assert.equal(libmpxAdvance(new Uint8Array(0)), 0);
    assert.equal(libmpxAdvance(Uint8Array.of(0xf2, 0x0f, 0x1a)), 4);
  });
});
