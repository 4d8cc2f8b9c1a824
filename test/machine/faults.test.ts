import assert from 'node:assert/strict';
import { type Stop, Vector } from '../../src/machine/api.ts';
import { CODE, type Computer, computer, DATA, DATA_BYTES, Register, RW, RX, STACK_TOP } from './computer.ts';

const USER = 4;
const WRITE = 2;
const PRESENT = 1;
const FETCH = 16;
const trap = (vector: number, errorCode = 0, address = 0n): Stop => ({ kind: 'trap', vector, errorCode, address });
const pageFault = (errorCode: number, address: bigint): Stop => trap(Vector.PF, errorCode, address);
const END = DATA + BigInt(DATA_BYTES);

function registers({ cpu }: Computer): bigint[] {
  return [...Array.from({ length: 16 }, (_, i) => cpu.gpr(i)), cpu.rip, cpu.rflags];
}

/** Runs the faulting instruction at the label `fault`, reached from the start, and checks that it had no effect. */
function faults(source: string, expected: Stop | ((c: Computer) => Stop), prepare?: (c: Computer) => void): void {
  const c = computer(source);
  prepare?.(c);
  // Up to the instruction by exact count, then on.
  let before = registers(c);
  while (c.cpu.rip !== c.at('fault')) {
    assert.deepEqual(c.run(1), { kind: 'budget' });
    before = registers(c);
  }
  const hash = c.machine.memory.hash();
  const retired = c.machine.retired;
  for (const budget of [1, 1000]) {
    const stop = c.run(budget);
    assert.deepEqual(stop, typeof expected === 'function' ? expected(c) : expected);
    assert.deepEqual(registers(c), before);
    assert.equal(c.machine.memory.hash(), hash);
    assert.equal(c.machine.retired, retired);
  }
  // The same in one go.
  const whole = computer(source);
  prepare?.(whole);
  assert.equal(whole.run().kind, 'trap');
  assert.deepEqual(registers(whole), before);
}

