import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { files, lineOf, SAMPLES, TestClient } from './client.ts';

const host = { ...files, list: (folder: string) => fs.readdirSync(folder) };
const check = path.join(SAMPLES, 'asm/check.s');

describe('A session of an assembly source', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-dap-asm-'));
  after(() => fs.rmSync(folder, { recursive: true }));
  const written = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  };
  const problemsOf = (client: TestClient) => client.events.find(({ event }) => event === 'mpx/problems')?.body.problems;

  it('assembles it with the sources beside it, stops at breakpoints in its lines, and at the violation', () => {
    const client = new TestClient(host);
    client.request('initialize', { adapterID: 'mpx' });
    client.request('launch', { program: check });
    const line = lineOf(check, 'next:');
    const { breakpoints } = client.request('setBreakpoints', { source: { path: check }, breakpoints: [{ line }] });
    assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, line]);
    client.request('setExceptionBreakpoints', { filters: ['boundsViolation'] });
    client.request('configurationDone');
    assert.equal(client.run().reason, 'breakpoint');
    const threadId = client.request('threads').threads[0].id;
    const frame = () => client.request('stackTrace', { threadId }).stackFrames[0];
    assert.deepEqual([frame().line, frame().source.path], [line, check]);
    client.request('next', { threadId });
    client.run();
    assert.equal(frame().line, line + 1);
    assert.deepEqual(problemsOf(client), []);
  });

  it('is refused where there are mistakes, and the client gets them all with their places', () => {
    const file = written('wrong.s', '\t.globl _start\n_start:\tmovv\t%eax, %ebx\n\tjmp\tnowhere\n\tadd\t%eax\n');
    const client = new TestClient(host);
    client.request('initialize', { adapterID: 'mpx' });
    assert.equal(
      client.failure('launch', { program: file }),
      `${file}:2: “movv” is not an instruction. There is one more mistake.`,
    );
    assert.deepEqual(
      problemsOf(client).map(
        ({
          line,
          column,
          endColumn,
          severity,
        }: {
          line: number;
          column: number;
          endColumn: number;
          severity: string;
        }) => [line, column, endColumn, severity],
      ),
      [
        [2, 9, 13, 'error'],
        [4, 2, 10, 'error'],
      ],
    );
    fs.writeFileSync(file, '\t.globl _start\n_start:\tmov\t$60, %eax\n\tsyscall\n');
    client.request('launch', { program: file, stopOnEntry: true });
    client.request('configurationDone');
    const { threads } = client.request('threads');
    assert.equal(client.request('stackTrace', { threadId: threads[0].id }).stackFrames[0].line, 2);
  });
});
