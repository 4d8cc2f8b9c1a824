import assert from 'node:assert/strict';
import { complaints } from './assembling.ts';

/** Source → what is said of it: line, columns, sentence. */
const MISTAKES: readonly (readonly [source: string, ...complaints: string[]])[] = [
  ['\tmovv\t%rax, %rbx', '1:2-6 “movv” is not an instruction.'],
  ['\tmov\t%rax, %ebx', '1:2-16 “mov” does not take these operands together: a 32-bit register, a 64-bit register.'],
  ['\tmov\t%rex, %ebx', '1:6-10 %rex is not a register.'],
  ['\tvaddps\t%zmm1, %zmm2, %zmm3', '1:9-14 %zmm1 belongs to AVX-512, which this CPU does not have.'],
  [
    '\tvpermt2d %xmm1, %xmm2, %xmm3',
    '1:2-10 “vpermt2d” belongs to an extension that this CPU does not have, or to 32-bit code.',
  ],
  ['\taddb\t$300, %al', '1:7-11 300 is too large here.'],
  ['\tbndcl\t%xmm0, %bnd0', '1:8-13 “bndcl” does not take an XMM register here.'],
  ['\tbndmk\t(%rdi,%rsi,3), %bnd0', '1:19-20 The scale of an address is 1, 2, 4 or 8.'],
  ['\tmov\t(%al), %ebx', '1:7-10 Only 64-bit and 32-bit registers can be part of an address.'],
  ['\tadd\t$1, (%rax)', '1:2-16 It is not said how many bytes of memory “add” is for: 4 are taken, as “addl” says.'],
  [
    '\t.intel_syntax noprefix\n\tadd [rax], 1',
    '2:6-11 It is not said how many bytes of memory “add” is for: write byte, word, dword or qword ptr before the address.',
  ],
  ['\tmov\t0x123456789(%rax), %eax', '1:6-23 The displacement does not fit into 32 bits.'],
  ['a:\na:', '2:1-2 “a” is defined already.'],
  ['\tjmp\t1b', '1:6-8 There is no label 1: before this place.'],
  ['\tjmp\t1f', '1:6-8 There is no label 1: behind this place.'],
  ['\tjmp\t.L9', "1:6-9 “.L9” is not defined, and names that begin with .L are never another file's."],
  ['\tloop\tfar\n\t.skip 200\nfar:', '1:2-10 The place is 200 bytes away, which does not fit into a byte.'],
  ['\t.frob', '1:2-7 .frob is not a directive that is known here.'],
  ['\t.long\t1 +', '1:11-12 A number or a symbol is missing at the end.'],
  ['\t.long\t(1', '1:10-11 “)” is missing at the end.'],
  ['\t.byte\t300', '1:8-11 300 does not fit into a byte: its upper bits are lost.'],
  ['\t.long\ta * b', '1:8-13 This cannot be computed: a place can only be added to or subtracted from.'],
  ['\t.ascii\t"open', '1:9-14 The string has no closing quote.'],
  ['\t.balign\t12', '1:2-12 An alignment must be a power of two, and 12 is none.'],
  ['\t.bss\n\t.long 5', '2:2-9 .bss holds no bytes: only room can be reserved there (.skip).'],
  ['\t.if\t1', '1:2-7 An .if has no .endif.'],
  ['\t.endif', '1:2-8 .endif has no .if before it.'],
  [
    '\t.if\tx\n\t.endif',
    '1:2-7 The condition must be a number that is known at this place: symbols in it have to be set before.',
  ],
  ['\t.rept\t3\n\tnop', '1:2-9 .rept has no .endr.'],
  ['\t.macro m a:req\n\t.endm\n\tm', '3:2-3 The macro m needs a value for “a”.'],
  ['\t.macro m\n\tmovv\n\t.endm\n\tm', '4:2-3 “movv” is not an instruction. (in the macro m, test.s:2)'],
  [
    '\t.macro m\n\tm\n\t.endm\n\tm',
    '4:2-3 Macros or included files are nested more than 200 deep: does one of them use itself? (in the macro m, test.s:2)',
  ],
  ['\t.include "nowhere.inc"', '1:11-24 There is no file nowhere.inc beside test.s or in the folders above.'],
  ['\t.code32', '1:2-9 Only 64-bit code can be assembled: .code32 is not supported.'],
  ['\t.cfi_endproc', '1:2-14 .cfi_endproc belongs between .cfi_startproc and .cfi_endproc.'],
  ['\t.data\n\t.skip 1 << 40', '2:2-15 The section .data would be larger than 268435456 bytes.'],
  [
    '\tnop\n\tmov\t%eax,, %ebx\n\tmovv',
    '2:11-12 A number or a symbol is expected here, not “,”.',
    '3:2-6 “movv” is not an instruction.',
  ],
];

describe('Mistakes in a source', () => {
  for (const [source, ...wanted] of MISTAKES)
    it(`are told with their place: ${JSON.stringify(source)}`, () => {
      assert.deepEqual(complaints(source), wanted);
    });

  it('are not told without end', () => {
    assert.equal(complaints('\tmovv\n'.repeat(500)).length, 100);
  });
});
