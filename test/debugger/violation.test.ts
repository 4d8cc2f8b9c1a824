import assert from 'node:assert/strict';
import { CodeReader } from '../../src/debugger/code.ts';
import { boundsFrom } from '../../src/debugger/format.ts';
import { runtimeHint } from '../../src/debugger/runtime-hint.ts';
import { accessText, checkFails, describeViolation } from '../../src/debugger/violation.ts';
import type { Bounds } from '../../src/machine/api.ts';
import { assemble } from './assemble.ts';
import { fakeCpu, fakeMemory } from './fake-cpu.ts';
import { fakeSymbols } from './fake-symbols.ts';

const START = 0x401000n;

/** The code in memory, stopped at its `at`-th instruction, with rax and BND0 as given. */
function stopped(text: string, at: number, registers: { rax: bigint; bounds: Bounds }) {
  const bytes = assemble(text);
  const memory = fakeMemory();
  memory.populate(START, 5, bytes);
  const code = new CodeReader(memory);
  const symbols = fakeSymbols([{ name: 'f', address: START, size: BigInt(bytes.length) }]);
  const pc = [...code.between(START, START + BigInt(bytes.length))][at].ip;
  const cpu = fakeCpu();
  cpu.rip = pc;
  cpu.setGpr(0, registers.rax);
  cpu.setBnd(0, registers.bounds);
  const violation = describeViolation(pc, cpu, code, symbols);
  assert.ok(violation);
  return { violation, fails: checkFails(violation.insn, cpu), bytes: code.bytes(violation.insn) };
}

const TEN = boundsFrom(0x602010n, 0x602019n);

