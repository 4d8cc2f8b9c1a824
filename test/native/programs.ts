/** Runs whole programs, here and in the emulated process. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { NodeTree } from '../../src/hosts/node-tree.ts';
import type { CpuModel } from '../../src/isa/model.ts';
import type { ProfileId } from '../../src/kernel/api.ts';
import { startProcess } from '../../src/kernel/exec.ts';
import { runWorld } from '../../src/kernel/sched/run.ts';
import { createMachine } from '../../src/machine/machine.ts';

/** What a program wrote, and how it ended. */
export interface Outcome {
  output: string;
  status: number | { signal: number };
}

/** Runs a program on the emulated machine and kernel. */
export function emulate(
  file: string,
  args: string[],
  model: CpuModel = 'x86-64-v2',
  cwd = '/',
  kernel: ProfileId = 'v5.5',
): Outcome {
  const machine = createMachine({ features: { model } });
  let output = '';
  const process = startProcess({
    machine,
    path: file,
    bytes: new Uint8Array(fs.readFileSync(file)),
    args,
    cwd,
    kernel,
    inputs: { random: (count) => new Uint8Array(count), stdin: () => new Uint8Array(0), startTime: () => 0n },
    outputs: {
      write: (_fd, bytes) => {
        output += Buffer.from(bytes).toString('latin1');
        return undefined;
      },
    },
    mounts: [{ at: '/', tree: new NodeTree('/') }],
  });
  runWorld(process.world, () => process.exit !== undefined || machine.retired > 10_000_000_000n);
  assert.ok(process.exit, 'the program ended');
  return { output, status: 'code' in process.exit ? process.exit.code : process.exit };
}

/** Runs the program on this host's kernel. */
export function host(file: string, args: string[], cwd = '/'): Outcome {
  const done = spawnSync(file, args, { input: '', encoding: 'latin1', cwd });
  return { output: done.stdout, status: done.status ?? { signal: os.constants.signals[done.signal!] } };
}
