import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Body, lineOf, TestClient } from './client.ts';

const named = (items: Body[], name: string): Body => {
  const found = items.find((item) => item.name === name);
  assert.ok(found, `${name} is among ${items.map((item) => item.name).join(', ')}`);
  return found;
};

describe('A 32-bit program under the debugger', function () {
  this.timeout(60_000);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-dap-ia32-'));
  const source = path.join(PROJECT_ROOT, 'test/native/ia32/mpx.c');
  const program = path.join(directory, 'mpx');
  before(function () {
    const flags = ['-m32', '-static', '-no-pie', '-fno-pie', '-O0', '-g', '-w'];
    if (spawnSync('gcc', [...flags, '-o', program, source]).status === 0) return;
    console.log('    skipped: gcc cannot build 32-bit programs here, install gcc-multilib');
    this.skip();
  });
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  /** Stopped at the line that holds `marker`, under a kernel that lets it use MPX. */
  function stopAt(marker: string): TestClient {
    const client = new TestClient();
    client.launch(program, {
      configuration: { kernel: 'v4.1-i386', exceptionFilters: [] },
      configure: (one) => {
        one.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: lineOf(source, marker) }] });
        one.request('setExceptionBreakpoints', { filters: [] });
      },
    });
    return client;
  }

  it('has the registers of i386, C variables with pointers of 4 bytes, and 32-bit disassembly', () => {
    const client = stopAt('// STORE');
    const registers = client.scope('Registers');
    assert.deepEqual(
      registers.slice(0, 10).map(({ name }) => name),
      ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'eip', 'eflags'],
    );
    const locals = client.scope('Locals');
    assert.equal(named(locals, 'slot').type, 'char **');
    assert.equal(named(locals, 'managed').value, '0');
    const [frame] = client.frames();
    assert.equal(frame.name, 'main');
    const { instructions } = client.request('disassemble', {
      memoryReference: frame.instructionPointerReference,
      instructionCount: 30,
    });
    const text = instructions.map((row: Body) => row.instruction).join('\n');
    assert.match(text, /%e[a-d]x/);
    assert.doesNotMatch(text, /%r[a-d]x/);
  });

  it('shows its directory of 4 MiB, tables for a page each, and their entries', () => {
    const client = stopAt('// LOADED');
    const { directory, tables, conditions } = client.request('mpx/overview');
    assert.equal(directory.size, '0x400000');
    assert.ok(directory.managed);
    assert.equal(tables.live, 1);
    assert.deepEqual(
      conditions.filter(({ ok }: Body) => !ok),
      [],
    );
    const [row] = client.request('mpx/tables', { start: 0, count: 10 }).rows;
    assert.equal(BigInt(row.areaEnd) - BigInt(row.areaStart), 4096n);
    assert.equal(row.liveEntries, 1);
    const [entry] = client.request('mpx/entries', { index: row.index, start: 0, count: 10 }).rows;
    assert.equal(BigInt(entry.slot) & 0xfffn, 40n);
    assert.equal(BigInt(entry.upper) - BigInt(entry.lower), 19n);
    assert.ok(entry.match);
    assert.match(named(client.scope('MPX'), 'BND0').value, /^\[0x[0-9a-f]{8}, 0x[0-9a-f]{8}\] 20 bytes$/);
    const [frame] = client.frames();
    const pointer = client.request('evaluate', { expression: '*slot', context: 'watch', frameId: frame.id });
    assert.equal(pointer.result.split(' ')[0], entry.pointer);
    assert.match(pointer.result, / 20 bytes, \+0/);
  });

  it('finds its way from a signal handler back to the check', () => {
    const client = stopAt('// HANDLER');
    const names = client.frames().map(({ name }) => name);
    assert.equal(names[0], 'handler');
    assert.ok(names.includes('main'), names.join(', '));
  });
});