describe('Faults leave the instruction without effect', () => {
  it('for a load from an absent page', () => {
    faults('mov $0x700123, %esi; stc; fault: adc (%rsi), %rax; hlt', pageFault(USER, 0x700123n));
  });
  it('for a store to an absent page', () => {
    faults('mov $0x700123, %edi; fault: add %rax, (%rdi); hlt', pageFault(USER | WRITE, 0x700123n));
  });
  it('for a store to a read-only page, which is present', () => {
    faults('mov $0x400000, %edi; fault: movb $1, 5(%rdi)', pageFault(USER | WRITE | PRESENT, CODE + 5n));
  });
  it('for a load from a page without any protection bits', () => {
    faults('mov $0x600008, %esi; fault: mov (%rsi), %rax', pageFault(USER | PRESENT, DATA + 8n), (c) =>
      c.machine.memory.protect(DATA, DATA + 4096n, 0),
    );
  });
  it('for an access that reaches into an absent page, at its first byte there', () => {
    faults(`mov $${END - 3n}, %esi; fault: mov (%rsi), %rax`, pageFault(USER, END));
    faults(`mov $${END - 3n}, %esi; fault: xadd %rax, (%rsi)`, pageFault(USER | WRITE, END));
  });
  it('for a push onto an absent page: RSP stays', () => {
    faults(`mov $${STACK_TOP - 4096n}, %rsp; fault: push %rax`, pageFault(USER | WRITE, STACK_TOP - 4104n));
    faults(`mov $${STACK_TOP - 4096n}, %rsp; fault: call fault`, pageFault(USER | WRITE, STACK_TOP - 4104n));
  });
  it('for a pop into an absent page, and a return from one', () => {
    faults('push %rax; mov $0x700000, %edi; fault: popq (%rdi)', pageFault(USER | WRITE, 0x700000n));
    faults(`mov $${STACK_TOP}, %rsp; fault: ret`, pageFault(USER, STACK_TOP));
  });
  it('for non-canonical addresses: #GP, and #SS through the stack registers', () => {
    faults('mov $0x8000000000000000, %rsi; fault: mov (%rsi), %eax', trap(Vector.GP));
    faults('mov $0x7ffffffffffd, %rsi; fault: mov (%rsi), %eax', trap(Vector.GP));
    faults('mov $0x8000000000000000, %rbp; fault: mov (%rbp), %eax', trap(Vector.SS));
    faults('mov $0x8000000000000000, %rsp; fault: push %rax', trap(Vector.SS));
  });
  it('for the other half of the address space: not present', () => {
    faults('mov $0xffff800000000000, %rsi; fault: mov (%rsi), %eax', pageFault(USER, 0xffff_8000_0000_0000n));
    faults('mov $-8, %rsi; fault: mov (%rsi), %eax', pageFault(USER, 0xffff_ffff_ffff_fff8n));
  });
  it('for branches to non-canonical addresses, at the branch', () => {
    faults('mov $0x1234567812345678, %rax; fault: jmp *%rax', trap(Vector.GP));
    faults('mov $0x1234567812345678, %rax; fault: call *%rax', trap(Vector.GP));
    faults('mov $0x1234567812345678, %rax; push %rax; fault: ret', trap(Vector.GP));
  });
  it('for divisions by zero and quotients that do not fit, in every size', () => {
    for (const register of ['cl', 'cx', 'ecx', 'rcx'])
      for (const op of ['div', 'idiv']) faults(`xor %ecx, %ecx; fault: ${op} %${register}`, trap(Vector.DE));
    for (const register of ['cl', 'cx', 'ecx', 'rcx'])
      faults(`mov $-1, %rax; mov $-1, %rdx; mov $1, %ecx; fault: div %${register}`, trap(Vector.DE));
    faults('mov $0x80000000, %edx; xor %eax, %eax; mov $-1, %ecx; fault: idiv %ecx', trap(Vector.DE));
  });
  it('for privileged instructions and misaligned CMPXCHG16B', () => {
    for (const op of ['hlt', 'cli', 'mov %cr0, %rax', 'in $1, %al']) faults(`nop; fault: ${op}`, trap(Vector.GP));
    faults(`mov $${DATA + 8n}, %esi; fault: cmpxchg16b (%rsi)`, trap(Vector.GP));
  });
  it('for an instruction that is not implemented, with its name', () => {
    const c = computer('nop; vpaddd %ymm0, %ymm1, %ymm2');
    const stop = c.run();
    assert.ok(stop.kind === 'trap' && stop.vector === Vector.UD && stop.unimplemented);
    assert.equal(stop.unimplemented.mnemonic, 'vpaddd');
    assert.equal(stop.unimplemented.pc, CODE + 1n);
    assert.equal(c.cpu.rip, CODE + 1n);
    c.run();
    assert.equal(c.machine.unimplemented.length, 1);
  });
});

describe('Instruction fetch faults', () => {
  it('for absent and for non-executable pages', () => {
    const c = computer('nop');
    c.cpu.rip = 0x700000n;
    assert.deepEqual(c.run(), pageFault(USER | FETCH, 0x700000n));
    c.cpu.rip = DATA;
    assert.deepEqual(c.run(), pageFault(USER | FETCH | PRESENT, DATA));
    c.cpu.rip = 0xffff_8000_0000_0000n;
    assert.deepEqual(c.run(), pageFault(USER | FETCH, 0xffff_8000_0000_0000n));
  });
  it('in the second page for an instruction that straddles two, which runs once that is present', () => {
    const c = computer('.org 4094; movl $0x12345678, %eax; int3');
    c.machine.memory.discard(CODE + 4096n, CODE + 8192n);
    c.cpu.rip = CODE + 4094n;
    assert.deepEqual(c.run(), pageFault(USER | FETCH, CODE + 4096n));
    const { cpu, machine } = c;
    machine.memory.populate(CODE + 4096n, RX, Uint8Array.of(0x56, 0x34, 0x12, 0xcc));
    machine.memory.write(CODE + 4095n, Uint8Array.of(0x78));
    assert.deepEqual(c.run(1), { kind: 'budget' });
    assert.equal(cpu.gpr(Register.rax), (0x123456n << 8n) | 0x78n);
  });
  it('after the program removes the page it runs in', () => {
    const c = computer('loop: inc %eax; jmp loop');
    c.run(1000);
    c.machine.memory.protect(CODE, CODE + 4096n, RW);
    assert.deepEqual(c.run(), pageFault(USER | FETCH | PRESENT, c.cpu.rip));
  });
});
