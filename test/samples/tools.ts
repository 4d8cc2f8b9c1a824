/** Whether the tools that build the samples are here, and how tests behave when they are not. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

export const SAMPLES = path.join(PROJECT_ROOT, 'samples');

function firstLine(program: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** What hinders building samples here; undefined if nothing does. */
export function whyNoTools(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'samples are built on x86-64 Linux';
  const missing = ['gcc', 'as', 'ld', 'musl-gcc'].filter((tool) => firstLine(tool, ['--version']) === undefined);
  return missing.length ? `missing: ${missing.join(', ')} (packages gcc, binutils, musl-tools)` : undefined;
}

/** Skips the test with a loud word, or fails it in CI, where nothing may be skipped. */
export function skipUnless(test: Mocha.Context, reason: string | undefined): void {
  if (reason === undefined) return;
  if (process.env.CI) throw new Error(`In CI nothing may be skipped: ${reason}`);
  console.warn(`SKIPPED: ${reason}`);
  test.skip();
}

/** Runs a program to its end; throws with its messages if it fails. */
export function mustRun(program: string, args: string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', input, cwd: SAMPLES });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? `status ${status}`}\n${stderr}`);
  return stdout;
}
