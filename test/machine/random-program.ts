/** Random loops for comparing two ways of running the same program. */
import fc from 'fast-check';
import type { Machine, MachineOptions, Vcpu } from '../../src/machine/api.ts';
import { createMachine } from '../../src/machine/machine.ts';
import { CODE, DATA, RW, STACK_TOP } from './computer.ts';

const RWX = 7;
const NOP_FILL = 0x90;

export interface Run {
  machine: Machine;
  cpu: Vcpu;
}

/** Code at CODE, data in the flat window and (second page) outside it, a stack; some pointers in registers. */
export function load(code: Uint8Array, translate: MachineOptions['translate'], bndcfgu: bigint): Run {
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
export function stateOf({ machine, cpu }: Run) {
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

// Bodies of loops: each line leaves RBX (data), RSP, RBP and R15 (counters) alone. RBX + 96 … is where two pages meet.
export const LINES = [
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

export function program(outer: readonly string[], inner: readonly string[]): string {
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

export const lines = (maxLength: number) => fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength });
export const mode = fc.constantFrom(0n, 1n, 3n);
