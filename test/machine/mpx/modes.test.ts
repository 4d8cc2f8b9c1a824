import assert from 'node:assert/strict';
import type { MpxEvent } from '../../../src/machine/api.ts';
import { type Computer, computer, DATA, Register } from '../computer.ts';

const ENABLED = 1n;
const PRESERVE = 2n;
const LIVE = { lower: 0x1000n, upperRaw: ~0x1fffn & 0xffff_ffff_ffff_ffffn };
const INIT = { lower: 0n, upperRaw: 0n };

function withBounds(source: string, bndcfgu: bigint, features = { mpx: true, mawau: 0 }): Computer {
  const c = computer(source, { features });
  c.cpu.bndcfgu = bndcfgu;
  for (let i = 0; i < 4; i++) c.cpu.setBnd(i, LIVE);
  return c;
}
const bounds = ({ cpu }: Computer) => [0, 1, 2, 3].map((i) => cpu.bnd(i));

describe('Branches and bounds', () => {
  const RESETTING = {
    'jmp near': '.byte 0xe9; .long 0; int3',
    'jmp indirect': 'lea 1f(%rip), %rax; jmp *%rax; 1: int3',
    'jcc taken': 'xor %eax, %eax; je 1f; 1: int3',
    'jcc not taken': 'xor %eax, %eax; jne 1f; 1: int3',
    'fused compare and branch': 'cmp $1, %rax; jb 1f; nop; 1: int3',
    call: 'call 1f; 1: int3',
    'call indirect': 'lea 1f(%rip), %rax; call *%rax; 1: int3',
    ret: 'lea 1f(%rip), %rax; push %rax; ret; 1: int3',
    'ret with release': 'lea 1f(%rip), %rax; push %rax; ret $8; 1: int3',
  };
  const KEEPING = {
    'jmp short': 'jmp 1f; nop; 1: int3',
    loop: 'loop 1f; 1: int3',
    jrcxz: 'jrcxz 1f; 1: int3',
    'bnd jmp': 'lea 1f(%rip), %rax; bnd jmp *%rax; 1: int3',
    'bnd jcc': 'bnd je 1f; 1: int3',
    'bnd call and ret': 'bnd call 1f; int3; 1: bnd ret',
    'no branch': 'nop; int3',
  };

  for (const [name, source] of Object.entries(RESETTING)) {
    it(`${name}: initialises them, but not with BNDPRESERVE or with MPX off`, () => {
      for (const budget of [1, 1000]) {
        const [init, preserve, off] = [ENABLED, ENABLED | PRESERVE, 0n].map((cfg) => {
          const c = withBounds(source, cfg);
          while (c.run(budget).kind === 'budget');
          return bounds(c);
        });
        assert.deepEqual(init, [INIT, INIT, INIT, INIT]);
        assert.deepEqual(preserve, [LIVE, LIVE, LIVE, LIVE]);
        assert.deepEqual(off, [LIVE, LIVE, LIVE, LIVE]);
      }
    });
  }
  for (const [name, source] of Object.entries(KEEPING)) {
    it(`${name}: keeps them`, () => {
      const c = withBounds(source, ENABLED);
      c.run();
      assert.deepEqual(bounds(c), [LIVE, LIVE, LIVE, LIVE]);
    });
  }
});

describe('The MPX mode', () => {
  const CHECK = 'mov $0x500, %eax; bndcl (%rax), %bnd0; int3';

  it('changes with BNDCFGU between two runs of the same code', () => {
    const c = withBounds(CHECK, 0n);
    const start = c.cpu.rip;
    const vectors = [0n, ENABLED, 0n, ENABLED | PRESERVE].map((cfg) => {
      c.cpu.bndcfgu = cfg;
      c.cpu.rip = start;
      const stop = c.run();
      return stop.kind === 'trap' ? stop.vector : stop.kind;
    });
    assert.deepEqual(vectors, [3, 5, 3, 5]);
    assert.equal(c.cpu.bndstatus, 1n);
  });

  it('changes within a block by XRSTOR', () => {
    const c = withBounds(
      `mov $${DATA}, %esi
       movl $0x10, 512(%rsi)
       movl $1, 1024(%rsi)
       mov $0x10, %eax
       xor %edx, %edx
       mov $0x500, %ebx
       bndcl (%rbx), %bnd0
       xrstor (%rsi)
fault: bndcl (%rbx), %bnd0
       int3`,
      0n,
    );
    assert.deepEqual(c.run(), { kind: 'trap', vector: 5, errorCode: 0, address: 0n });
    assert.equal(c.cpu.rip, c.at('fault'));
  });

  it('is off without the CPU feature or the state components, and MPX instructions are NOPs', () => {
    const without = withBounds(CHECK, ENABLED, { mpx: false, mawau: 0 });
    assert.deepEqual(without.run(), { kind: 'trap', vector: 3, errorCode: 0, address: 0n, software: true });
    const unset = withBounds(CHECK, ENABLED);
    unset.machine.xcr0 = 3n;
    assert.deepEqual(unset.run(), { kind: 'trap', vector: 3, errorCode: 0, address: 0n, software: true });
  });

  it('is each CPU’s own', () => {
    const c = withBounds(CHECK, ENABLED);
    const other = c.machine.newVcpu();
    other.rip = c.cpu.rip;
    const stop = c.machine.run(other, 100);
    assert.ok(stop.kind === 'trap' && stop.vector === 3);
    assert.ok(c.run().kind === 'trap');
    assert.equal(c.cpu.bndstatus, 1n);
    assert.equal(other.bndstatus, 0n);
  });
});

describe('Observed bounds', () => {
  it('are reported with the branch that loses them, and the run comes back behind it', () => {
    const c = withBounds('mov $3, %ecx; 1: dec %ecx; branch: jnz 1b; int3', ENABLED);
    c.cpu.setBnd(2, INIT);
    const events: MpxEvent[] = [];
    c.machine.observeMpx = (event) => events.push(event);
    assert.deepEqual(c.run(), { kind: 'budget' });
    assert.deepEqual(events, [{ kind: 'bounds-lost', pc: c.at('branch'), lost: [LIVE, LIVE, LIVE] }]);
    assert.equal(c.machine.retired, 3n);
    assert.equal(c.cpu.gpr(Register.rcx), 2n);
    // Nothing is lost any more.
    assert.equal(c.run().kind, 'trap');
    assert.equal(events.length, 1);
  });

  it('change nothing in what the program does', () => {
    const source = `mov $5, %ecx
1:     bndmk 7(%rcx), %bnd1
       cmp $3, %ecx
       je 2f
       add $1, %rax
2:     dec %ecx
       jnz 1b
       int3`;
    const plain = withBounds(source, ENABLED);
    plain.run();
    const observed = withBounds(source, ENABLED);
    observed.machine.observeMpx = () => {};
    while (observed.run().kind === 'budget');
    assert.equal(observed.machine.retired, plain.machine.retired);
    assert.deepEqual(observed.cpu.save().bytes, plain.cpu.save().bytes);
  });
});
