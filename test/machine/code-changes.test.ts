import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CODE, computer, DATA, Register } from './computer.ts';

const RWX = 7;

describe('Self-modifying code', () => {
  it('takes effect with the next instruction, even in the block that is running', () => {
    const c = computer(`
        mov $100, %ecx
loop:   lea patched+1(%rip), %rdi
        mov %ecx, (%rdi)
patched: mov $0, %eax
        add %rax, %rdx
        dec %ecx
        jnz loop
        int3`);
    c.machine.memory.protect(CODE, CODE + 4096n, RWX);
    c.run();
    assert.equal(c.cpu.gpr(Register.rdx), 5050n);
  });

  it('is seen through direct links, predicted jumps and string stores', () => {
    // Calls a one-instruction function that is rewritten between calls, directly and through a register.
    const c = computer(`
        lea function(%rip), %rbx
        mov $50, %ebp
loop:   lea 1(%rbx), %rdi
        mov %ebp, %eax
        mov $1, %ecx
        rep stosl
        call function
        add %rax, %rdx
        call *%rbx
        add %rax, %rdx
        dec %ebp
        jnz loop
        int3
        .p2align 12
function: mov $0, %eax
        ret`);
    c.machine.memory.protect(CODE, CODE + 8192n, RWX);
    c.run();
    assert.equal(c.cpu.gpr(Register.rdx), 2n * 1275n);
  });

  it('costs nothing but time on a page that is both data and code', () => {
    const c = computer(`
        mov $200, %ecx
loop:   incl counter(%rip)
        dec %ecx
        jnz loop
        mov counter(%rip), %eax
        int3
counter: .long 0`);
    c.machine.memory.protect(CODE, CODE + 4096n, RWX);
    c.run();
    assert.equal(c.cpu.gpr(Register.rax), 200n);
    assert.equal(c.machine.retired, 1n + 600n + 2n);
  });

  it('may be made by the kernel or the debugger between two runs', () => {
    const c = computer('loop: inc %eax; jmp loop');
    c.run(1000);
    c.cpu.rip = CODE;
    c.machine.memory.write(CODE, Uint8Array.of(0xcc));
    const stop = c.run();
    assert.ok(stop.kind === 'trap' && stop.software);
  });

  it('may replace a whole page: populate, discard and move drop what was decoded', () => {
    const c = computer('mov $1, %eax; int3');
    c.run();
    c.machine.memory.populate(CODE + 0x5000n, 5, Uint8Array.of(0xb8, 2, 0, 0, 0, 0xcc));
    c.machine.memory.discard(CODE, CODE + 4096n);
    c.machine.memory.move(CODE + 0x5000n, CODE, 4096n);
    c.cpu.rip = CODE;
    c.run();
    assert.equal(c.cpu.gpr(Register.rax), 2n);
  });
});

describe('Breakpoints', () => {
  const LOOP = `
        mov $10, %ecx
loop:   add $2, %eax
middle: sub $1, %ecx
        jnz loop
after:  int3`;

  it('stop before the instruction, each time it is reached', () => {
    const c = computer(LOOP);
    c.machine.setBreakpoints([c.at('middle')]);
    for (let i = 1; i <= 10; i++) {
      assert.deepEqual(c.machine.run(c.cpu, 1000, { ignoreBreakpointAtStart: i > 1 }), {
        kind: 'breakpoint',
        address: c.at('middle'),
      });
      assert.equal(c.cpu.gpr(Register.rax), BigInt(2 * i));
      assert.equal(c.cpu.rip, c.at('middle'));
    }
  });

  it('hit again at the same place unless told to ignore it', () => {
    const c = computer(LOOP);
    c.machine.setBreakpoints([CODE]);
    assert.equal(c.run().kind, 'breakpoint');
    assert.equal(c.run().kind, 'breakpoint');
    assert.equal(c.machine.retired, 0n);
  });

  it('can be set in code that has run, between the instructions of a fused pair too, and be taken away', () => {
    const c = computer(LOOP);
    c.run(15);
    const branch = c.at('middle') + 3n;
    c.machine.setBreakpoints([branch]);
    assert.deepEqual(c.run(), { kind: 'breakpoint', address: branch });
    c.machine.setBreakpoints([]);
    const stop = c.run();
    assert.ok(stop.kind === 'trap' && stop.software);
    assert.equal(c.cpu.gpr(Register.rax), 20n);
  });

  it('stop once at an instruction that faults and is resumed, or that repeats', () => {
    const c = computer('here: mov 0x700000, %eax; mov $0x700000, %edi; mov $5, %ecx; there: rep stosb; int3');
    const hit = (label: string) => ({ kind: 'breakpoint', address: c.at(label) });
    c.machine.setBreakpoints([c.at('here'), c.at('there')]);
    assert.deepEqual(c.run(), hit('here'));
    const stop = c.machine.run(c.cpu, 100, { ignoreBreakpointAtStart: true });
    assert.ok(stop.kind === 'trap' && stop.vector === 14);
    c.machine.memory.populate(0x700000n, 3);
    assert.deepEqual(c.run(), hit('there'));
    assert.deepEqual(c.machine.run(c.cpu, 2, { ignoreBreakpointAtStart: true }), { kind: 'budget' });
    const end = c.run();
    assert.ok(end.kind === 'trap' && end.software);
  });

  it('come after the budget: a budget used up at a breakpoint is a budget stop', () => {
    const c = computer(LOOP);
    c.machine.setBreakpoints([c.at('middle')]);
    assert.deepEqual(c.run(2), { kind: 'budget' });
    assert.deepEqual(c.run(1), { kind: 'breakpoint', address: c.at('middle') });
  });

  it('do not change what is executed, wherever they are', () => {
    const addresses = [0n, 5n, 8n, 11n, 13n].map((offset) => CODE + offset);
    fc.assert(
      fc.property(fc.subarray(addresses), fc.integer({ min: 1, max: 40 }), (chosen, budget) => {
        const c = computer(LOOP);
        c.machine.setBreakpoints(chosen);
        let ignore = false;
        for (let i = 0; i < 1000; i++) {
          const stop = c.machine.run(c.cpu, budget, { ignoreBreakpointAtStart: ignore });
          if (stop.kind === 'trap') break;
          ignore = stop.kind === 'breakpoint';
        }
        assert.equal(c.cpu.gpr(Register.rax), 20n);
        assert.equal(c.machine.retired, 1n + 30n + 1n);
      }),
      { numRuns: 20 },
    );
  });
});

