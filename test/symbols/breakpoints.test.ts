import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { loadModule, type Module } from '../../src/symbols/module.ts';
import { nativeTools, run, scratchFolder } from './native.ts';
import { recipes, writeSources } from './programs.ts';

/** The addresses at which gdb puts a breakpoint on each of `places`. */
function gdbBreakpoints(program: string, places: string[]): bigint[][] {
  // One -ex a command: a place that does not exist does not end these, as it would end a script.
  const settings = ['-ex', 'set confirm off', '-ex', 'set breakpoint pending off'];
  const each = places.flatMap((place) => [
    '-ex',
    `break ${place}`,
    '-ex',
    'info breakpoints',
    '-ex',
    'delete',
    '-ex',
    'echo =====\\n',
  ]);
  const answers = run('gdb', ['-nx', '-batch', ...settings, ...each, program]).split('=====\n');
  return places.map((_, i) => {
    const found = [...answers[i].matchAll(/^\d+(?:\.\d+)?\s+(?:breakpoint\s+keep\s+)?y\s+(0x[0-9a-f]+)/gm)];
    return found.map(([, address]) => BigInt(address)).sort((a, b) => (a < b ? -1 : 1));
  });
}

describe('places for breakpoints, judged by gdb', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const programs = [
    'C -O0 DWARF 4',
    'C -O2 DWARF 4',
    'C -O0 DWARF 5',
    'C -O2 DWARF 5',
    'C static musl',
    'assembly',
    'assembly DWARF 5',
  ];

  before(function () {
    nativeTools(this, 'gcc', 'musl-gcc', 'as', 'ld', 'gdb');
    writeSources(folder);
  });

  for (const title of programs) {
    describe(title, () => {
      let program: string;
      let module: Module;
      before(() => {
        program = recipes.find((recipe) => recipe.title === title)!.build(folder);
        module = loadModule(new Uint8Array(fs.readFileSync(program)));
      });

      it('lie behind the prologue of a function, where gdb puts them', () => {
        // At -O2 `fib` is also inlined into itself, which only debug entries tell.
        const names = title.includes('-O2')
          ? ['main', 'area']
          : title.startsWith('C')
            ? ['main', 'fib', 'area']
            : ['_start', 'leaf'];
        const ours = names.map((name) => [module.entryAfterPrologue(module.symbolsByName(name)[0])]);
        assert.deepEqual(ours, gdbBreakpoints(program, names));
      });

      it('lie where the code of a line begins, as with gdb', () => {
        const source = title.startsWith('C') ? 'main.c' : 'bare.s';
        const file = path.join(folder, source);
        let most = 0;
        const lines = fs.readFileSync(file, 'utf8').split('\n').length;
        const places = Array.from({ length: lines }, (_, i) => `${source}:${i + 1}`);
        for (const [i, judged] of gdbBreakpoints(program, places).entries()) {
          const line = i + 1;
          const ours = module.addressesOf(file, line)?.addresses ?? [];
          most = Math.max(most, ours.length);
          // Optimised, gdb also tells blocks within a function apart; functions and their inlined copies are enough.
          if (!title.includes('-O2')) assert.deepEqual(ours, judged, `line ${line}`);
          else assert.deepEqual([ours.length > 0, ours], [judged.length > 0, ours.filter((a) => judged.includes(a))]);
        }
        // `fib` is inlined into itself many times.
        assert.ok(most > (title.includes('-O2') ? 4 : 0), `${most}`);
      });
    });
  }
});
