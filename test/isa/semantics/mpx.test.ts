import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Vector } from '../../../src/machine/api.ts';
import { DATA, Snippet, STACK } from '../../machine/snippet.ts';

const MASK = 0xffffffffffffffffn;
const word = fc.oneof(fc.bigInt(0n, MASK), fc.constantFrom(0n, 1n, MASK, 1n << 63n, MASK - 1n, (1n << 63n) - 1n));

const shared = new Snippet();

/** Runs `hex` with MPX on, keeping bounds, in a fresh state of the shared machine. */
function start(hex: string, preserve = true): Snippet {
  const { cpu } = shared;
  cpu.initFpu();
  cpu.bndcfgu = preserve ? 3n : 1n;
  cpu.fsBase = 0x1000n;
  cpu.setGpr(4, STACK + 0x800n);
  return shared.code(hex);
}
const vector = (snippet: Snippet) => {
  const stop = snippet.run();
  return stop.kind === 'trap' ? stop.vector : -1;
};

describe('The bound checks', () => {
  it('compare unsigned, bounds included, for any values', () => {
    fc.assert(
      fc.property(word, word, word, (lower, upperRaw, address) => {
        const checks: [string, boolean][] = [
          ['f3 0f 1a c0', address < lower],
          ['f2 0f 1a c0', address > (~upperRaw & MASK)],
          ['f2 0f 1b c0', address > upperRaw],
        ];
        for (const [hex, fails] of checks) {
          const snippet = start(hex);
          snippet.cpu.setGpr(0, address);
          snippet.cpu.setBnd(0, { lower, upperRaw });
          assert.equal(vector(snippet), fails ? Vector.BR : Vector.BP);
          assert.equal(snippet.cpu.bndstatus, fails ? 1n : 0n);
          if (fails) assert.equal(snippet.cpu.rip, 0x400000n, 'RIP stays on the check');
          assert.deepEqual(snippet.cpu.bnd(0), { lower, upperRaw });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leave the segment base out of the address', () => {
    const snippet = start('64 f3 0f 1a 00'); // bndcl %fs:(%rax), %bnd0
    snippet.cpu.setGpr(0, 0x5000n);
    snippet.cpu.setBnd(0, { lower: 0x5001n, upperRaw: 0n });
    assert.equal(vector(snippet), Vector.BR);
  });

  it('do not touch the memory they name', () => {
    const snippet = start('f3 0f 1a 00 f3 0f 1b 08');
    snippet.cpu.setGpr(0, 0x8000000000000000n);
    snippet.finish();
    assert.equal(snippet.cpu.bnd(1).lower, 0x8000000000000000n);
  });
});

describe('BNDMK', () => {
  it('takes the base register as lower bound and the whole address as upper', () => {
    fc.assert(
      fc.property(word, word, fc.integer({ min: -128, max: 127 }), (base, index, disp) => {
        const byte = (disp & 0xff).toString(16).padStart(2, '0');
        const snippet = start(`f3 0f 1b 5c 88 ${byte}`); // bndmk disp(%rax,%rcx,4), %bnd3
        snippet.cpu.setGpr(0, base);
        snippet.cpu.setGpr(1, index);
        snippet.finish();
        const upperRaw = ~(base + index * 4n + BigInt(disp)) & MASK;
        assert.deepEqual(snippet.cpu.bnd(3), { lower: base, upperRaw });
      }),
      { numRuns: 50 },
    );
  });
});

describe('BNDMOV', () => {
  it('stores and loads both halves, across pages too', () => {
    for (const at of [DATA, DATA + 0x1000n - 8n, DATA + 0x1000n - 3n]) {
      const snippet = start('66 0f 1b 10 66 0f 1a 18'); // bndmov %bnd2, (%rax); bndmov (%rax), %bnd3
      snippet.cpu.setGpr(0, at);
      snippet.cpu.setBnd(2, { lower: 0x1111222233334444n, upperRaw: 0x5555666677778888n });
      snippet.finish();
      assert.deepEqual(snippet.cpu.bnd(3), snippet.cpu.bnd(2));
      assert.equal(snippet.machine.memory.readUint(at + 8n, 8), 0x5555666677778888n);
    }
  });

  it('copies between registers', () => {
    const snippet = start('66 0f 1a ca'); // bndmov %bnd2, %bnd1
    snippet.cpu.setBnd(2, { lower: 3n, upperRaw: 4n });
    snippet.finish();
    assert.deepEqual(snippet.cpu.bnd(1), { lower: 3n, upperRaw: 4n });
  });

  it('faults as an ordinary access does, changing nothing', () => {
    const snippet = start('66 0f 1b 10');
    snippet.cpu.setGpr(0, DATA + 0x2000n - 8n);
    snippet.cpu.setBnd(2, { lower: 0x99n, upperRaw: 0x99n });
    const stop = snippet.run();
    assert.equal(stop.kind === 'trap' && stop.vector, Vector.PF);
    assert.equal(stop.kind === 'trap' && stop.address, DATA + 0x2000n);
    assert.equal(snippet.machine.memory.readUint(DATA + 0x1ff8n, 8), 0n);
    const load = start('66 0f 1a 10');
    load.cpu.setGpr(0, 0x8000000000000000n);
    assert.equal(vector(load), Vector.GP);
  });
});

describe('Branches and the bound registers', () => {
  /** Whether BND0–3 are INIT after the first instruction of `hex`. */
  function initialised(hex: string, preserve: boolean): boolean {
    const snippet = start(hex, preserve);
    for (let i = 0; i < 4; i++) snippet.cpu.setBnd(i, { lower: 1n, upperRaw: 2n });
    snippet.run();
    return [0, 1, 2, 3].every((i) => snippet.cpu.bnd(i).lower === 0n && snippet.cpu.bnd(i).upperRaw === 0n);
  }

  it('lose them in fused pairs as well, with and without the prefix', () => {
    const pairs = [
      '39 c0 74 00',
      '39 c8 75 00',
      '85 c0 74 00',
      '29 c0 75 00',
      '48 39 c0 0f 84 00 00 00 00',
      '83 f8 05 75 00',
    ];
    for (const pair of pairs) {
      assert.equal(initialised(pair, false), true, pair);
      assert.equal(initialised(pair, true), false, pair);
      const prefixed = pair.replace(/(0f 8|7)(\d)/, 'f2 $1$2');
      assert.equal(initialised(prefixed, false), false, prefixed);
    }
  });
});
