import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Stop } from '../../../src/machine/api.ts';
import { assemble } from '../../support/assemble.ts';
import { CODE } from '../computer.ts';
import { lines, load, mode, program, type Run, stateOf } from '../random-program.ts';

/** Runs to a stop other than the budget, or to `limit` instructions, in slices of the given lengths (over and over). */
function runInSlices({ machine, cpu }: Run, slices: readonly number[], limit: number): Stop | undefined {
  for (let i = 0; machine.retired < BigInt(limit); i++) {
    const budget = Math.min(slices[i % slices.length], limit - Number(machine.retired));
    const before = machine.retired;
    const stop = machine.run(cpu, budget);
    if (stop.kind !== 'budget') return stop;
    assert.equal(machine.retired - before, BigInt(budget));
  }
  return undefined;
}

describe('Translated code', () => {
  it('does in random loops what the interpreter does, in one run and in random slices', () => {
    fc.assert(
      fc.property(
        lines(6),
        lines(10),
        mode,
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 12 }),
        (outer, inner, bndcfgu, slices) => {
          const { bytes } = assemble(program(outer, inner), CODE);
          const expected = load(bytes, 'never', bndcfgu);
          const stop = runInSlices(expected, [1_000_000], 1_000_000);
          for (const budgets of [[1_000_000], slices]) {
            const run = load(bytes, 'soon', bndcfgu);
            assert.deepEqual(runInSlices(run, budgets, 1_000_000), stop);
            assert.deepEqual(stateOf(run), stateOf(expected));
          }
        },
      ),
      { numRuns: 60 },
    );
  }).timeout(240_000);

  it('stops at each breakpoint as often as the interpreter does', () => {
    fc.assert(
      fc.property(lines(4), lines(8), fc.infiniteStream(fc.nat()), (outer, inner, picks) => {
        const { bytes, symbols } = assemble(program(outer, inner), CODE);
        const labels = ['outer', 'inner', 'nested', 'leaf'].map((name) => symbols.get(name) ?? CODE);
        const runs = [load(bytes, 'never', 1n), load(bytes, 'soon', 1n)];
        for (let round = 0; round < 40; round++) {
          const set = labels.filter((_, i) => (picks.next().value ?? 0) & (1 << i));
          const budget = (picks.next().value ?? 0) % 3000;
          const ignoreBreakpointAtStart = round % 3 > 0;
          const [expected, actual] = runs.map((run) => {
            run.machine.setBreakpoints(set);
            return { stop: run.machine.run(run.cpu, budget, { ignoreBreakpointAtStart }), rip: run.cpu.rip };
          });
          assert.deepEqual(actual, expected);
        }
        assert.deepEqual(stateOf(runs[1]), stateOf(runs[0]));
      }),
      { numRuns: 25 },
    );
  }).timeout(240_000);

  it('is void as soon as the code is written to, by the program or from outside', () => {
    // Each round changes the immediate of an ADD in the inner loop, then runs that loop.
    const source = `
        mov $200, %r15d
outer:  lea patch+2(%rip), %rdi
        mov %r15b, (%rdi)
        mov $50, %ecx
patch:  add $1, %al
        add %rax, %rdx
        imul $3, %rdx, %rdx
        dec %ecx
        jnz patch
        dec %r15d
        jnz outer
        int3`;
    const { bytes, symbols } = assemble(source.replace('add $1, %al', '.byte 0x80, 0xc0, 1'), CODE);
    const patch = symbols.get('patch') ?? CODE;
    const runs = [load(bytes, 'never', 0n), load(bytes, 'soon', 0n)];
    for (let round = 0; round < 30; round++) {
      const [expected, actual] = runs.map((run) => {
        run.machine.memory.write(patch + 2n, Uint8Array.of(round * 7));
        return { stop: run.machine.run(run.cpu, 777), ...stateOf(run) };
      });
      assert.deepEqual(actual, expected);
    }
    for (const run of runs) runInSlices(run, [100_000], 1_000_000);
    assert.deepEqual(stateOf(runs[1]), stateOf(runs[0]));
  });

  it('follows changes of the MPX mode', () => {
    const { bytes } = assemble(program(['bndmk 7(%rbx), %bnd1'], ['bndmov %bnd1, %bnd2', 'call leaf']), CODE);
    const runs = [load(bytes, 'never', 1n), load(bytes, 'soon', 1n)];
    for (const bndcfgu of [1n, 3n, 0n, 1n, 3n, 1n]) {
      const [expected, actual] = runs.map((run) => {
        run.cpu.bndcfgu = bndcfgu;
        return { stop: run.machine.run(run.cpu, 1001), ...stateOf(run) };
      });
      assert.deepEqual(actual, expected);
    }
  });

  it('learns where indirect jumps go, and does the same as before', () => {
    const source = `
        xor %eax, %eax
        mov $3000, %r15d
loop:   imul $0x41c64e6d, %eax, %eax
        add $12345, %eax
        mov %eax, %ecx
        shr $16, %ecx
        and $3, %ecx
        lea table(%rip), %rsi
        jmp *(%rsi,%rcx,8)
one:    add $5, %rdx
        jmp next
two:    xor %rax, %rdx
        jmp next
three:  rol $3, %rdx
        jmp next
four:   sub %rax, %rdx
next:   dec %r15d
        jnz loop
        int3
        .p2align 3
table:  .quad one, two, three, four`;
    const { bytes } = assemble(source, CODE);
    const [expected, actual] = (['never', 'soon'] as const).map((translate) => {
      const run = load(bytes, translate, 0n);
      return { stop: runInSlices(run, [100_000], 1_000_000), ...stateOf(run) };
    });
    assert.deepEqual(actual, expected);
  });
});
