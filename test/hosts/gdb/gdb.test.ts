import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { SeededRandom } from '../../../src/base/random.ts';
import { startProgram } from '../../../src/debugger/start.ts';
import { listenForGdb } from '../../../src/hosts/gdb/server.ts';
import { GdbStub } from '../../../src/hosts/gdb/stub.ts';
import { GdbTarget } from '../../../src/hosts/gdb/target.ts';
import type { KernelEvent } from '../../../src/kernel/api.ts';

const SAMPLES = path.join(PROJECT_ROOT, 'samples');

/** Serves `program` and lets the real gdb do `commands`. → what gdb printed */
async function gdb(program: string, commands: string[], env: Record<string, string> = {}): Promise<string> {
  const file = path.join(SAMPLES, 'bin', program);
  const random = new SeededRandom(1);
  let target: GdbTarget | undefined;
  const started = startProgram({
    configuration: { program: file, env },
    bytes: new Uint8Array(fs.readFileSync(file)),
    inputs: { random: (count) => random.bytes(count), stdin: () => new Uint8Array(), startTime: () => 0n },
    outputs: { write: () => undefined },
    onEvent: (event: KernelEvent) => target?.noteEvent(event),
  });
  target = new GdbTarget(started.process);
  const stub = new GdbStub(target, file, () => started.process.image.auxv);
  const server = await listenForGdb(0, target, stub, () => Promise.resolve(false));
  const words = ['-nx', '-batch', file];
  const all = ['set confirm off', 'set width 0', `target remote 127.0.0.1:${server.port}`, ...commands];
  const child = spawn('gdb', [...words, ...all.flatMap((command) => ['-ex', command])], { cwd: SAMPLES });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  await server.over;
  return text;
}

describe('GDB as a client', function () {
  this.timeout(120_000);

  it('stops at a breakpoint, shows registers and the C source', async () => {
    const text = await gdb('heap-overflow.O0', ['break main', 'continue', 'info registers rip bndcfgu', 'next', 'bt']);
    assert.match(text, /Breakpoint 1, .*main.* at heap-overflow\.c:\d+/);
    assert.match(text, /bndcfgu .*base = 0x[0-9a-f]+.*enabled = 0x1/);
    assert.match(text, /#0 +.*main.* at heap-overflow\.c:\d+/);
  });

  it('sees a violation as SIGSEGV with its bounds, as on a machine with MPX', async () => {
    const text = await gdb('heap-overflow.O0', [
      'continue',
      'p $_siginfo.si_code',
      'info registers bnd0raw',
      'x/i $pc',
    ]);
    assert.match(text, /Program received signal SIGSEGV, Segmentation fault/);
    assert.match(text, /Upper bound violation while accessing address 0x[0-9a-f]+/);
    assert.match(text, /Bounds: \[lower = 0x[0-9a-f]+, upper = 0x[0-9a-f]+\]/);
    assert.match(text, /= 3\n/);
    assert.match(text, /=> 0x[0-9a-f]+ <fill\+\d+>:\tbndcu/);
  });

  it('goes on after the signal to the program’s end', async () => {
    const text = await gdb('heap-overflow.O0', ['continue', 'continue']);
    assert.match(text, /\[Inferior 1 \(.*\) exited normally\]/);
  });

  it('is told which signal ended the program', async () => {
    const text = await gdb('heap-overflow.O0', ['handle SIGSEGV nostop noprint pass', 'continue', 'continue'], {
      CHKP_RT_MODE: 'stop',
    });
    assert.match(text, /Program (received|terminated with) signal SIGABRT/);
  });

  it('steps by instruction, changes registers, bounds and memory', async () => {
    const text = await gdb('check', [
      'stepi',
      'stepi',
      'set $rbx = 0x1234',
      'p/x $rbx',
      'set $bnd1raw.lbound = 0x1000',
      'p/x $bnd1raw.lbound',
      'set {long}($rsp - 8) = 77',
      'p *(long *)($rsp - 8)',
    ]);
    assert.match(text, /\$1 = 0x1234/);
    assert.match(text, /\$2 = 0x1000/);
    assert.match(text, /\$3 = 77/);
  });

  it('looks bounds up in the tables by itself', async () => {
    const text = await gdb('linked-list.O0', ['continue', 'show mpx bound $rsp']);
    assert.match(
      text,
      /\{lbound = 0x[0-9a-f]+, ubound = 0x[0-9a-f]+\}: pointer value = |Invalid bounds directory entry/,
    );
  });
});
