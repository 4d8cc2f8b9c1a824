import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { assembled, complaints } from './assembling.ts';

const RUNS = 40;
const sample = fs.readFileSync(path.join(PROJECT_ROOT, 'test/assembler/corpus/directives.s'), 'utf8');

describe('Any text at all', () => {
  it('is assembled or refused, and nothing is thrown', () => {
    const words = fc.constantFrom(
      ...'.macro .endm .rept 3 .endr .if .else .endif .set . = x y: 1: 1f 1b ( ) [ ] , $ % + - * / << "a" \' \\ ; # @ { mov %rax %bnd0 bndmk bnd jmp .byte .skip .org .uleb128 .section .cfi_startproc .cfi_endproc .loc'.split(
        ' ',
      ),
      '\n',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (text) => {
        const { object, diagnostics } = assembled(text.join(' '));
        assert.equal(
          object === undefined,
          diagnostics.some(({ severity }) => severity === 'error'),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('that was a source before something was cut out, too', () => {
    fc.assert(
      fc.property(fc.nat(sample.length), fc.nat(40), (at, length) => {
        assembled(sample.slice(0, at) + sample.slice(at + length));
      }),
      { numRuns: RUNS },
    );
  });

  it('that would never end, or take all memory, is refused with a sentence', () => {
    const [deep] = complaints(`\t.long ${'('.repeat(200_000)}1`);
    assert.match(deep, /nested too deep/);
    assert.match(
      complaints('\t.rept 1000000\n\t.rept 1000000\n\t.endr\n\tnop\n\tnop\n\tnop\n\t.endr')[0],
      /more than 2000000 statements/,
    );
    assert.match(complaints('\t.data\n\t.rept 1000\n\t.fill 1 << 20, 8, 1\n\t.endr')[0], /larger than 268435456 bytes/);
    assert.match(complaints('\t.set x, y\n\t.set y, x\n\t.long y')[0], /cannot be computed/);
    assert.match(complaints('\t.macro m\n\tm\n\tm\n\t.endm\n\tm')[0], /nested more than 200 deep/);
  });

  it("for C's preprocessor is refused in a .S, and a comment elsewhere", () => {
    const text = '#define X 5\n\tnop\n';
    assert.equal(assembled(text, 'a.s').diagnostics.length, 0);
    assert.deepEqual(
      assembled(text, 'a.S').diagnostics.map(({ line, column, endColumn, message }) => [
        line,
        column,
        endColumn,
        message,
      ]),
      [[1, 1, 8, 'There is no C preprocessor here: use .set, .include, .macro and .if in place of #define.']],
    );
  });
});
