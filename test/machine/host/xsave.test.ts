import assert from 'node:assert/strict';
import { Vector } from '../../../src/machine/api.ts';
import { DATA, Snippet } from '../snippet.ts';

const AREA = DATA + 0x400n;
const XSAVE = '0f ae 27'; // xsave (%rdi)
const XRSTOR = '0f ae 2f';
const XSAVEC = '0f c7 27';
const XSAVEOPT = '0f ae 37';

function at(address: bigint, mask: bigint, hex: string): Snippet {
  const snippet = new Snippet(hex);
  snippet.cpu.setGpr(7, address);
  snippet.cpu.setGpr(0, mask);
  return snippet;
}
const vector = (snippet: Snippet) => {
  const stop = snippet.run();
  return stop.kind === 'trap' ? stop.vector : -1;
};

describe('The XSAVE instructions', () => {
  it('turn MPX on for the instruction behind them (the enable idiom)', () => {
    // xrstor; bndmk 9(%rdi), %bnd0; then bndcu just beyond.
    const snippet = at(AREA, 0x18n, `${XRSTOR} f3 0f 1b 47 09 f2 0f 1a 47 0a`);
    const { memory } = snippet.machine;
    memory.writeUint(AREA + 24n, 4, 0x1f80n);
    memory.writeUint(AREA + 512n, 8, 0x10n);
    memory.writeUint(AREA + 1024n, 8, 0x7f5500000001n);
    const stop = snippet.run();
    assert.equal(stop.kind === 'trap' && stop.vector, Vector.BR);
    assert.deepEqual(snippet.cpu.bnd(0), { lower: AREA, upperRaw: ~(AREA + 9n) & 0xffffffffffffffffn });
    assert.equal(snippet.cpu.bndstatus, 1n);
    assert.equal(snippet.cpu.rip, 0x400000n + 8n);
  });

  it('leave the bound instructions NOPs while MPX is off', () => {
    const snippet = at(AREA, 0n, 'f3 0f 1b 47 09 f2 0f 1a 47 0a 0f 1a 04 0f').finish();
    assert.deepEqual(snippet.cpu.bnd(0), { lower: 0n, upperRaw: 0n });
  });

  it('refuse an area that is not 64-byte aligned', () => {
    for (const hex of [XSAVE, XRSTOR, XSAVEC, XSAVEOPT])
      assert.equal(vector(at(AREA + 16n, 0x1bn, hex)), Vector.GP, hex);
    assert.equal(vector(at(AREA + 8n, 0n, '0f ae 07')), Vector.GP, 'FXSAVE: 16 bytes');
  });

  it('fault with a page fault before anything is written', () => {
    const snippet = at(DATA + 0x2000n - 0x240n, 0x1bn, XSAVE);
    const stop = snippet.run();
    assert.equal(stop.kind === 'trap' && stop.vector, Vector.PF);
    assert.equal(stop.kind === 'trap' && stop.address, DATA + 0x2000n);
    assert.deepEqual(snippet.machine.memory.read(DATA + 0x1dc0n, 64), new Uint8Array(64));
    assert.equal(vector(at(DATA + 0x2000n - 0x240n, 3n, XSAVE)), 3, 'x87 and SSE end with the header');
  });

  it('write XCOMP_BV and only what is in use in compacted form', () => {
    const snippet = at(AREA, 0x1bn, XSAVEC);
    snippet.cpu.setBnd(2, { lower: 0x1111n, upperRaw: 0x2222n });
    snippet.finish();
    const { memory } = snippet.machine;
    assert.equal(memory.readUint(AREA + 512n, 8), 8n);
    assert.equal(memory.readUint(AREA + 520n, 8), 0x800000000000001bn);
    assert.equal(memory.readUint(AREA + 576n + 32n, 8), 0x1111n);
    // Brought back by XRSTOR of the same image.
    snippet.code(XRSTOR);
    snippet.cpu.setBnd(2, { lower: 0n, upperRaw: 0n });
    snippet.finish();
    assert.deepEqual(snippet.cpu.bnd(2), { lower: 0x1111n, upperRaw: 0x2222n });
  });

  it('are refused with a component that XCR0 has not', () => {
    const snippet = at(AREA, 0x1bn, XRSTOR);
    snippet.machine.memory.writeUint(AREA + 512n, 8, 4n);
    assert.equal(vector(snippet), Vector.GP);
  });

  it('agree with the API of the virtual CPU', () => {
    const snippet = at(AREA, 0x1bn, XSAVE);
    snippet.cpu.setBnd(1, { lower: 5n, upperRaw: 6n });
    snippet.cpu.setXmm(
      3,
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    snippet.cpu.bndcfgu = 0x7f5500000001n;
    snippet.finish();
    const image = snippet.machine.memory.read(AREA, 1088);
    const fromApi = snippet.cpu.xsave(0x1bn);
    assert.deepEqual(image, fromApi);
  });

  it('keep what FXSAVE does not own', () => {
    const snippet = at(AREA, 0n, '0f ae 07');
    snippet.machine.memory.writeUint(AREA + 464n, 8, 0x77n);
    snippet.finish();
    assert.equal(snippet.machine.memory.readUint(AREA + 464n, 8), 0x77n);
    assert.equal(snippet.machine.memory.readUint(AREA + 28n, 4), 0xffffn, 'MXCSR_MASK');
  });
});

describe('XGETBV', () => {
  it('gives XCR0, the components in use, or #GP', () => {
    const read = (index: bigint) => {
      const snippet = new Snippet('0f 01 d0');
      snippet.cpu.setGpr(1, index);
      return snippet;
    };
    assert.equal(read(0n).finish().cpu.gpr(0), 0x1bn);
    const used = read(1n);
    used.cpu.setBnd(0, { lower: 1n, upperRaw: 0n });
    assert.equal(used.finish().cpu.gpr(0), 8n);
    assert.equal(vector(read(2n)), Vector.GP);
  });
});

describe('RDTSC', () => {
  it('counts retired instructions', () => {
    const snippet = new Snippet('90 90 90 0f 31').finish();
    assert.equal(snippet.cpu.gpr(0), 3n);
    assert.equal(snippet.cpu.gpr(2), 0n);
  });
});
