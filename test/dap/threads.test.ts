import assert from 'node:assert/strict';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';
import { unmapping } from './programs.ts';

const SOURCE = `${SAMPLES}/race.c`;
const SWAP = lineOf(SOURCE, 'shared = i & 1');
const READ = lineOf(SOURCE, 'BREAK:');

/** The sample `race` where its first breakpoint is hit. */
function raceAt(...lines: number[]): TestClient {
  const client = new TestClient();
  client.launch(sample('race.O0'), {
    configure: () =>
      client.request('setBreakpoints', { source: { path: SOURCE }, breakpoints: lines.map((line) => ({ line })) }),
  });
  return client;
}

const threadsOf = (client: TestClient): Body[] => client.request('threads').threads;
const framesOf = (client: TestClient, threadId: number): Body[] =>
  client.request('stackTrace', { threadId }).stackFrames;
const events = (client: TestClient, reason: string): number[] =>
  client.events
    .filter(({ event, body }) => event === 'thread' && body.reason === reason)
    .map(({ body }) => body.threadId);
const clear = (client: TestClient) => client.request('setBreakpoints', { source: { path: SOURCE }, breakpoints: [] });

function rsp(client: TestClient, threadId: number): string {
  const top = framesOf(client, threadId).find(({ moduleId }) => moduleId !== 'kernel');
  const { scopes } = client.request('scopes', { frameId: top.id });
  const registers = scopes.find(({ name }: Body) => name === 'Registers');
  return client.children(registers.variablesReference).find(({ name }) => name === 'rsp').value;
}

describe('A program with threads', () => {
  it('stops as a whole in the thread that hit the breakpoint, and shows the stack of each', () => {
    const client = raceAt(SWAP);
    const [first, second] = threadsOf(client);
    assert.deepEqual(events(client, 'started'), [first.id, second.id]);
    const stopped = client.events.findLast(({ event }) => event === 'stopped')?.body;
    assert.equal(stopped.threadId, second.id);
    assert.equal(stopped.allThreadsStopped, true);
    const names = (id: number) => framesOf(client, id).map(({ name }) => name);
    assert.equal(names(second.id)[0], 'swap');
    assert.ok(names(first.id).includes('main'), names(first.id).join());
    assert.notEqual(rsp(client, first.id), rsp(client, second.id));
    assert.match(client.failure('stackTrace', { threadId: 7 }), /There is no thread 7/);
  });

  it('steps one thread, while the others run on or stand still', () => {
    const client = raceAt(SWAP);
    const [first, second] = threadsOf(client);
    clear(client);
    const before = rsp(client, first.id);
    const place = () => framesOf(client, first.id)[0].instructionPointerReference;
    const stood = place();
    for (let i = 0; i < 5; i++) {
      const stop = client.go('next', { threadId: second.id, singleThread: true });
      assert.equal(stop.threadId, second.id);
    }
    assert.equal(place(), stood, 'the first thread has not moved');
    assert.equal(rsp(client, first.id), before);
    assert.equal(framesOf(client, second.id)[0].name, 'swap');
  });

  it('tells in which kernel function a thread sleeps, with its kernel frames', () => {
    const client = raceAt(SWAP);
    const [first, second] = threadsOf(client);
    // The first thread runs until it has to wait for the other one to end.
    clear(client);
    const stop = client.go('continue', { threadId: first.id, singleThread: true });
    assert.equal(stop.threadId, first.id);
    assert.match(stop.text, /sleeps in futex_wait and cannot go on alone/);
    assert.match(threadsOf(client)[0].name, /: sleeping in futex_wait$/);
    client.go('next', { threadId: second.id, singleThread: true });
    const names = framesOf(client, first.id).map(({ name }) => name);
    assert.match(names[0], /^futex_wait: sleep/);
    assert.match(names[1], /^sys_futex/);
    assert.ok(names.includes('main'));
  });

  it('hits a breakpoint in whichever thread gets there', () => {
    const client = raceAt(READ, SWAP);
    const seen = new Set<number>([client.thread]);
    for (let i = 0; i < 3000 && seen.size < 2; i++) seen.add(client.go('continue').threadId);
    assert.equal(seen.size, 2);
    clear(client);
    client.go('continue');
    assert.equal(client.output('stdout'), 'sum 0\n');
    const [first, second] = events(client, 'started');
    assert.deepEqual(events(client, 'exited'), [second, first]);
  });

  it('lets a thread wait for mmap_sem while another is held in the middle of the kernel', () => {
    const { program, source } = unmapping();
    const client = new TestClient();
    const breakpoints = ['# FIRST', '# SECOND'].map((marker) => ({ line: lineOf(source, marker) }));
    client.launch(program, {
      configure: () => client.request('setBreakpoints', { source: { path: source }, breakpoints }),
    });
    const [first, second] = threadsOf(client);
    assert.equal(client.thread, first.id);
    assert.equal(client.go('continue', { threadId: second.id, singleThread: true }).threadId, second.id);
    client.go('next', { threadId: first.id, singleThread: true, granularity: 'instruction' });
    const top = (id: number): string => framesOf(client, id)[0].name;
    client.request('mpx/stepIntoKernel', {});
    client.run();
    for (let i = 0; i < 20 && top(first.id) !== 'do_munmap: split and detach the areas'; i++)
      client.go('stepIn', { threadId: first.id, singleThread: true });
    assert.equal(top(first.id), 'do_munmap: split and detach the areas');
    const stop = client.go('continue', { threadId: second.id, singleThread: true });
    assert.match(stop.text, /sleeps in down_write/);
    assert.equal(top(second.id), 'down_write: wait for the lock');
    assert.equal(top(first.id), 'do_munmap: split and detach the areas', 'the holder has not moved');
    client.go('continue');
    assert.equal(client.events.findLast(({ event }) => event === 'exited')?.body.exitCode, 0);
  });
});
