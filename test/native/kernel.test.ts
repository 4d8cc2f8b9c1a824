import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { nativeObstacle } from './native.ts';
import { emulate, host } from './programs.ts';

describe('The emulated kernel against the one of this host', function () {
  this.timeout(120_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-kernel-'));
  const obstacle = nativeObstacle();
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function build(name: string): string {
    const program = path.join(directory, name);
    const source = path.join(PROJECT_ROOT, 'test/native/kernel', `${name}.c`);
    const built = spawnSync('gcc', ['-static', '-no-pie', '-O1', '-w', '-o', program, source], { encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    return program;
  }

  const compare = (title: string, name: string, runs: string[][] = [[]]) => {
    it(title, function () {
      if (obstacle) {
        console.log(`      skipped: ${obstacle}`);
        return this.skip();
      }
      const program = build(name);
      for (const args of runs) {
        const [emulated, native] = [emulate(program, args), host(program, args)];
        assert.deepEqual(emulated.output.split('\n'), native.output.split('\n'));
        assert.deepEqual(emulated.status, native.status);
      }
    });
  };

  compare('tells handlers the same of every fault, in a frame at the same place', 'faults');
  compare('treats masks, pending signals, dispositions and alternate stacks alike', 'signals');
  compare('gives the same results and errors for ordinary system calls', 'calls');
  it('answers calls on files alike, and leaves nothing behind', function () {
    if (obstacle) {
      console.log(`      skipped: ${obstacle}`);
      return this.skip();
    }
    const program = build('files');
    const [here, there] = ['emulated', 'native'].map((name) => path.join(directory, name));
    for (const folder of [here, there]) fs.mkdirSync(folder);
    const [emulated, native] = [emulate(program, [], undefined, here), host(program, [], there)];
    assert.deepEqual(emulated.output.split('\n'), native.output.split('\n'));
    assert.deepEqual(fs.readdirSync(here), [], 'what the emulated program wrote stays in memory');
  });

  compare('keeps the same map through random mappings, as /proc/self/maps tells it', 'memory', [['1'], ['2'], ['3']]);
});
