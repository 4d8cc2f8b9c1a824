import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { emulate } from './emulate.ts';
import { mustRun, SAMPLES, skipUnless, whyNoTools } from './tools.ts';

describe('the run-time library: a SIGSEGV that is no violation', () => {
  let folder = '';
  let program = '';

  before(function () {
    skipUnless(this, whyNoTools());
    this.timeout(180_000);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-traps-'));
    mustRun('bash', [path.join(SAMPLES, 'build.sh'), folder]);
    program = path.join(folder, 'traps');
    mustRun('musl-gcc', [
      ...['-static', '-no-pie', '-O1', '-Iruntime', '-o', program],
      path.join(PROJECT_ROOT, 'test/samples/programs/traps.c'),
      path.join(folder, 'runtime/libmpxrt.a'),
    ]);
  });
  after(() => folder && fs.rmSync(folder, { recursive: true, force: true }));

  /** The program's standard error behind the report of its one violation. */
  function messages(what: string, env: Record<string, string> = {}) {
    const { stdout, stderr, exit } = emulate(program, { args: [what], env });
    const lines = stderr.trimEnd().split('\n');
    assert.match(lines[0], /^Saw a #BR! status 1 at 0x/);
    return { stdout, exit, rest: lines.slice(1).join('\n') };
  }

  const CASES: [what: string, message: RegExp][] = [
    ['page-fault', /^Saw a page fault: no access to 0x8, at 0x\w+$/],
    ['privileged', /^Unexpected trap 13, at 0x\w+$/],
    ['raise', /^SIGSEGV was sent by process \d+, at 0x\w+$/],
    ['unmanaged', /^Saw a #BR! status 2 at 0x\w+\nThe kernel gave no bounds table for directory entry 0x\w+$/],
    ['garbage-entry', /^SIGSEGV without an access to memory or bounds, at 0x\w+; is the bounds directory damaged\?$/],
    ['in-exit', /^Saw a page fault: no access to 0x8, at 0x\w+$/],
  ];
  for (const [what, message] of CASES)
    it(`ends the program with a message: ${what}`, () => {
      const aborted = messages(what);
      assert.match(aborted.rest, message);
      assert.equal(aborted.stdout, 'begin\n');
      assert.deepEqual(aborted.exit, { signal: 6 });
      const exited = messages(what, { CHKP_RT_STOP_HANDLER: 'exit' });
      assert.match(exited.rest, message);
      // A program that aborts while it exits does so.
      assert.deepEqual(exited.exit, what === 'in-exit' ? { signal: 6 } : { code: 255 });
    });

  it('goes on without MPX when a table is missing after the end of management', () => {
    const { stdout, rest, exit } = messages('finished');
    assert.equal(stdout, 'begin\nwent on without MPX\nend\n');
    assert.equal(rest, '');
    assert.deepEqual(exit, { code: 0 });
  });
});
