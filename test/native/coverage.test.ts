import assert from 'node:assert/strict';
import { InsnDecoder } from '../../src/isa/decode/decoder.ts';
import { allSemantics } from '../../src/isa/semantics/all.ts';
import { formOf } from '../../src/isa/semantics/table.ts';
import { HOST_FUNCTIONS } from '../../src/machine/host/index.ts';
import { makeCase } from './cases.ts';
import { FORMS } from './forms/all.ts';
import { CODE_AT } from './protocol.ts';
import { Random } from './random.ts';

/** Not compared with a real CPU, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  bndmk: 'no CPU at hand has MPX',
  bndcl: 'no CPU at hand has MPX',
  bndcu: 'no CPU at hand has MPX',
  bndcn: 'no CPU at hand has MPX',
  bndmov: 'no CPU at hand has MPX',
  bndldx: 'no CPU at hand has MPX',
  bndstx: 'no CPU at hand has MPX',
  cpuid: 'describes another CPU',
  xgetbv: 'describes another CPU',
  rdtsc: 'counts instructions here',
  rdtscp: 'counts instructions here',
  xsave: 'has other components',
  xsave64: 'has other components',
  xsaveopt: 'has other components',
  xsaveopt64: 'has other components',
  xsavec: 'has other components',
  xsavec64: 'has other components',
  xrstor: 'has other components',
  xrstor64: 'has other components',
  fxsave: 'MXCSR_MASK differs between vendors',
  fxsave64: 'MXCSR_MASK differs between vendors',
  fxrstor: 'MXCSR_MASK differs between vendors',
  fxrstor64: 'MXCSR_MASK differs between vendors',
  popseg: 'changes the segments the helper lives in',
  lss: 'changes the segments the helper lives in',
  lfs: 'changes the segments the helper lives in',
  lgs: 'changes the segments the helper lives in',
  ...Object.fromEntries(
    ['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss'].flatMap((op) =>
      [op, `v${op}`].map((name) => [name, 'an estimate: each vendor has its own']),
    ),
  ),
  syscall: 'enters the host kernel',
  int3: 'ends every case',
  int1: 'a debug trap of the host',
  toolong: 'does not fit a case',
};

/** Of 32-bit code, which a 64-bit process cannot run where the host's kernel has no segment for it. */
const IN_32_BIT_CODE = new Set([
  ...'pusha popa into bound arpl salc daa das aaa aas aam aad les lds sysenter'.split(' '),
  ...'push 4 s|push 4 m|pop 4 r|pop 4 m|leave 4 |pushf 4 |popf 4 '.split('|'),
  ...[2, 4].flatMap((size) => [`call ${size} `, `ret ${size} `, `ret ${size} i`]),
  ...[2, 4].flatMap((size) => ['calli', 'jmpi'].flatMap((op) => [`${op} ${size} s`, `${op} ${size} m`])),
]);

/** Pairs of size and form that no encoding has. */
const IMPOSSIBLE = new Set([
  'cmpxchg8b 16 m',
  'cmpxchg16b 8 m',
  'movd 8 x,m',
  'movd 8 m,y',
  'movd 8 p,m',
  'movd 8 m,q',
  'vmovd 8 x,m',
  'vmovd 8 m,y',
  // Exists, but its result is undefined.
  'bswap 2 r',
]);

describe('The differential test', () => {
  it('covers every operation in every size and form, but for those that are exempt', function () {
    this.timeout(180_000);
    const random = new Random(1);
    const decoder = new InsnDecoder({ bitness: 64, mpx: false, model: 'skylake' });
    const byOp = new Map(allSemantics.map(({ op }) => [op, allSemantics.filter((d) => d.op === op)]));
    const covered = new Set<string>();
    for (const form of FORMS) {
      for (let i = 0; i < 80; i++) {
        const insn = decoder.decode(makeCase(random, form).code, CODE_AT);
        covered.add(insn.op);
        for (const definition of byOp.get(insn.op) ?? []) {
          const fitting = formOf(definition, insn);
          if (fitting !== undefined) covered.add(`${insn.op} ${insn.size} ${fitting}`);
        }
      }
    }
    decoder.dispose();
    const wanted = [
      ...allSemantics.flatMap(({ op, sizes, forms }) =>
        op in EXEMPT ? [] : sizes.flatMap((size) => forms.map((form) => `${op} ${size} ${form}`)),
      ),
      ...Object.keys(HOST_FUNCTIONS).filter((op) => !(op in EXEMPT)),
    ];
    assert.deepEqual(
      wanted.filter((name) => !covered.has(name) && !IMPOSSIBLE.has(name) && !IN_32_BIT_CODE.has(name)),
      [],
    );
  });
});
