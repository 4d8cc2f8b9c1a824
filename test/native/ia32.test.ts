import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ProfileId } from '../../src/kernel/api.ts';
import { nativeObstacle } from './native.ts';
import { emulate, host } from './programs.ts';

describe('32-bit programs', function () {
  this.timeout(120_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-ia32-'));
  const obstacle = nativeObstacle();
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function build(name: string, bits: 32 | 64 = 32, link = ['-static', '-no-pie', '-fno-pie']): string {
    const program = path.join(directory, `${path.basename(name, '.c')}.${bits}${link.join('')}`);
    if (fs.existsSync(program)) return program;
    const source = path.join(PROJECT_ROOT, 'test/native', name);
    const flags = [`-m${bits}`, ...link, '-pthread', '-O1', '-w'];
    const built = spawnSync('gcc', [...flags, '-o', program, source], { encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    return program;
  }

  before(function () {
    const probe = spawnSync('gcc', ['-m32', '-static', '-xc', '-o', '/dev/null', '-'], { input: 'int main(void) {}' });
    if (probe.status === 0) return;
    console.log('    skipped: gcc cannot build 32-bit programs here, install gcc-multilib');
    this.skip();
  });

  /** What such a program prints does not depend on the width of words: the same source, built for this host, is the judge. */
  const compare = (title: string, name: string) =>
    it(title, function () {
      if (obstacle) {
        console.log(`      skipped: ${obstacle}`);
        return this.skip();
      }
      const [emulated, native] = [emulate(build(name), []), host(build(name, 64), [])];
      assert.deepEqual(emulated.output.split('\n'), native.output.split('\n'));
      assert.deepEqual(emulated.status, native.status);
    });

  compare('get the same answers through their narrower structures', 'ia32/calls.c');
  compare('have threads that lock, wait, time out, die and are cancelled as those of 64 bits', 'tasks/threads.c');
  compare('fork, execute, stop, end and are waited for as those of 64 bits', 'tasks/processes.c');

  it('find signal frames, restorers, old calls, SYSENTER and BOUND as the i386 ABI has them', () => {
    const { output, status } = emulate(build('ia32/frames.c'), []);
    const lines = output.trim().split('\n');
    assert.deepEqual(
      lines.filter((line) => line.startsWith('NOT')),
      [],
    );
    const fault = 'signal 11 code 80 trap 5 error 0';
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('ok: ')),
      [
        'signal 11 code 1 address 16',
        'trap 14 error 4 cr2 10',
        'by SYSENTER',
        'bound -6',
        fault,
        fault,
        'bound 11',
        fault,
        fault,
      ],
    );
    assert.equal(status, 7);
  });

  const mpx = (kernel: ProfileId, link?: string[]) =>
    emulate(build('ia32/mpx.c', 32, link), [], undefined, '/', kernel)
      .output.trim()
      .split('\n');
  const MANAGED = [
    'management 0',
    'tables 16384 entry valid',
    'stored 1 1 1',
    'loaded 1 1',
    'for another pointer 0 0',
    'tables 16384',
    'tables 32768',
  ];
  const violations = (bounds: string) => [
    `signal 11 code 3 trap 5 address +20 ${bounds} status 1`,
    `signal 11 code 3 trap 5 address +9 ${bounds} status 1`,
    'after munmap: tables 0 entry 0',
  ];
  const MISSING = ['signal 11 code 80 trap 5 entry of page 1', 'tables 0 entry empty'];

  it('use MPX with tables of 16 KiB under a 32-bit kernel 4.1', () => {
    assert.deepEqual(mpx('v4.1-i386'), [...MANAGED, ...violations('lower +10 upper +19')]);
  });

  it('use it position-independent, too, under a kernel without faults', () => {
    const expected = [...MANAGED, ...violations('lower +10 upper +19')];
    assert.deepEqual(mpx('ideal', ['-static-pie', '-fpie']), expected);
  });

  it('are refused by the management of the 64-bit kernel 4.1, which tells them no bounds (K-43)', () => {
    assert.deepEqual(mpx('v4.1'), ['management -6', ...MISSING, ...violations('lower -1 upper -1')]);
  });

  it('get no tables from 64-bit kernels after 4.12, although management is granted (K-45)', () => {
    for (const kernel of ['v4.19', 'v5.5'] as const)
      assert.deepEqual(mpx(kernel), ['management 0', ...MISSING, ...violations('lower +10 upper +19')], kernel);
  });
});
