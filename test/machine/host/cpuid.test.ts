import assert from 'node:assert/strict';
import { CPU_MODELS } from '../../../src/isa/model.ts';
import type { CpuFeatures } from '../../../src/machine/api.ts';
import { cpuid } from '../../../src/machine/host/cpuid.ts';
import { Snippet } from '../snippet.ts';

const MPX: CpuFeatures = { model: 'x86-64-v2', mpx: true, mawau: 0 };
const XCR0 = 0x1bn;
const text = (...words: number[]) =>
  words.map((w) => String.fromCharCode(w & 255, (w >> 8) & 255, (w >> 16) & 255, w >>> 24)).join('');

describe('CPUID', () => {
  it('is that of a GenuineIntel CPU with MPX and 48 linear bits', () => {
    const [max, b, c, d] = cpuid(0, 0, XCR0, MPX);
    assert.equal(text(b, d, c), 'GenuineIntel');
    assert.ok(max >= 0xd);
    assert.equal((cpuid(7, 0, XCR0, MPX)[1] >> 14) & 1, 1);
    assert.equal((cpuid(0x80000008, 0, XCR0, MPX)[0] >> 8) & 0xff, 48);
    const [signature] = cpuid(1, 0, XCR0, MPX);
    assert.equal((signature >> 8) & 15, 6);
    assert.equal(((signature >> 12) & 0xf0) | ((signature >> 4) & 15), 0x5e);
  });

  it('places the MPX state where the specification says (leaf 0DH)', () => {
    assert.deepEqual(cpuid(0xd, 0, XCR0, MPX), [0x1b, 1088, 1088, 0]);
    assert.deepEqual(cpuid(0xd, 3, XCR0, MPX), [64, 960, 0, 0]);
    assert.deepEqual(cpuid(0xd, 4, XCR0, MPX), [64, 1024, 0, 0]);
    assert.deepEqual(cpuid(0xd, 2, XCR0, MPX), [0, 0, 0, 0]);
    assert.equal(cpuid(0xd, 1, XCR0, MPX)[0], 7, 'XSAVEOPT, XSAVEC, XGETBV with ECX = 1');
  });

  it('shows nothing of MPX on a CPU without it', () => {
    const without = { ...MPX, mpx: false };
    assert.equal((cpuid(7, 0, 3n, without)[1] >> 14) & 1, 0);
    assert.deepEqual(cpuid(0xd, 0, 3n, without), [3, 576, 576, 0]);
    assert.deepEqual(cpuid(0xd, 3, 3n, without), [0, 0, 0, 0]);
  });

  it('tells the extra index bits of the bounds directory', () => {
    assert.equal((cpuid(7, 0, XCR0, { ...MPX, mawau: 9 })[2] >> 17) & 31, 9);
  });

  it('claims exactly the instruction sets that are implemented, in every model', () => {
    for (const model of CPU_MODELS) checkClaims({ ...MPX, model });
  });

  function checkClaims(features: CpuFeatures): void {
    const [, , c, d] = cpuid(1, 0, XCR0, features);
    const [, leaf7] = cpuid(7, 0, XCR0, features);
    const samples: [string, number, number, string][] = [
      ['MMX', d, 23, '0f fc c1'],
      ['SSE2', d, 26, '66 0f fc c1'],
      ['SSE', d, 25, '0f 58 c1'],
      ['CMOV', d, 15, '0f 44 c1'],
      ['CX8', d, 8, '0f c7 0c 24'],
      ['TSC', d, 4, '0f 31'],
      ['FXSR', d, 24, '0f ae 04 24'],
      ['CLFSH', d, 19, '0f ae 3c 24'],
      ['SSE3', c, 0, 'f2 0f 7c c1'],
      ['SSSE3', c, 9, '66 0f 38 00 c1'],
      ['CX16', c, 13, '48 0f c7 0c 24'],
      ['SSE4.1', c, 19, '66 0f 38 10 c1'],
      ['MOVBE', c, 22, '0f 38 f0 04 24'],
      ['POPCNT', c, 23, 'f3 0f b8 c1'],
      ['XSAVE', c, 27, '0f 01 d0'],
      // Forms of SSE 4.1 instructions are the last to come.
      ['AVX', c, 28, 'c4 e2 71 40 c1'],
      ['AVX2', leaf7, 5, 'c4 e2 75 40 c1'],
      ['FMA', c, 12, 'c4 e2 71 98 c1'],
      ['F16C', c, 29, 'c4 e2 79 13 c1'],
      ['RDRAND', c, 30, '0f c7 f0'],
      ['LAHF', cpuid(0x80000001, 0, XCR0, features)[2], 0, '9f'],
      ['RDTSCP', cpuid(0x80000001, 0, XCR0, MPX)[3], 27, '0f 01 f9'],
      ['BMI1', leaf7, 3, 'c4 e2 70 f2 c1'],
      ['BMI2', leaf7, 8, 'c4 e2 70 f5 c1'],
      ['ADX', leaf7, 19, '66 0f 38 f6 c1'],
    ];
    for (const [name, word, bit, hex] of samples) {
      const snippet = new Snippet(hex, { features });
      snippet.cpu.setGpr(1, 0n);
      snippet.cpu.setGpr(4, snippet.cpu.gpr(4) & ~63n);
      const stop = snippet.run();
      const runs = stop.kind === 'trap' && stop.vector === 3;
      assert.equal(((word >>> bit) & 1) === 1, runs, `${name}: claimed and implemented agree (${features.model})`);
    }
  }

  it('claims FSGSBASE on a Skylake, whose kernel leaves it off: its instructions are #UD', () => {
    const features: CpuFeatures = { ...MPX, model: 'skylake' };
    assert.equal(cpuid(7, 0, XCR0, features)[1] & 1, 1);
    for (const hex of ['f3 0f ae c0', 'f3 48 0f ae c8', 'f3 0f ae d0', 'f3 48 0f ae d8']) {
      const stop = new Snippet(hex, { features }).run();
      assert.ok(stop.kind === 'trap' && stop.vector === 6, hex);
    }
  });

  it('answers the instruction in all four registers, zero-extended', () => {
    const snippet = new Snippet('b8 0d 00 00 00 b9 03 00 00 00 0f a2').finish();
    assert.deepEqual(
      [0, 3, 1, 2].map((n) => snippet.cpu.gpr(n)),
      [64n, 960n, 0n, 0n],
    );
  });
});
