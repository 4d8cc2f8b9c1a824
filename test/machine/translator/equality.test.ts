import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Machine, MachineOptions, Stop, Vcpu } from '../../../src/machine/api.ts';
import { createMachine } from '../../../src/machine/machine.ts';
import { assemble } from '../../support/assemble.ts';
import { CODE, DATA, RW, STACK_TOP } from '../computer.ts';

const RWX = 7;
const NOP_FILL = 0x90;

interface Run {
  machine: Machine;
  cpu: Vcpu;
}

/** Code at CODE, data in the flat window and (second page) outside it, a stack; some pointers in registers. */
function load(code: Uint8Array, translate: MachineOptions['translate'], bndcfgu: bigint): Run {
  const machine = createMachine({ translate });
  const page = new Uint8Array(4096).fill(NOP_FILL);
  page.set(code);
  machine.memory.populate(CODE, RWX, page);
  for (let i = 0n; i < 4n; i++) machine.memory.populate(DATA + i * 4096n, RW, undefined, { pool: i === 1n });
  machine.memory.populate(STACK_TOP - 4096n, RW);
  const cpu = machine.newVcpu();
  for (let i = 0; i < 16; i++) cpu.setGpr(i, (0x0123_4567_89ab_cdefn * BigInt(i + 1)) & 0xffff_ffff_ffff_ffffn);
  cpu.setGpr(3, DATA + 4000n);
  cpu.setGpr(4, STACK_TOP - 1024n);
  cpu.rip = CODE;
  cpu.bndcfgu = bndcfgu;
  cpu.setBnd(0, { lower: DATA, upperRaw: ~(DATA + 16383n) & 0xffff_ffff_ffff_ffffn });
  return { machine, cpu };
}

/** Everything a program can see of the machine. */
function stateOf({ machine, cpu }: Run) {
  return {
    gprs: Array.from({ length: 16 }, (_, i) => cpu.gpr(i)),
    xmm: Array.from({ length: 16 }, (_, i) => [...cpu.xmm(i)]),
    bounds: Array.from({ length: 4 }, (_, i) => cpu.bnd(i)),
    rip: cpu.rip,
    rflags: cpu.rflags,
    bndstatus: cpu.bndstatus,
    mxcsr: cpu.mxcsr,
    retired: [cpu.retired, machine.retired],
    hash: machine.memory.hash(),
  };
}

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

// Bodies of loops: each line leaves RBX (data), RSP, RBP and R15 (counters) alone. RBX + 96 … is where two pages meet.
const LINES = [
  'add %rax, %rcx',
  'adc %edx, %esi',
  'sub $0x1234, %di',
  'sbb %r9, %r8',
  'xor %al, %dh',
  'and $0x7f7f7f7f, %r10',
  'or %r11w, %ax',
  'inc %r8d',
  'dec %dl',
  'neg %rsi',
  'not %cx',
  'imul %rax, %rdx',
  'imul $77, %ecx, %r9d',
  'mul %r9',
  'mull (%rbx)',
  'shl $3, %rax',
  'shr %cl, %rdx',
  'sar %cl, %r8w',
  'rol $5, %r9',
  'rcr $1, %esi',
  'shld $7, %rax, %rdi',
  'bt %rcx, %rdx',
  'bts $9, %esi',
  'bsf %rax, %r10',
  'bswap %r11',
  'lea 5(%rax,%rcx,4), %rdx',
  'lea (%eax,%edi,2), %r8d',
  'movzbl %ah, %esi',
  'movsbq (%rbx), %r9',
  'movswl %dx, %eax',
  'movslq %ecx, %rdi',
  'mov %rax, (%rbx)',
  'mov 8(%rbx), %rcx',
  'mov %r8d, 92(%rbx)',
  'mov %r9, 93(%rbx)',
  'add %rdx, 94(%rbx)',
  'mov 91(%rbx), %r10',
  'xchg %rax, 16(%rbx)',
  'xadd %ecx, 24(%rbx)',
  'lock cmpxchg %rdx, 32(%rbx)',
  'cmp %rax, %rdx',
  'cmp $17, %cl',
  'test %esi, %edi',
  'cmovb %rax, %r11',
  'cmovle 40(%rbx), %r8d',
  'setg %dl',
  'sets 48(%rbx)',
  'stc',
  'cmc',
  'lahf',
  'sahf',
  'cltq',
  'cqto',
  'push %rax; pop %r12',
  'pushf; pop %r13',
  'push $1234; pop 56(%rbx)',
  'enter $16, $0; leave',
  'movq %rax, %xmm0',
  'movd %xmm1, %ecx',
  'paddd %xmm0, %xmm1',
  'pxor %xmm2, %xmm1',
  'movups %xmm1, 64(%rbx)',
  'movups 84(%rbx), %xmm2',
  'cvtsi2sd %ecx, %xmm3',
  'addsd %xmm3, %xmm4',
  'mulss %xmm3, %xmm5',
  'punpckldq %xmm0, %xmm2',
  'pmovmskb %xmm2, %edx',
  'call leaf',
  'call nested',
  'mov $leaf, %r14; call *%r14',
  'test %r8b, %r8b; jz 1f; add $3, %rax; 1:',
  'cmp %rcx, %rax; jb 1f; call leaf; 1: jns 2f; inc %rdx; 2:',
  'mov $3, %r14d; 1: add %r14, %rax; dec %r14; jnz 1b',
  'bndcl (%rbx), %bnd0',
  'bndcu 7(%rbx), %bnd0',
  'bndmk 15(%rbx), %bnd1',
  'bndmov %bnd1, %bnd2',
  'bndmov %bnd2, 64(%rbx)',
  'bndmov 64(%rbx), %bnd3',
  'bnd call leaf',
  'lea 64(%rbx), %rsi; mov %rbx, %rdi; mov $5, %ecx; rep movsb',
  'mov %rbx, %rdi; stosl; std; lodsb; cld; mov $123, %esi',
  'cpuid; mov %rax, %rcx',
] as const;

function program(outer: readonly string[], inner: readonly string[]): string {
  return `
        mov $60, %r15d
outer:  ${outer.join('\n        ')}
        mov $25, %ebp
inner:  ${inner.join('\n        ')}
        dec %ebp
        jnz inner
        bnd call leaf
        dec %r15d
        bnd jnz outer
        int3
nested: add $1, %rax
        call leaf
        bnd ret
leaf:   xor %rax, %r11
        ret`;
}

const lines = (maxLength: number) => fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength });
const mode = fc.constantFrom(0n, 1n, 3n);

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
