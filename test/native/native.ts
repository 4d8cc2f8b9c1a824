import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CpuModel } from '../../src/isa/model.ts';
import { decodeOutputs, encodeInputs, type InputState, type OutputState } from './protocol.ts';

/** Linux's names of what the model has. */
const FLAGS: Readonly<Record<CpuModel, string>> = {
  'x86-64-v2': '',
  // LZCNT (abm) is in all that have these, though some hypervisors do not say so.
  skylake: 'avx avx2 fma f16c bmi1 bmi2 movbe adx',
};

/** Why the differential tests cannot run here, or undefined if they can. `model`: what the host's CPU must have. */
export function nativeObstacle(model: CpuModel = 'x86-64-v2'): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the host is not x86-64 Linux';
  if (spawnSync('gcc', ['--version']).status !== 0) return 'gcc is not installed';
  const [, flags = ''] = /^flags\s*:(.*)$/m.exec(fs.readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  const missing = FLAGS[model].split(' ').filter((flag) => flag && !flags.split(' ').includes(flag));
  return missing.length ? `the host's CPU lacks ${missing.join(', ')}` : undefined;
}

/** Runs cases on the host's CPU. */
export class NativeCpu {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-native-'));
  private readonly helper = path.join(this.directory, 'helper');

  constructor() {
    const source = path.join(PROJECT_ROOT, 'test/native/helper.c');
    const built = spawnSync('gcc', ['-O1', '-Wall', '-o', this.helper, source], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`helper.c does not compile: ${built.stderr}`);
  }

  run(cases: readonly InputState[]): OutputState[] {
    const input = path.join(this.directory, 'cases');
    const output = path.join(this.directory, 'results');
    fs.writeFileSync(input, encodeInputs(cases));
    const done = spawnSync(this.helper, [input, output], { encoding: 'utf8' });
    if (done.status !== 0)
      throw new Error(`the native helper ended with ${done.status ?? done.signal}: ${done.stderr}`);
    return decodeOutputs(fs.readFileSync(output));
  }

  dispose(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
