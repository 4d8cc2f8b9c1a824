import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createMachine } from '../../src/machine/machine.ts';
import { computer } from './computer.ts';

const CHANGEABLE =
  0x1n | 0x4n | 0x10n | 0x40n | 0x80n | 0x100n | 0x400n | 0x800n | 0x4000n | 0x10000n | 0x40000n | 0x200000n;

describe('A virtual CPU', () => {
  it('starts as a 64-bit Linux task: initial FPU state, bounds INIT, MPX off', () => {
    const cpu = createMachine().newVcpu();
    assert.equal(cpu.rflags, 0x202n);
    assert.equal(cpu.selector('cs'), 0x33);
    assert.equal(cpu.selector('ss'), 0x2b);
    assert.equal(cpu.mxcsr, 0x1f80);
    assert.equal(cpu.fcw, 0x37f);
    assert.equal(cpu.xinuse(), 0n);
    assert.deepEqual(cpu.bnd(3), { lower: 0n, upperRaw: 0n });
  });

  it('keeps what is written to RFLAGS as far as user code can change it', () => {
    const cpu = createMachine().newVcpu();
    fc.assert(
      fc.property(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn), (value) => {
        cpu.rflags = value;
        assert.equal(cpu.rflags, (value & CHANGEABLE) | 0x202n);
      }),
    );
  });

  it('shows the flags of the last operation at any stop', () => {
    const c = computer('mov $-1, %eax; add $1, %eax; stc; rol $1, %eax; std; int3');
    c.run(2);
    assert.equal(c.cpu.rflags, 0x202n | 0x1n | 0x4n | 0x10n | 0x40n);
    c.run(1);
    c.run(1);
    assert.equal(c.cpu.rflags & 1n, 0n);
    c.run();
    assert.equal(c.cpu.rflags & 0x400n, 0x400n);
  });

  it('gives back what was saved, and another CPU takes it over', () => {
    const c = computer('add $5, %eax; stc; int3');
    c.cpu.fsBase = 0x1234n;
    c.cpu.setXmm(
      3,
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    c.cpu.setBnd(2, { lower: 1n, upperRaw: 2n });
    c.run(2);
    const saved = c.cpu.save();
    const other = c.machine.newVcpu();
    other.restore(saved);
    c.cpu.setGpr(0, 99n);
    c.cpu.fsBase = 0n;
    for (const cpu of [other, c.cpu]) {
      cpu.restore(saved);
      assert.equal(cpu.gpr(0), 5n);
      assert.equal(cpu.rflags & 1n, 1n);
      assert.equal(cpu.fsBase, 0x1234n);
      assert.equal(cpu.xmm(3)[15], 15);
      assert.deepEqual(cpu.bnd(2), { lower: 1n, upperRaw: 2n });
    }
    assert.equal(c.cpu.retired, 2n);
    assert.equal(other.retired, 0n);
  });

  it('can be read and written while another one runs', () => {
    const c = computer('loop: inc %rax; jmp loop');
    const other = c.machine.newVcpu();
    other.rip = c.cpu.rip;
    c.run(4);
    other.setGpr(0, 100n);
    c.machine.run(other, 4);
    c.cpu.setGpr(0, c.cpu.gpr(0) + 1000n);
    c.run(4);
    assert.equal(c.cpu.gpr(0), 1004n);
    assert.equal(other.gpr(0), 102n);
  });

  it('moves its state through XSAVE images', () => {
    const machine = createMachine();
    const cpu = machine.newVcpu();
    cpu.setBnd(0, { lower: 0x10n, upperRaw: ~0x1fn });
    cpu.bndcfgu = 0x7000_0001n;
    assert.equal(cpu.xinuse(), 0x18n);
    const image = cpu.xsave(0xffn);
    assert.equal(image.length, 1088);
    cpu.initFpu();
    assert.equal(cpu.bndcfgu, 0n);
    assert.ok(cpu.xrstor(image, 0xffn));
    assert.equal(cpu.bndcfgu, 0x7000_0001n);
    assert.equal(cpu.bnd(0).lower, 0x10n);
    image[512] = 0x80;
    assert.equal(cpu.xrstor(image, 0xffn), false);
    assert.equal(cpu.bndcfgu, 0x7000_0001n);
  });
});
