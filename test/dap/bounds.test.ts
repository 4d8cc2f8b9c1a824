import assert from 'node:assert/strict';
import path from 'node:path';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';

function atViolation(name: string): { client: TestClient; frames: Body[] } {
  const client = new TestClient();
  client.launch(sample(name));
  const { threadId } = client.events.findLast(({ event }) => event === 'stopped')!.body as Body;
  return { client, frames: client.request('stackTrace', { threadId }).stackFrames };
}

describe('Bounds beside the code', () => {
  it('are those of the registers', () => {
    const { client } = atViolation('heap-overflow.O0');
    const { registers } = client.request('mpx/registers');
    assert.equal(registers.length, 4);
    for (const { name, text, lower } of registers) {
      assert.equal(text, client.evaluate(`$${name.toLowerCase()}`));
      assert.equal(BigInt(lower), BigInt(client.evaluate(`$${name.toLowerCase()}.lower`)));
    }
  });

  it('of a check are told for the line where the program stands, and not for callers', () => {
    const { client, frames } = atViolation('heap-overflow.O0');
    const line = lineOf(path.join(SAMPLES, 'heap-overflow.c'), 'BREAK:');
    const { checks } = client.request('mpx/checks', { frameId: frames[0].id });
    assert.ok(checks.length > 0);
    for (const check of checks) {
      assert.equal(check.line, line);
      assert.match(check.path, /heap-overflow\.c$/);
      assert.match(check.text, /^BND[0-3]: (\[0x[0-9a-f]+, 0x[0-9a-f]+\] 10 bytes|INIT)/);
    }
    assert.deepEqual(client.request('mpx/checks', { frameId: frames[1].id }).checks, []);
  });

  it('are in the hover of an MPX instruction, beside what it does', () => {
    const { client, frames } = atViolation('heap-overflow.O0');
    const hover = (expression: string): string =>
      client.request('evaluate', { expression, context: 'hover', frameId: frames[0].id }).result;
    assert.match(hover('bndcu (%rax), %bnd0'), /^BNDCU: .*\.\nBND0 now: /);
    assert.equal(hover('bndcu (%rax), %bnd0').split('now: ')[1], client.evaluate('$bnd0'));
    assert.doesNotMatch(hover('bndmov'), /now/);
  });

  it('of this run are findings, apart from other events', () => {
    const { client } = atViolation('heap-overflow.O0');
    const [present] = client.request('mpx/events', { start: 0, count: 10, findings: true }).rows;
    assert.match(present.text, /^Upper bound violation: /);
    assert.equal(present.source.line, lineOf(path.join(SAMPLES, 'heap-overflow.c'), 'BREAK:'));
    client.request('continue', { threadId: client.request('threads').threads[0].id });
    client.run();
    const all = client.request('mpx/events', { start: 0, count: 1000 });
    const findings = client.request('mpx/events', { start: 0, count: 1000, findings: true });
    assert.deepEqual(
      findings.rows.map(({ kind }: Body) => kind),
      ['bounds-violation'],
    );
    assert.equal(findings.total, 1);
    assert.deepEqual(
      findings.rows,
      all.rows.filter(({ kind }: Body) => kind === 'bounds-violation'),
    );
    assert.ok(all.total > 1);
  });
});

describe('The disassembly', () => {
  it('is switched between AT&T and Intel, and shows what a CPU without MPX sees', () => {
    const { client, frames } = atViolation('heap-overflow.O0');
    const [{ instructionPointerReference: memoryReference }] = frames;
    const shown = () =>
      client.request('disassemble', { memoryReference, instructionCount: 1 }).instructions[0].instruction as string;
    assert.match(shown(), /^bndc[lu]\s.*%bnd0/);
    assert.deepEqual(client.request('mpx/disassembly', { flavor: 'intel' }), { flavor: 'intel', mpx: true });
    assert.match(shown(), /^bndc[lu]\s.*bnd0,/i);
    assert.deepEqual(client.request('mpx/disassembly', { mpx: false }), { flavor: 'intel', mpx: false });
    assert.match(shown(), /^nop/i);
    assert.deepEqual(client.request('mpx/disassembly', { mpx: true, flavor: 'att' }), { flavor: 'att', mpx: true });
    assert.match(shown(), /^bndc[lu]\s.*%bnd0/);
    assert.match(client.failure('mpx/disassembly', { flavor: 'masm' }), /“att” or “intel”/);
  });
});
