import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PAGE_SIZE } from '../../src/machine/api.ts';
import { type Computer, computer, DATA, Register, RW } from './computer.ts';

const LOW_STACK = 0x0100_0000n;
const CODE32 = 0x23;

/** 32-bit code with a stack below 4 GiB; it ends at INT3. */
function compatible(source: string): Computer {
  const c = computer(`.code32\n${source}\nint3`);
  c.machine.memory.populate(LOW_STACK - BigInt(PAGE_SIZE), RW);
  c.cpu.setSelector('cs', CODE32);
  c.cpu.setGpr(Register.rsp, LOW_STACK);
  return c;
}

/** Runs to the INT3; anything else fails the test. */
function finish(c: Computer): Computer {
  const stop = c.run();
  assert.ok(
    stop.kind === 'trap' && stop.vector === 3,
    `stopped by ${stop.kind} ${'vector' in stop ? stop.vector : ''}`,
  );
  return c;
}
const gpr = (c: Computer, name: keyof typeof Register): bigint => c.cpu.gpr(Register[name]);
const word = (c: Computer, address: bigint): bigint | undefined => c.machine.memory.readUint(address, 4);

describe('32-bit code', () => {
  it('is reached from 64-bit code by a far jump, and left by one', () => {
    const c = computer(`
      mov $0x100, %rax
      ljmp *to32(%rip)
      .code32
      back: incl %eax            # 40 is INC here, a REX prefix there
      pushl $0x33
      pushl $end
      lret
      to32: .long back; .word 0x23
      .code64
      end: add $1, %r9
      int3`);
    c.machine.memory.populate(LOW_STACK - BigInt(PAGE_SIZE), RW);
    c.cpu.setGpr(Register.rsp, LOW_STACK);
    finish(c);
    assert.equal(gpr(c, 'rax'), 0x101n);
    assert.equal(gpr(c, 'r9'), 1n);
    assert.equal(c.cpu.selector('cs'), 0x33);
    assert.equal(gpr(c, 'rsp'), LOW_STACK);
  });

  it('pushes, calls and returns by words of four bytes', () => {
    const c = compatible(`
      pushl $-2
      call f
      after: jmp out
      f: mov (%esp), %ebx
      mov 4(%esp), %ecx
      ret $4
      out: leal -8(%ebp), %edx`);
    finish(c);
    assert.equal(gpr(c, 'rbx'), c.at('after'));
    assert.equal(gpr(c, 'rcx'), 0xffff_fffen);
    assert.equal(gpr(c, 'rsp'), LOW_STACK);
    assert.equal(gpr(c, 'rdx'), 0xffff_fff8n, 'addresses wrap at 4 GiB');
  });

  it('wraps the stack pointer at 32 bits, also for 16-bit pushes', () => {
    const c = compatible('pushw $7');
    c.machine.memory.populate(0xffff_f000n, RW);
    c.cpu.setGpr(Register.rsp, 0xffff_ffff_0000_0000n);
    finish(c);
    assert.equal(gpr(c, 'rsp'), 0xffff_fffen);
    assert.equal(c.machine.memory.readUint(0xffff_fffen, 2), 7n);
  });

  it('reaches thread-local storage below its base, through the descriptor that GS names', () => {
    const c = compatible(`
      mov $0x63, %eax
      mov %ax, %gs
      movl $42, %gs:0xfffffffc
      mov %gs:-4, %ebx`);
    c.cpu.setTlsBase(0, Number(DATA) + 16);
    finish(c);
    assert.equal(word(c, DATA + 12n), 42n);
    assert.equal(gpr(c, 'rbx'), 42n);
    assert.equal(c.cpu.gsBase, DATA + 16n);
  });

  it('refuses a selector of thread-local storage that was not set up', () => {
    const c = compatible('mov $0x6b, %eax\n mov %ax, %fs');
    const stop = c.run();
    assert.ok(stop.kind === 'trap' && stop.vector === 13 && stop.errorCode === 0x68);
  });

  it('saves and restores all registers with PUSHA and POPA', () => {
    const c = compatible('pusha\n mov (%esp), %ebp\n addl $1, 28(%esp)\n xor %ebx, %ebx\n popa');
    for (let n = 0; n < 8; n++) if (n !== Register.rsp) c.cpu.setGpr(n, BigInt(0x100 + n));
    finish(c);
    assert.deepEqual(
      Array.from({ length: 8 }, (_, n) => c.cpu.gpr(n)),
      [0x101n, 0x101n, 0x102n, 0x103n, LOW_STACK, 0x105n, 0x106n, 0x107n],
    );
  });

  it('copies strings by ESI, EDI and ECX', () => {
    const c = compatible('cld\n rep movsb\n mov $3, %ecx\n mov $0x78, %al\n rep stosb');
    c.machine.memory.write(DATA, Buffer.from('a string of some length'));
    c.cpu.setGpr(Register.rsi, DATA | (7n << 32n));
    c.cpu.setGpr(Register.rdi, DATA + 0x800n);
    c.cpu.setGpr(Register.rcx, 8n);
    finish(c);
    assert.equal(Buffer.from(c.machine.memory.read(DATA + 0x800n, 12)).toString(), 'a stringxxx\0');
    assert.equal(gpr(c, 'rsi'), DATA + 8n, 'the upper half is cleared');
  });

  it('has 16-bit addresses with a prefix, and loops that count in CX', () => {
    const c = compatible(`
      mov $0x0001fffe, %ebx
      mov $0x00010012, %esi
      addr16 lea (%bx,%si), %eax
      mov $0xabcd0003, %ecx
      xor %edx, %edx
      again: inc %edx
      .byte 0x67, 0xe2, 0xfc     # loopw again`);
    finish(c);
    assert.equal(gpr(c, 'rax'), 0x10n);
    assert.equal(gpr(c, 'rdx'), 3n);
    assert.equal(gpr(c, 'rcx'), 0xabcd_0000n);
  });

  it('raises #BR for an index outside BOUND’s limits, signed, and notes that no bound register was to blame', () => {
    for (const [index, fails] of [
      [-5, false],
      [10, false],
      [11, true],
      [-6, true],
    ] as const) {
      const c = compatible(`mov $${index}, %eax\n bound %eax, ${DATA}`);
      c.machine.memory.writeUint(DATA, 4, 0xffff_fffbn);
      c.machine.memory.writeUint(DATA + 4n, 4, 10n);
      c.cpu.bndcfgu = 0x8000_0001n;
      c.cpu.bndstatus = 1n;
      const stop = c.run();
      assert.ok(stop.kind === 'trap' && stop.vector === (fails ? 5 : 3));
      assert.equal(c.cpu.bndstatus, fails ? 0n : 1n);
    }
  });

  it('enters the kernel by INT 80h and SYSENTER; SYSCALL does not exist there on Intel’s CPUs', () => {
    const int80 = compatible('int $0x80').run();
    assert.ok(int80.kind === 'trap' && int80.software && int80.vector === 0x80);
    assert.deepEqual(compatible('sysenter').run(), { kind: 'syscall', fast: true });
    const syscall = compatible('.byte 0x0f, 0x05').run();
    assert.ok(syscall.kind === 'trap' && syscall.vector === 6);
  });
});

