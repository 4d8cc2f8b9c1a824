import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildProgram } from '../../src/assembler/build.ts';
import { emulate } from '../samples/emulate.ts';
import { decodedLines, nativeTools } from '../symbols/native.ts';
import { diskFiles } from './assembling.ts';

const samples = path.join(PROJECT_ROOT, 'samples');

describe('Programs that the assembler builds', () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-assembler-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function built(source: string, name: string): string {
    const { program, diagnostics } = buildProgram([source], diskFiles);
    assert.deepEqual(diagnostics, []);
    assert.ok(program);
    const file = path.join(folder, name);
    fs.writeFileSync(file, program, { mode: 0o755 });
    return file;
  }
  function builtFrom(text: string, name: string): string {
    const source = path.join(folder, `${name}.s`);
    fs.writeFileSync(source, text);
    return built(source, name);
  }
  const problems = (text: string): string[] => {
    const read = (file: string) => (file === 'a.s' ? new TextEncoder().encode(text) : undefined);
    return buildProgram(['a.s'], { read }).diagnostics.map(
      ({ line, column, message }) => `${line}:${column} ${message}`,
    );
  };

  for (const name of ['check', 'tables', 'lost', 'plain'])
    it(`do what those of GNU as and ld do: ${name}, with the sources beside it`, () => {
      const own = emulate(built(path.join(samples, 'asm', `${name}.s`), name));
      const theirs = emulate(path.join(samples, 'bin', name));
      assert.equal(own.exit && 'code' in own.exit ? own.exit.code : own.exit, 0);
      // Addresses differ, because sections lie elsewhere.
      const shape = (text: string) => text.replace(/0x[0-9a-f]+/g, '0x…');
      assert.equal(shape(own.stdout), shape(theirs.stdout));
      assert.ok(own.stdout.length > 10);
    });

  it('have the rows of lines that GNU as writes', function () {
    nativeTools(this, 'as', 'ld', 'objdump');
    const own = built(path.join(samples, 'asm/plain.s'), 'lines');
    const files = ['plain', 'print'].map((name) => {
      const object = path.join(folder, `${name}.o`);
      execFileSync('as', ['-g', '-o', object, `asm/${name}.s`], { cwd: samples });
      return object;
    });
    const theirs = path.join(folder, 'theirs');
    execFileSync('ld', ['-o', theirs, ...files]);
    const rows = (program: string) =>
      decodedLines(program).map(({ file, line, address }) => `${file}:${line} ${address}`);
    const wanted = new Set(rows(theirs));
    assert.ok(wanted.size > 60);
    assert.deepEqual(
      rows(own).filter((row) => !wanted.has(row)),
      [],
    );
    assert.ok(rows(own).length > 60);
  });

  it('begin at `main`, after constructors, where there is no `_start`', () => {
    const file = builtFrom(
      `
	.section .init_array.00102, "aw"
	.quad	later
	.section .init_array.00101, "aw"
	.quad	sooner
	.text
sooner:	movl	$5, value(%rip)
	ret
later:	shll	value(%rip)
	ret
	.globl	main
main:	mov	value(%rip), %eax
	add	%edi, %eax		# argc
	ret
	.comm	value, 4
`,
      'main',
    );
    assert.deepEqual(emulate(file).exit, { code: 11 });
  });

  it('reach symbols by the global offset table, and those the linker provides', () => {
    const file = builtFrom(
      `
	.globl	_start, value
_start:	mov	value@GOTPCREL(%rip), %rax
	mov	(%rax), %edi
	lea	_end(%rip), %rcx
	lea	__bss_start(%rip), %rdx
	sub	%rdx, %rcx
	add	%ecx, %edi
	mov	nowhere@GOTPCREL(%rip), %rax
	add	%eax, %edi
	mov	$231, %eax
	syscall
	.weak	nowhere
	.data
value:	.long	40
	.bss
	.skip	2
`,
      'got',
    );
    assert.deepEqual(emulate(file).exit, { code: 42 });
  });

  it('are not built where something is missing, and one sentence says what', () => {
    assert.deepEqual(problems('\t.globl _start\n_start:\tcall\tprintf\n\tcall\tprintf'), [
      '2:14 “printf” is not defined, and no C library is linked here: define it, .include the file that does, or build the program with gcc and debug that.',
    ]);
    assert.deepEqual(problems('\tnop'), [
      '1:1 It is not said where the program begins: give the first instruction the label _start, with .globl _start.',
    ]);
    assert.deepEqual(problems('main:\tret'), [
      '1:1 “main” is known inside its file only: add .globl main, so that the program can begin there.',
    ]);
    assert.deepEqual(
      problems('\t.globl _start\n_start:\tmov\t%fs:mine@TPOFF, %eax\n\t.section .tbss, "awT", @nobits\nmine:\t.skip 4'),
      [
        '1:1 .tbss holds variables of threads: these need a C library, and none is linked here.',
        '2:9 A reference to a variable of threads needs a C library, and none is linked here.',
      ],
    );
    assert.deepEqual(problems('\t.globl _start\n_start:\tmovb\t$_start, %al'), [
      '2:9 The address does not fit into a byte.',
    ]);
  });
});