describe('The trap flag', () => {
  it('raises #DB after each instruction behind the one that set it', () => {
    const c = computer('pushf; orl $0x100, (%rsp); popf; inc %eax; inc %eax; int3');
    const debug = { kind: 'trap', vector: 1, errorCode: 0, address: 0n };
    assert.deepEqual(c.run(), debug);
    assert.equal(c.cpu.gpr(Register.rax), 1n);
    assert.deepEqual(c.run(), debug);
    c.cpu.rflags &= ~0x100n;
    assert.equal(c.run().kind, 'trap');
    assert.equal(c.cpu.gpr(Register.rax), 2n);
  });
});

describe('Data beside code', () => {
  it('is told from code by the byte: the last byte of an instruction may lie in another line than its first', () => {
    // mov $imm32, %eax begins two bytes before the end of a line.
    const c = computer(`mov $${DATA + 62n}, %edi; call *%rdi; int3`);
    c.machine.memory.protect(DATA, DATA + 4096n, RWX);
    c.machine.memory.write(DATA + 62n, Uint8Array.of(0xb8, 0, 0, 0, 0, 0xc3));
    for (let i = 1n; i < 5n; i++) {
      c.machine.memory.write(DATA + 66n, Uint8Array.of(Number(i)));
      c.cpu.rip = CODE;
      c.run();
      assert.equal(c.cpu.gpr(Register.rax), i << 24n);
    }
  });

  it('may be written as often as one likes while the code runs, and afterwards', () => {
    const c = computer(`
        mov $1000, %ecx
1:      incl counter(%rip)
        dec %ecx
        jnz 1b
        mov $1000, %ecx
        jmp behind
        .balign 64
counter: .long 0
        .p2align 12
behind: incl counter(%rip)
        dec %ecx
        jnz behind
        mov counter(%rip), %eax
        int3`);
    c.machine.memory.protect(CODE, CODE + 4096n, RWX);
    c.run();
    assert.equal(c.cpu.gpr(Register.rax), 2000n);
  });

  it('stays writable at full speed once the code of a page has been dropped often', () => {
    const c = computer(`mov $${DATA}, %edi; mov $1, %eax; call *%rdi; int3`);
    c.machine.memory.protect(DATA, DATA + 4096n, RWX);
    for (let i = 0; i < 20; i++) {
      c.machine.memory.write(DATA, Uint8Array.of(0x83, 0xc0, i, 0xc3)); // add $i, %eax; ret
      c.cpu.rip = CODE;
      c.run();
      assert.equal(c.cpu.gpr(Register.rax), BigInt(1 + i));
    }
  });
});

describe('More code than there is room for', () => {
  it('is decoded again when it has been forgotten', () => {
    // A page of one-byte instructions, replaced often enough to fill the room for decoded instructions.
    const c = computer('nop');
    const page = new Uint8Array(4096).fill(0xf8);
    page.set([0xff, 0xc0, 0xcc], 4090); // inc %eax; int3
    for (let i = 1; i <= 330; i++) {
      c.machine.memory.discard(CODE, CODE + 4096n);
      c.machine.memory.populate(CODE, 5, page);
      c.cpu.rip = CODE;
      assert.equal(c.run().kind, 'trap');
      assert.equal(c.cpu.gpr(Register.rax), BigInt(i));
    }
    assert.equal(c.machine.retired, 330n * 4092n);
  });
});
