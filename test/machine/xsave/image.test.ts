import assert from 'node:assert/strict';
import fc from 'fast-check';
import { State } from '../../../src/isa/emit/state.ts';
import {
  initAll,
  restore,
  restoreLegacy,
  saveCompacted,
  saveLegacy,
  saveStandard,
  xinuse,
} from '../../../src/machine/xsave/image.ts';
import { compactedLayout, Header, Legacy, standardLayout } from '../../../src/machine/xsave/layout.ts';

const XCR0 = 0x1bn;
const WITH_AVX = 0x1fn;
const wide = { wide: true };

function registers(): DataView {
  const block = new DataView(new ArrayBuffer(State.SIZE));
  initAll(block);
  return block;
}
const image = (size = 1088) => new DataView(new ArrayBuffer(size));
const bytes = (view: DataView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const hex = (view: DataView, from: number, length: number) =>
  Buffer.from(bytes(view).slice(from, from + length)).toString('hex');

/** A register block with every XSAVE-managed component random. */
const anyRegisters = fc
  .record({
    content: fc.uint8Array({ minLength: State.SIZE, maxLength: State.SIZE }),
    zeroed: fc.subarray(['x87', 'sse', 'avx', 'bndregs', 'bndcsr']),
  })
  .map(({ content, zeroed }) => {
    const block = registers();
    const copy = (at: number, length: number) => bytes(block).set(content.slice(at, at + length), at);
    if (!zeroed.includes('x87')) {
      block.setUint16(State.FCW, 0x27f, true);
      // All exceptions are masked: the summary bits ES and B are clear.
      block.setUint16(State.FSW, (content[0] | (content[1] << 8)) & 0x7f7f, true);
      copy(State.FTW, 1);
      for (let i = 0; i < 8; i++) copy(State.ST + 16 * i, 10);
    }
    if (!zeroed.includes('sse')) {
      copy(State.XMM, 256);
      block.setUint32(State.MXCSR, 0x1fa0, true);
    }
    if (!zeroed.includes('avx')) copy(State.YMM_HIGH, 256);
    if (!zeroed.includes('bndregs')) copy(State.BND, 64);
    if (!zeroed.includes('bndcsr')) {
      block.setBigUint64(State.BNDCFGU, 0x7f5500000003n, true);
      copy(State.BNDSTATUS, 8);
    }
    return block;
  });

describe('XSAVE images', () => {
  it('make an exception pending that the loaded masks let through, and only that', () => {
    const cpu = registers();
    const loaded = image();
    const load = (fcw: number, fsw: number) => {
      loaded.setUint16(Legacy.FCW, fcw, true);
      loaded.setUint16(Legacy.FSW, fsw, true);
      assert.ok(restoreLegacy(cpu, loaded, wide));
      return cpu.getUint16(State.FSW, true);
    };
    assert.equal(load(0x37b, 0x0004), 0x8084);
    assert.equal(load(0x37f, 0x8084), 0x0004);
  });

  it('enable MPX with the usual idiom (vector S01)', () => {
    const enabling = image();
    enabling.setBigUint64(Header.XSTATE_BV, 0x10n, true);
    enabling.setBigUint64(1024, 0x7f5500000001n, true);
    const cpu = registers();
    assert.equal(restore(cpu, enabling, 0x10n, XCR0, wide), true);
    assert.equal(cpu.getBigUint64(State.BNDCFGU, true), 0x7f5500000001n);
    const saved = image();
    saveStandard(cpu, saved, 0x18n, false, wide);
    assert.equal(hex(saved, 512, 8), '1000000000000000');
    assert.equal(hex(saved, 1024, 16), '01000000557f00000000000000000000');
  });

  it('drop reserved bits of BNDCFGU and sign-extend its base', () => {
    for (const [memory, register] of [
      [0x8000deadbfffn, 0xffff8000deadb003n],
      [0xffff7f5500000003n, 0x7f5500000003n],
      [0xffcn, 0n],
    ]) {
      const source = image();
      source.setBigUint64(Header.XSTATE_BV, 0x10n, true);
      source.setBigUint64(1024, memory, true);
      const cpu = registers();
      assert.equal(restore(cpu, source, 0x10n, XCR0, wide), true);
      assert.equal(cpu.getBigUint64(State.BNDCFGU, true), register);
    }
  });

  it('pack components without gaps in the compacted format (vectors S08, S09)', () => {
    const withAvx = compactedLayout(0x800000000000001fn);
    assert.deepEqual([...withAvx.offsets.values(), withAvx.size], [576, 832, 896, 960]);
    const without = compactedLayout(0x800000000000001bn);
    assert.deepEqual([...without.offsets.values(), without.size], [576, 640, 704]);
    assert.equal(standardLayout(XCR0).size, 1088);
    assert.equal(standardLayout(3n).size, 576);
  });

  it('bring back what they saved, for any mask, in both formats', () => {
    fc.assert(
      fc.property(anyRegisters, fc.bigInt(0n, 31n), fc.boolean(), (cpu, mask, compacted) => {
        const rfbm = mask & WITH_AVX;
        const saved = image();
        if (compacted) saveCompacted(cpu, saved, rfbm, wide);
        else saveStandard(cpu, saved, rfbm, false, wide);
        const other = registers();
        bytes(other).fill(0x55, State.BND, State.BND + 64);
        const before = bytes(other).slice();
        assert.equal(restore(other, saved, rfbm, WITH_AVX, wide), true);
        const same = (bit: bigint, at: number, length: number) => {
          const expected = rfbm & bit ? bytes(cpu) : before;
          assert.deepEqual(bytes(other).slice(at, at + length), expected.slice(at, at + length));
        };
        same(1n, State.FCW, 5);
        same(1n, State.ST, 128);
        same(2n, State.XMM, 256);
        // The standard form has it with AVX too.
        same(compacted ? 2n : 6n, State.MXCSR, 4);
        same(4n, State.YMM_HIGH, 256);
        same(8n, State.BND, 64);
        same(16n, State.BNDCFGU, 16);
      }),
    );
  });

  it('write XSTATE_BV = XINUSE for the requested components and keep the other bits', () => {
    fc.assert(
      fc.property(anyRegisters, fc.bigInt(0n, 31n), fc.bigInt(0n, 31n), fc.boolean(), (cpu, mask, old, optimise) => {
        const rfbm = mask & XCR0;
        const saved = image();
        saved.setBigUint64(Header.XSTATE_BV, old, true);
        saveStandard(cpu, saved, rfbm, optimise, wide);
        assert.equal(saved.getBigUint64(Header.XSTATE_BV, true), (old & ~rfbm) | (xinuse(cpu) & rfbm));
      }),
    );
  });

  it('leave components in their initial state unwritten with XSAVEOPT', () => {
    const cpu = registers();
    const saved = image();
    bytes(saved).fill(0xaa);
    saveStandard(cpu, saved, 0x1bn, true, wide);
    assert.equal(hex(saved, 960, 4), 'aaaaaaaa');
    assert.equal(hex(saved, Legacy.XMM, 4), 'aaaaaaaa');
    assert.equal(hex(saved, Legacy.MXCSR, 4), '801f0000', 'MXCSR is always written');
  });

  it('are refused by XRSTOR for a bad header or reserved MXCSR bits, without any change', () => {
    const spoil: ((view: DataView) => void)[] = [
      (view) => view.setBigUint64(Header.XSTATE_BV, 4n, true),
      (view) => view.setBigUint64(Header.XCOMP_BV, 1n, true),
      (view) => view.setUint8(Header.RESERVED + 7, 1),
      (view) => view.setUint32(Legacy.MXCSR, 0x10000, true),
    ];
    for (const change of spoil) {
      const source = image();
      source.setUint32(Legacy.MXCSR, 0x1f80, true);
      change(source);
      const cpu = registers();
      cpu.setBigUint64(State.BND, 7n, true);
      const before = bytes(cpu).slice();
      assert.equal(restore(cpu, source, 0x1bn, XCR0, wide), false);
      assert.deepEqual(bytes(cpu), before);
    }
    const harmless = image();
    harmless.setUint8(Header.RESERVED + 8, 1);
    assert.equal(restore(registers(), harmless, 0x1bn, XCR0, wide), true, 'bytes 63:24 of the header are not checked');
  });

  it('hold the x87 registers in stack order', () => {
    const cpu = registers();
    cpu.setUint16(State.FSW, 6 << 11, true);
    cpu.setUint8(State.ST + 16 * 6, 0x66);
    cpu.setUint8(State.ST, 0x11);
    const saved = image(512);
    saveLegacy(cpu, saved, wide);
    assert.equal(saved.getUint8(Legacy.ST), 0x66, 'ST0 is physical register 6');
    assert.equal(saved.getUint8(Legacy.ST + 32), 0x11, 'ST2 is physical register 0');
    const other = registers();
    assert.equal(restoreLegacy(other, saved, wide), true);
    assert.deepEqual(bytes(other), bytes(cpu));
  });
});
