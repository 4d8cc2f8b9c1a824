import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Computer, computer, DATA, Register } from './computer.ts';

// Loops, calls, indirect calls, string operations, page-crossing accesses, flags that live across blocks.
const PROGRAM = `
        mov $${DATA}, %ebx
        mov $40, %ebp
outer:  lea -3(%rbx), %rdi
        add $4096, %rdi
        mov %rbp, (%rdi)
        add %rbp, (%rdi)
        mov $7, %ecx
inner:  add $0x1234567, %eax
        adc %rax, %rdx
        rol $5, %rdx
        xor %rdx, 8(%rbx,%rcx,8)
        dec %ecx
        jnz inner
        call leaf
        lea table(%rip), %rsi
        mov %ebp, %ecx
        and $1, %ecx
        mov (%rsi,%rcx,8), %rcx
        call *%rcx
        lea 256(%rbx), %rdi
        mov $11, %ecx
        rep stosw
        pushf
        pop %r8
        xor %r8, %rdx
        cmp $20, %ebp
        cmovb %rbp, %r9
        sete (%rbx)
        dec %ebp
        jnz outer
        int3
leaf:   imul $77, %rax, %rax
        ret
even:   add $5, %rdx
        ret
odd:    sub $9, %rdx
        clc
        ret
        .p2align 3
table:  .quad even, odd`;

function finalState({ machine, cpu }: Computer) {
  const gprs = Array.from({ length: 16 }, (_, i) => cpu.gpr(i));
  return { gprs, rip: cpu.rip, rflags: cpu.rflags, hash: machine.memory.hash(), retired: machine.retired };
}

describe('The instruction budget', () => {
  it('is exact: after a budget stop precisely that many instructions have retired', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 }), (budgets) => {
        const c = computer(PROGRAM);
        for (const budget of budgets) {
          const { retired } = c.machine;
          const stop = c.run(budget);
          if (stop.kind !== 'budget') break;
          assert.equal(c.machine.retired - retired, BigInt(budget));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('may cut a run anywhere without changing its course', () => {
    const whole = computer(PROGRAM);
    assert.deepEqual(whole.run(), { kind: 'trap', vector: 3, errorCode: 0, address: 0n, software: true });
    const expected = finalState(whole);
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 200 })), (budgets) => {
        const c = computer(PROGRAM);
        for (const budget of budgets) if (c.run(budget).kind !== 'budget') break;
        assert.deepEqual(finalState(c), expected);
      }),
      { numRuns: 25 },
    );
  });

  it('counts each iteration of a repeated string instruction, and one for none', () => {
    const c = computer(`mov $${DATA}, %edi; mov $10, %ecx; rep stosb; rep stosb; int3`);
    c.run(2);
    c.run(4);
    assert.equal(c.cpu.gpr(Register.rcx), 6n);
    assert.equal(c.cpu.gpr(Register.rdi), DATA + 4n);
    c.run();
    assert.equal(c.machine.retired, 2n + 10n + 1n + 1n);
  });

  it('does not count a faulting instruction, and counts it once when it has succeeded', () => {
    const c = computer('mov $0x700000, %esi; mov (%rsi), %eax; inc %eax; int3');
    assert.equal(c.run().kind, 'trap');
    assert.equal(c.machine.retired, 1n);
    c.machine.memory.populate(0x700000n, 3);
    c.run(2);
    assert.equal(c.machine.retired, 3n);
    assert.equal(c.cpu.gpr(Register.rax), 1n);
  });

  it('is shared by the CPUs of a machine only in its clock', () => {
    const c = computer('loop: inc %rax; jmp loop');
    const other = c.machine.newVcpu();
    other.rip = c.cpu.rip;
    c.run(11);
    c.machine.run(other, 20);
    c.run(4);
    assert.equal(c.cpu.retired, 15n);
    assert.equal(other.retired, 20n);
    assert.equal(c.machine.retired, 35n);
    assert.equal(c.cpu.gpr(Register.rax), 8n);
    assert.equal(other.gpr(Register.rax), 10n);
  });
});

describe('A pause', () => {
  it('stops the next run before its first instruction, once', () => {
    const c = computer('loop: inc %rax; jmp loop');
    c.machine.requestPause();
    assert.deepEqual(c.run(10), { kind: 'pause' });
    assert.equal(c.machine.retired, 0n);
    assert.deepEqual(c.run(10), { kind: 'budget' });
  });
});
