import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { SeededRandom } from '../../../src/base/random.ts';
import { startProcess } from '../../../src/kernel/exec.ts';
import type { MachineOptions, Stop } from '../../../src/machine/api.ts';
import { createMachine } from '../../../src/machine/machine.ts';

const BIN = path.join(PROJECT_ROOT, 'samples/bin');
const MOST_INSTRUCTIONS = 600_000n;

const isProgram = (name: string): boolean => {
  const header = fs.readFileSync(path.join(BIN, name)).subarray(0, 4);
  return header.toString('latin1') === '\x7fELF';
};

/** Runs the first thread of a sample; `budget` gives the length of the next slice. Tells of every stop and of how it ended. */
function trace(name: string, translate: MachineOptions['translate'], budget: () => number) {
  const machine = createMachine({ translate });
  const random = new SeededRandom(1);
  const stops: { stop: Stop; rip: bigint; retired: bigint }[] = [];
  let output = '';
  const process = startProcess({
    machine,
    path: path.join(BIN, name),
    bytes: new Uint8Array(fs.readFileSync(path.join(BIN, name))),
    args: [],
    env: [],
    kernel: 'v4.1',
    inputs: { random: (count) => random.bytes(count), stdin: () => new Uint8Array(), startTime: () => 0n },
    outputs: {
      write: (_fd, bytes) => {
        output += Buffer.from(bytes).toString('latin1');
        return undefined;
      },
    },
    onEvent: () => {},
  });
  const [task] = process.tasks;
  while (!process.exit && machine.retired < MOST_INSTRUCTIONS) {
    const most = Number(MOST_INSTRUCTIONS - machine.retired);
    const stop = machine.run(task.cpu, Math.min(budget(), most));
    if (stop.kind === 'budget') continue;
    stops.push({ stop, rip: task.cpu.rip, retired: machine.retired });
    process.enter(task, stop);
    process.finish(task);
  }
  const gprs = Array.from({ length: 16 }, (_, i) => task.cpu.gpr(i));
  const bounds = Array.from({ length: 4 }, (_, i) => task.cpu.bnd(i));
  const { rip, rflags } = task.cpu;
  return { stops, output, exit: process.exit, gprs, bounds, rip, rflags, hash: machine.memory.hash() };
}

describe('The samples', () => {
  for (const name of fs.readdirSync(BIN).filter(isProgram)) {
    it(`${name} runs the same translated, in one go and in slices, as interpreted`, () => {
      const expected = trace(name, 'never', () => 10_000_000);
      assert.ok(expected.stops.length > 0);
      assert.deepEqual(
        trace(name, 'soon', () => 10_000_000),
        expected,
      );
      const random = new SeededRandom(7);
      const [a, b] = random.bytes(2);
      let turn = 0;
      assert.deepEqual(
        trace(name, 'soon', () => 900 + a * 10 + (turn++ % 3) * b),
        expected,
      );
    }).timeout(60_000);
  }
});
