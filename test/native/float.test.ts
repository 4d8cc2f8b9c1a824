import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { nativeObstacle } from './native.ts';
import { emulate, host } from './programs.ts';

describe('Floating-point programs of musl', function () {
  this.timeout(120_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-float-'));
  const obstacle =
    nativeObstacle() ?? (spawnSync('musl-gcc', ['--version']).status === 0 ? undefined : 'musl-gcc is not installed');
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function build(name: string): string {
    const program = path.join(directory, name);
    const source = path.join(PROJECT_ROOT, 'test/native/float', `${name}.c`);
    const flags = ['-static', '-O1', '-fno-builtin', '-frounding-math', '-o', program, source, '-lm'];
    const built = spawnSync('musl-gcc', flags, { encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    return program;
  }

  const compare = (title: string, name: string) => {
    it(title, function () {
      if (obstacle) {
        console.log(`      skipped: ${obstacle}`);
        return this.skip();
      }
      const program = build(name);
      const [emulated, native] = [emulate(program, []), host(program, [])];
      assert.deepEqual(emulated.output.split('\n'), native.output.split('\n'));
      assert.deepEqual(emulated.status, native.status);
      assert.ok(native.output.split('\n').length > 5);
    });
  };

  compare('print and read doubles and long doubles as on this CPU', 'print');
  compare('compute with long doubles in every rounding mode as on this CPU', 'math');
  compare('get signals of unmasked exceptions as on this CPU', 'traps');
});
