import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startProcess } from '../../src/kernel/exec.ts';
import { createMachine } from '../../src/machine/machine.ts';
import { nativeObstacle } from './native.ts';

interface Outcome {
  output: string;
  status: number | { signal: number };
}

/** Runs a static program on the emulated machine and kernel. */
function emulate(file: string, args: string[]): Outcome {
  const machine = createMachine();
  let output = '';
  const process = startProcess({
    machine,
    path: file,
    bytes: new Uint8Array(fs.readFileSync(file)),
    args,
    kernel: 'v5.5',
    inputs: { random: (count) => new Uint8Array(count), stdin: () => new Uint8Array(0), startTime: () => 0n },
    outputs: {
      write: (_fd, bytes) => {
        output += Buffer.from(bytes).toString('latin1');
        return undefined;
      },
    },
    files: { read: (name) => (name === file ? new Uint8Array(fs.readFileSync(file)) : undefined) },
  });
  const [task] = process.tasks;
  for (let i = 0; i < 100_000 && !process.exit; i++) {
    process.enter(task, machine.run(task.cpu, 1_000_000));
    process.finish(task);
  }
  assert.ok(process.exit, 'the program ended');
  return { output, status: 'code' in process.exit ? process.exit.code : process.exit };
}

/** Runs the program on this host's kernel. */
function host(file: string, args: string[]): Outcome {
  const done = spawnSync(file, args, { input: '', encoding: 'latin1' });
  return { output: done.stdout, status: done.status ?? { signal: os.constants.signals[done.signal!] } };
}

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
  compare('keeps the same map through random mappings, as /proc/self/maps tells it', 'memory', [['1'], ['2'], ['3']]);
});
