import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { nativeTools, run, scratchFolder } from '../symbols/native.ts';
import { type Body, lineOf, TestClient } from './client.ts';

const TEXT = `volatile int sink;
int counter = 3;
__attribute__((noinline)) int plain(int x)
{
  sink = x; /* PLAIN */
  return sink + 1;
}
__attribute__((noinline)) int other(int x)
{
  return x + sink;
}
static inline __attribute__((always_inline)) int twice(int x)
{
  sink = x; /* TWICE */
  sink = x + 1;
  return sink * 2; /* LAST */
}
int main(void)
{
  sink = 5; /* START */
  int a = twice(sink); /* CALL */
  sink = a; /* BEHIND */
  sink = other(a) + plain(a + 1); /* BOTH */
  sink = twice(a);
  sink = 9; /* END */
  return counter += sink;
}
`;

describe('Stepping in inlined code', () => {
  const folder = scratchFolder();
  const source = path.join(folder, 'inlined.c');
  const program = path.join(folder, 'inlined');

  before(function () {
    nativeTools(this, 'musl-gcc');
    fs.writeFileSync(source, TEXT);
    run('musl-gcc', ['-static', '-no-pie', '-O1', '-g', source, '-o', program]);
  });

  const line = (marker: string) => lineOf(source, marker);
  function at(marker: string): TestClient {
    const client = new TestClient();
    const lines = [{ line: line(marker) }];
    client.launch(program, {
      configure: (one) => one.request('setBreakpoints', { source: { path: source }, breakpoints: lines }),
    });
    client.request('setBreakpoints', { source: { path: source }, breakpoints: [] });
    return client;
  }
  const names = (client: TestClient) =>
    client
      .frames()
      .slice(0, 2)
      .map((frame: Body) => frame.name);
  const here = (client: TestClient) => client.frames()[0].line;
  /** Steps until the line changes. */
  function lines(client: TestClient, request: string, count: number): number[] {
    return Array.from({ length: count }, () => {
      client.go(request);
      return here(client);
    });
  }

  it('next goes over an inlined call', () => {
    const client = at('/* START');
    const seen = lines(client, 'next', 3);
    assert.ok(!seen.includes(line('/* TWICE')) && !seen.includes(line('/* LAST')), seen.join());
    assert.ok(seen.includes(line('/* BEHIND')), seen.join());
    assert.equal(names(client)[0], 'main');
  });

  it('stepIn goes into it, and its frame is on the stack', () => {
    const client = at('/* START');
    for (let i = 0; i < 4 && here(client) !== line('/* TWICE'); i++) client.go('stepIn');
    assert.equal(here(client), line('/* TWICE'));
    assert.deepEqual(names(client), ['twice (inlined)', 'main']);
  });

  it('stepOut leaves the copy, not the function it is in', () => {
    const client = at('/* TWICE');
    assert.deepEqual(names(client), ['twice (inlined)', 'main']);
    client.go('stepOut');
    assert.equal(names(client)[0], 'main');
    assert.ok(here(client) <= line('/* BEHIND'));
  });

  it('a breakpoint in the inlined function stops in each copy', () => {
    const client = new TestClient();
    client.launch(program, {
      configure: (one) =>
        one.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: line('/* TWICE') }] }),
    });
    assert.equal(client.evaluate('x', 'watch'), '5');
    client.go('continue');
    assert.equal(client.evaluate('x', 'watch'), '12');
  });

  it('targets are the functions the line calls, one of which can be chosen', () => {
    const targetsAt = (client: TestClient): Body[] =>
      client.request('stepInTargets', { frameId: client.frames()[0].id }).targets;
    const client = at('/* BOTH');
    const targets = targetsAt(client);
    assert.deepEqual(targets.map(({ label }) => label).sort(), ['other', 'plain']);
    client.go('stepIn', { targetId: targets.find(({ label }) => label === 'plain').id });
    assert.equal(client.frames()[0].name, 'plain');
    const before = at('/* CALL');
    const [copy] = targetsAt(before);
    assert.equal(copy.label, 'twice (inlined)');
    before.go('stepIn', { targetId: copy.id });
    assert.equal(before.frames()[0].name, 'twice (inlined)');
  });

  it('a jump says what it leaves as it is', () => {
    const client = at('/* BOTH');
    const { targets } = client.request('gotoTargets', { source: { path: source }, line: line('/* END') });
    client.request('goto', { threadId: client.thread, targetId: targets[0].id });
    assert.equal(here(client), line('/* END'));
    assert.ok(client.events.some(({ body }) => /registers, bound registers/.test(body?.output ?? '')));
  });

  it('globals of the file are a scope', () => {
    const client = at('/* END');
    const globals = client.scope('Globals');
    assert.deepEqual(globals.map(({ name, value }) => `${name} ${value}`).sort(), ['counter 3', 'sink 26']);
  });
});
