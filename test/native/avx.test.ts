import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { nativeObstacle } from './native.ts';
import { emulate, host } from './programs.ts';

describe('Programs built for a processor with AVX2', function () {
  this.timeout(120_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-avx-'));
  const obstacle = nativeObstacle('skylake');
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function build(name: string, flags: readonly string[]): string {
    const program = path.join(directory, name);
    const source = path.join(PROJECT_ROOT, 'test/native/avx', `${name}.c`);
    const words = ['-static', '-no-pie', '-w', ...flags, '-o', program, source, '-lm'];
    const built = spawnSync('gcc', words, { encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    return program;
  }

  const compare = (title: string, name: string, flags: readonly string[]) => {
    it(title, function () {
      if (obstacle) {
        console.log(`      skipped: ${obstacle}`);
        return this.skip();
      }
      const program = build(name, flags);
      const [emulated, native] = [emulate(program, [], 'skylake'), host(program, [])];
      assert.ok(native.output.length > 0);
      assert.deepEqual(emulated.output.split('\n'), native.output.split('\n'));
      assert.deepEqual(emulated.status, native.status);
    });
  };

  const HASWELL = ['-O3', '-march=haswell'];
  compare('compute the same in loops that the compiler made vectors of', 'vectors', HASWELL);
  compare('manipulate bits and carry through long numbers alike', 'bits', HASWELL);
  compare('find the same with the string functions that glibc picks for AVX2', 'strings', ['-O1']);
  compare('find their YMM registers in the frame of a signal, and again behind it', 'signal', ['-O1', '-mavx2']);
});
