import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { emulate } from './emulate.ts';
import { mustRun, SAMPLES, skipUnless, whyNoTools } from './tools.ts';

/** The C libraries that the run-time library must go with, and how programs are linked with them. */
const LIBRARIES: [name: string, ...command: string[]][] = [
  ['musl', 'musl-gcc', '-static', '-no-pie'],
  ['glibc', 'gcc', '-static', '-no-pie'],
];

describe('the run-time library: its sixteen functions', function () {
  this.timeout(120_000);
  let folder = '';
  const program = (library: string) => path.join(folder, `wrappers.${library}`);

  before(function () {
    skipUnless(this, whyNoTools());
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-wrappers-'));
    mustRun('bash', [path.join(SAMPLES, 'build.sh'), folder]);
    const sources = ['wrappers.c', 'trampoline.S'].map((file) =>
      path.join(PROJECT_ROOT, 'test/samples/programs', file),
    );
    const runtime = path.join(folder, 'runtime/libmpxrt.a');
    for (const [name, compiler, ...flags] of LIBRARIES)
      mustRun(compiler, [...flags, '-O1', '-fno-builtin', '-Iruntime', '-o', program(name), ...sources, runtime]);
  });
  after(() => folder && fs.rmSync(folder, { recursive: true, force: true }));

  for (const [name] of LIBRARIES) {
    for (const [kernel, preserve] of [
      ['v4.1', '0'],
      ['v4.19', '0'],
      ['v5.5', '1'],
    ] as const)
      it(`check, return and carry the right bounds with ${name} on kernel ${kernel}, BNDPRESERVE ${preserve}`, () => {
        const { stdout, exit } = emulate(program(name), { kernel, env: { CHKP_RT_BNDPRESERVE: preserve } });
        const lines = stdout.trimEnd().split('\n');
        assert.deepEqual(
          lines.filter((line) => !line.startsWith('ok ')),
          ['end'],
        );
        assert.ok(lines.length > 60, `${lines.length} expectations`);
        assert.deepEqual(exit, { code: 0 });
      });

    it(`ask nothing of MPX where there is none, with ${name}`, () => {
      const { stdout, exit } = emulate(program(name), { withoutMpx: true });
      assert.equal(stdout, 'not ok there is no MPX\n');
      assert.deepEqual(exit, { code: 1 });
    });
  }
});