describe('Decimal arithmetic of 32-bit code', () => {
  const packed = (n: number): number => (Math.floor(n / 10) << 4) | (n % 10);
  const digits = fc.integer({ min: 0, max: 99 });
  const flag = (c: Computer) => Number(c.cpu.rflags & 1n);
  const run = (source: string, eax: number, ebx = 0): Computer => {
    const c = compatible(source);
    c.cpu.setGpr(Register.rax, BigInt(eax));
    c.cpu.setGpr(Register.rbx, BigInt(ebx));
    return finish(c);
  };

  it('adds and subtracts packed digits', () => {
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        const sum = run('add %bl, %al\n daa', packed(a), packed(b));
        assert.equal(Number(gpr(sum, 'rax')), packed((a + b) % 100));
        assert.equal(flag(sum), a + b > 99 ? 1 : 0);
        const difference = run('sub %bl, %al\n das', packed(a), packed(b));
        assert.equal(Number(gpr(difference, 'rax')), packed((a - b + 100) % 100));
        assert.equal(flag(difference), a < b ? 1 : 0);
      }),
      { numRuns: 25 },
    );
  });

  it('adds, multiplies and divides digits in AL and AH', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), (a, b) => {
        const sum = run('add %bl, %al\n aaa', a, b);
        assert.equal(Number(gpr(sum, 'rax')), (Math.floor((a + b) / 10) << 8) | ((a + b) % 10));
        const product = run('mul %bl\n aam', a, b);
        assert.equal(Number(gpr(product, 'rax')), (Math.floor((a * b) / 10) << 8) | ((a * b) % 10));
        const value = run('aad', (a << 8) | b);
        assert.equal(Number(gpr(value, 'rax')), 10 * a + b);
        const difference = run('sub %bl, %al\n aas', 0x100 | a, b);
        assert.equal(Number(gpr(difference, 'rax')), a < b ? a - b + 10 : 0x100 | (a - b));
      }),
      { numRuns: 25 },
    );
  });

  it('divides by zero with a fault', () => {
    const stop = compatible('aam $0').run();
    assert.ok(stop.kind === 'trap' && stop.vector === 0);
  });
});

