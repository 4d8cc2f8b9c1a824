import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { nativeObstacle } from './native.ts';
import { emulate, host } from './programs.ts';

describe('Threads, processes and signals against the kernel of this host', function () {
  this.timeout(120_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-tasks-'));
  const obstacle = nativeObstacle();
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function build(compiler: string, name: string): string {
    const program = path.join(directory, `${name}.${compiler}`);
    const source = path.join(PROJECT_ROOT, 'test/native/tasks', `${name}.c`);
    const built = spawnSync(compiler, ['-static', '-no-pie', '-pthread', '-O1', '-w', '-o', program, source], {
      encoding: 'utf8',
    });
    assert.equal(built.status, 0, built.stderr);
    return program;
  }

  const compare = (title: string, name: string) => {
    for (const compiler of ['gcc', 'musl-gcc'])
      it(`${title} (${compiler})`, function () {
        if (obstacle) {
          console.log(`      skipped: ${obstacle}`);
          return this.skip();
        }
        const program = build(compiler, name);
        const [emulated, native] = [emulate(program, []), host(program, [])];
        assert.deepEqual(emulated.output.split('\n'), native.output.split('\n'));
        assert.deepEqual(emulated.status, native.status);
      });
  };

  compare('let threads lock, wait, time out, die and be cancelled alike', 'threads');
  compare('queue, deliver, restart and time signals alike', 'signals');
  compare('let processes fork, execute, stop, end and be waited for alike', 'processes');
});
