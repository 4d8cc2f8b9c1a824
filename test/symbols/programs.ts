import fs from 'node:fs';
import path from 'node:path';
import { run } from './native.ts';

/** Sources that the judges' programs are built from: enough shapes to fill a line table, no more. */
const sources: Record<string, string> = {
  'main.c': `#include <stdio.h>
#include "lib/shapes.h"
int counter;
static int square(int x) { return x * x; }
int fib(int n)
{
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv)
{
  int sum = 0;
  for (int i = 0; i < argc + 3; i++)
    sum += square(i) + fib(i);
  counter = sum;
  printf("%d %s %d\\n", sum, argv[0], area(sum));
  return sum & 1;
}
`,
  'lib/shapes.h': `static inline int doubled(int side)
{
  int twice = side;
  twice += side;
  return twice;
}
int area(int side);
`,
  'lib/shapes.c': `#include "shapes.h"
__attribute__((weak)) int scale = 3;
int area(int side)
{
  switch (side % 5) {
  case 0: return scale;
  case 1: return doubled(side);
  case 2: return side * scale;
  case 3: return side / 3;
  default: return -side;
  }
}
`,
  'bare.s': `	.globl _start
	.text
_start:
	bndmk (%rax,%rdx), %bnd0
	xor %edi, %edi
again:
	inc %edi
	cmp $3, %edi
	bnd jne again
	call leaf
	mov $60, %eax
	syscall

	.type leaf, @function
leaf:
	bndcl (%rax), %bnd0
	ret
	.size leaf, .-leaf
	.section .text.other,"ax"
other:
	nop
	ret
`,
};

/** Writes the sources into `folder`. */
export function writeSources(folder: string): void {
  for (const [name, text] of Object.entries(sources)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
}

export interface Recipe {
  title: string;
  /** The program's file, built in `folder`. */
  build(folder: string): string;
}

function cProgram(title: string, compiler: string, ...flags: string[]): Recipe {
  return {
    title,
    build(folder) {
      const program = path.join(folder, `${title.replace(/\W+/g, '-')}`);
      run(compiler, [...flags, 'main.c', 'lib/shapes.c', '-o', program], folder);
      return program;
    },
  };
}

function asProgram(title: string, ...flags: string[]): Recipe {
  return {
    title,
    build(folder) {
      const program = path.join(folder, title.replace(/\W+/g, '-'));
      run('as', [...flags, 'bare.s', '-o', `${program}.o`], folder);
      run('ld', [`${program}.o`, '-o', program], folder);
      return program;
    },
  };
}

/** An MPX sample in GCC 7.5's assembly, linked without any library (its calls stay undefined). */
export function sampleProgram(source: string): Recipe {
  const title = path.basename(source, '.s');
  return {
    title: `GCC 7.5's ${title}`,
    build(folder) {
      const program = path.join(folder, title);
      run('as', ['-g', source, '-o', `${program}.o`], folder);
      run('ld', ['-e', 'main', '--unresolved-symbols=ignore-all', `${program}.o`, '-o', program], folder);
      return program;
    },
  };
}

/** C programs by DWARF version, optimisation and library; assembly by DWARF version. */
export const recipes: Recipe[] = [
  ...['2', '3', '4', '5'].map((v) => cProgram(`C -O0 DWARF ${v}`, 'gcc', '-O0', `-gdwarf-${v}`)),
  ...['2', '4', '5'].map((v) => cProgram(`C -O2 DWARF ${v}`, 'gcc', '-O2', `-gdwarf-${v}`)),
  cProgram('C -O3 with sections of its own', 'gcc', '-O3', '-g', '-ffunction-sections', '-Wl,--gc-sections'),
  cProgram('C -Os without view numbers', 'gcc', '-Os', '-g', '-gno-variable-location-views'),
  cProgram('C with 64-bit DWARF 5', 'gcc', '-O1', '-gdwarf-5', '-gdwarf64'),
  cProgram('C with 64-bit DWARF 4', 'gcc', '-O1', '-gdwarf-4', '-gdwarf64'),
  cProgram('C without .loc directives', 'gcc', '-O1', '-g', '-gno-as-loc-support'),
  cProgram('C with link-time optimisation', 'gcc', '-O2', '-g', '-flto'),
  cProgram('C static glibc', 'gcc', '-O0', '-g', '-static'),
  cProgram('C static-pie glibc', 'gcc', '-O2', '-g', '-static-pie'),
  cProgram('C static musl', 'musl-gcc', '-O0', '-g', '-static'),
  cProgram('C static musl -O2 DWARF 4', 'musl-gcc', '-O2', '-gdwarf-4', '-static'),
  asProgram('assembly', '-g'),
  ...['2', '3', '4', '5'].map((v) => asProgram(`assembly DWARF ${v}`, `--gdwarf-${v}`)),
];
