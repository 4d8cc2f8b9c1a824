import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { emulate, type Outcome } from './programs.ts';

/** Runs a 32-bit program on this host's kernel, or under QEMU where that has no 32-bit programs. */
function judge(program: string): Outcome {
  const done = spawnSync('qemu-i386', [program], { input: '', encoding: 'latin1' });
  return { output: done.stdout, status: done.status ?? { signal: os.constants.signals[done.signal!] } };
}

describe('32-bit programs', function () {
  this.timeout(120_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-ia32-'));
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function build(name: string, flags: string[] = ['-static', '-no-pie', '-O1', '-w', '-pthread']): string {
    const program = path.join(directory, name.replace(/\..*/, ''));
    const source = path.join(PROJECT_ROOT, 'test/native/ia32', name);
    const built = spawnSync('gcc', ['-m32', ...flags, '-o', program, source], { encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    return program;
  }

  const compare = (title: string, name: string) =>
    it(title, () => {
      const program = build(name);
      const [emulated, judged] = [emulate(program, []), judge(program)];
      assert.deepEqual(emulated.output.split('\n'), judged.output.split('\n'));
      assert.deepEqual(emulated.status, judged.status);
    });

  compare('say hello', 'hello.c');
});
