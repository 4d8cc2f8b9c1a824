/** Runs an ELF program on the emulated machine to its end, for tests: no debugger, only machine and kernel. */
import * as fs from 'node:fs';
import { SeededRandom } from '../../src/base/random.ts';
import type { ExitStatus, KernelEvent, ProfileId } from '../../src/kernel/api.ts';
import { startProcess } from '../../src/kernel/exec.ts';
import { runWorld } from '../../src/kernel/sched/run.ts';
import { createMachine } from '../../src/machine/machine.ts';

export interface Emulated {
  /** Each byte one character. */
  stdout: string;
  stderr: string;
  /** undefined if the limit of instructions ended it. */
  exit: ExitStatus | undefined;
  instructions: bigint;
  events: KernelEvent[];
  unimplemented: number;
}

export interface EmulateOptions {
  args?: string[];
  env?: Record<string, string>;
  kernel?: ProfileId;
  autoEnable?: boolean;
  /** Processor without MPX. */
  withoutMpx?: boolean;
}

const MOST_INSTRUCTIONS = 400_000_000n;

export function emulate(file: string, options: EmulateOptions = {}): Emulated {
  const machine = createMachine({ features: { mpx: !options.withoutMpx } });
  const random = new SeededRandom(1);
  const output: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  const events: KernelEvent[] = [];
  const process = startProcess({
    machine,
    path: file,
    bytes: new Uint8Array(fs.readFileSync(file)),
    args: options.args ?? [],
    env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    kernel: options.kernel ?? 'v4.1',
    inputs: { random: (count) => random.bytes(count), stdin: () => new Uint8Array(), startTime: () => 0n },
    outputs: {
      write: (fd, bytes) => {
        output[fd].push(Buffer.from(bytes));
        return undefined;
      },
    },
    onEvent: (event) => events.push(event),
    autoEnable: options.autoEnable ? { bndpreserve: false } : undefined,
  });
  runWorld(process.world, () => process.exit !== undefined || machine.retired >= MOST_INSTRUCTIONS);
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('latin1');
  return {
    stdout: text(output[1]),
    stderr: text(output[2]),
    exit: process.exit,
    instructions: machine.retired,
    events,
    unimplemented: process.unimplemented.length,
  };
}