describe('MPX in 32-bit code', () => {
  const DIRECTORY = 0x8000_0000n;
  const TABLE = 0x8080_0000n;
  const on = (source: string): Computer => {
    const c = compatible(source);
    c.cpu.bndcfgu = DIRECTORY | 1n;
    return c;
  };

  it('makes bounds of the low halves and clears the high ones', () => {
    const c = on('bndmk 9(%eax), %bnd0\n bndmov %bnd1, %bnd2');
    c.cpu.setGpr(Register.rax, 0x9_0804_a000n);
    c.cpu.setBnd(1, { lower: 0x1_0000_0002n, upperRaw: 0x3_0000_0004n });
    finish(c);
    assert.deepEqual(c.cpu.bnd(0), { lower: 0x0804_a000n, upperRaw: 0xf7fb_5ff6n });
    assert.deepEqual(c.cpu.bnd(2), { lower: 2n, upperRaw: 4n });
  });

  it('checks by 32 bits', () => {
    const check = (address: bigint) => {
      const c = on('bndcl (%eax), %bnd0\n bndcu (%eax), %bnd0');
      c.cpu.setBnd(0, { lower: 0x1000n, upperRaw: 0xffff_e000n });
      c.cpu.setGpr(Register.rax, address);
      const stop = c.run();
      assert.ok(stop.kind === 'trap');
      return stop.vector;
    };
    assert.equal(check(0x1fffn), 3);
    assert.equal(check(0x2000n), 5);
    assert.equal(check(0xfffn), 5);
    assert.equal(check(0x1_0000_1fffn), 3, 'the upper half of the register does not count');
  });

  it('keeps eight bytes of bounds in memory', () => {
    const c = on(`bndmov %bnd0, ${DATA}\n bndmov ${DATA}, %bnd3`);
    c.cpu.setBnd(0, { lower: 0x804a000n, upperRaw: 0xf7fb_5ff6n });
    c.machine.memory.writeUint(DATA + 8n, 4, 0x55n);
    finish(c);
    assert.deepEqual([word(c, DATA), word(c, DATA + 4n), word(c, DATA + 8n)], [0x804a000n, 0xf7fb_5ff6n, 0x55n]);
    assert.deepEqual(c.cpu.bnd(3), c.cpu.bnd(0));
  });

  it('stores and loads bounds through a table for each page', () => {
    const c = on('bndstx %bnd0, 4(%edi,%esi)\n bndldx 4(%edi,%esi), %bnd1\n inc %esi\n bndldx 4(%edi,%esi), %bnd2');
    const slot = 0x0804_b018n;
    const entry = TABLE + (((slot + 4n) & 0xfffn) >> 2n) * 16n;
    c.machine.memory.populate(DIRECTORY + (((slot >> 12n) * 4n) & ~0xfffn), RW, undefined, { pool: true });
    c.machine.memory.writeUint(DIRECTORY + (slot >> 12n) * 4n, 4, TABLE | 1n);
    c.machine.memory.populate(entry & ~0xfffn, RW, undefined, { pool: true });
    c.cpu.setGpr(Register.rdi, slot);
    c.cpu.setGpr(Register.rsi, 0x0804_c000n);
    const bounds = { lower: 0x0804_c000n, upperRaw: 0xf7fb_3ff0n };
    c.cpu.setBnd(0, bounds);
    finish(c);
    assert.deepEqual(
      [0n, 4n, 8n].map((offset) => word(c, entry + offset)),
      [bounds.lower, bounds.upperRaw, 0x0804_c000n],
    );
    assert.deepEqual(c.cpu.bnd(1), bounds);
    assert.deepEqual(c.cpu.bnd(2), { lower: 0n, upperRaw: 0n });
  });

  it('reports a missing table with the address of its directory entry', () => {
    const c = on('bndldx (%edi,%esi), %bnd1');
    c.machine.memory.populate(DIRECTORY, RW, undefined, { pool: true });
    c.cpu.setGpr(Register.rdi, 0x5018n);
    const stop = c.run();
    assert.ok(stop.kind === 'trap' && stop.vector === 5);
    assert.equal(c.cpu.bndstatus, (DIRECTORY + 5n * 4n) | 2n);
  });

  it('has no bound instructions with 16-bit addresses', () => {
    const stop = on('.byte 0x67, 0xf3, 0x0f, 0x1a, 0x07').run();
    assert.ok(stop.kind === 'trap' && stop.vector === 6);
  });
});