describe('Violations', () => {
  it('of the upper bound say how far past it the address is', () => {
    const { violation, fails } = stopped('bndcu (%rax), %bnd0', 0, { rax: 0x60201an, bounds: TEN });
    assert.ok(fails);
    assert.equal(violation.text, 'Upper bound violation: 0x60201a is 1 byte past [0x602010, 0x602019] (BND0)');
    assert.equal(violation.kind, 'upper');
    assert.equal(violation.overshoot, 1n);
    assert.equal(violation.pointer, 'rax');
    assert.equal(violation.location, 'f');
  });

  it('of the lower bound say how far before it the address is', () => {
    const { violation } = stopped('bndcl -8(%rax,%rbx,4), %bnd0', 0, { rax: 0x602010n, bounds: TEN });
    assert.equal(violation.text, 'Lower bound violation: 0x602008 is 8 bytes before [0x602010, 0x602019] (BND0)');
    assert.equal(violation.pointer, 'rax + rbx*4 - 0x8');
  });

  it('of a register operand compare its value', () => {
    const { violation } = stopped('bndcu %rax, %bnd0', 0, { rax: 0x602100n, bounds: TEN });
    assert.equal(violation.address, 0x602100n);
    assert.equal(violation.overshoot, 0xe7n);
  });

  it('with NULL and with inverted bounds say that nothing is allowed', () => {
    const none = stopped('bndcl (%rax), %bnd0', 0, { rax: 0x1000n, bounds: boundsFrom(-1n, 0n) });
    assert.match(none.violation.text, /0x1000 with NULL bounds, which allow no address \(BND0\)/);
    const inverted = stopped('bndcu (%rax), %bnd0', 0, { rax: 0x3000n, bounds: boundsFrom(0x2000n, 0x1000n) });
    assert.equal(inverted.violation.kind, 'inverted');
    assert.match(inverted.violation.text, /inverted bounds \[0x2000, 0x1000\]/);
  });

  it('of BNDCN compare with the upper bound as it stands', () => {
    const { violation } = stopped('bndcn (%rax), %bnd0', 0, { rax: 0x2001n, bounds: { lower: 0n, upperRaw: 0x2000n } });
    assert.equal(
      violation.text,
      'Upper bound violation: 0x2001 is 1 byte past [0x0, 0x2000] (BND0, upper bound taken as it stands)',
    );
  });

  it('know the access from the two checks before it', () => {
    const code = 'bndcl (%rax), %bnd0\nbndcu 3(%rax), %bnd0\nmov %ecx, (%rax)\nret';
    const { violation } = stopped(code, 1, { rax: 0x602018n, bounds: TEN });
    assert.deepEqual({ ...violation.access, at: undefined }, { offset: -3n, size: 4, kind: 'write', at: undefined });
    assert.equal(accessText(violation), 'Write of 4 bytes at 0x602018–0x60201b, 2 bytes outside the bounds');
  });

  it('look ahead from a failing lower check', () => {
    const code = 'bndcl (%rax), %bnd0\nbndcu 7(%rax), %bnd0\nmov (%rax), %rcx\nret';
    const { violation } = stopped(code, 0, { rax: 0x602000n, bounds: TEN });
    assert.equal(accessText(violation), 'Read of 8 bytes at 0x602000–0x602007, all of it outside the bounds');
  });

  it('see through bounds reloaded between the checks, as unoptimised code does', () => {
    const code =
      'bndmov -48(%rbp), %bnd0\nbndcl (%rax), %bnd0\nbndmov -48(%rbp), %bnd0\nbndcu (%rax), %bnd0\nmovb %dl, (%rax)\nret';
    const { violation } = stopped(code, 3, { rax: 0x60201an, bounds: TEN });
    assert.equal(accessText(violation), 'Write of 1 byte at 0x60201a, all of it outside the bounds');
  });

  it('see that a pointer computed anew is the same, as unoptimised code does', () => {
    const code = `mov -8(%rbp), %rax
      add $24, %rax
      bndcl (%rax), %bnd0
      mov -8(%rbp), %rax
      add $24, %rax
      add $3, %rax
      bndcu (%rax), %bnd0
      mov -8(%rbp), %rax
      mov 24(%rax), %eax
      ret`;
    const { violation } = stopped(code, 6, { rax: 0x60201bn, bounds: TEN });
    assert.equal(accessText(violation), 'Read of 4 bytes at 0x602018–0x60201b, 2 bytes outside the bounds');
  });

  it('see it through an index, and not when the pointer was changed in between', () => {
    const indexed = (between: string, behind = 'nop') => `mov -4(%rbp), %eax
      cltq
      lea 0(,%rax,4), %rdx
      mov -16(%rbp), %rax
      add %rdx, %rax
      bndcl (%rax), %bnd0
      ${between}
      mov -4(%rbp), %eax
      cltq
      lea 0(,%rax,4), %rdx
      mov -16(%rbp), %rax
      add %rdx, %rax
      bndcu 3(%rax), %bnd0
      ${behind}
      movl $1, (%rax)
      ret`;
    const access = (between: string, behind?: string) => {
      const { violation } = stopped(indexed(between, behind), 12, { rax: 0x602018n, bounds: TEN });
      return accessText(violation);
    };
    const whole = 'Write of 4 bytes at 0x602018–0x60201b, 2 bytes outside the bounds';
    assert.equal(access('nop'), whole);
    assert.equal(access('incl -4(%rbp)'), whole, 'the lower check was of another element, the access tells');
    assert.equal(access('incl -4(%rbp)', 'add $8, %rax'), undefined);
  });

  it('do not invent an access across a branch or a change of the pointer', () => {
    assert.equal(stopped('bndcu (%rax), %bnd0\nret', 0, { rax: 0x60201an, bounds: TEN }).violation.access, undefined);
    const changed = stopped('bndcu (%rax), %bnd0\nadd $8, %rax\nmov (%rax), %rcx', 0, { rax: 0x60201an, bounds: TEN });
    assert.equal(changed.violation.access, undefined);
  });

  it("tell what GCC's runtime would do", () => {
    const hint = (text: string) => runtimeHint(stopped(text, 0, { rax: 0x60201an, bounds: TEN }).bytes);
    assert.match(hint('bndcu (%rax), %bnd0'), /would skip this check/);
    assert.match(hint('.byte 0x64, 0xf2, 0x0f, 0x1a, 0x40, 0x10'), /loop for ever/);
  });
});
