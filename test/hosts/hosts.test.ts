import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { FrameReader, frame } from '../../src/hosts/framing.ts';
import { serveStreams } from '../../src/hosts/stream-session.ts';
import { listen, type TcpServer } from '../../src/hosts/tcp.ts';
import { busy } from '../dap/programs.ts';

const heapOverflow = path.join(PROJECT_ROOT, 'samples/bin/heap-overflow.O0');
const source = path.join(PROJECT_ROOT, 'samples/heap-overflow.c');

describe('Sessions over TCP', () => {
  let server: TcpServer;
  let client: DebugClient;

  beforeEach(async () => {
    server = await listen(0, () => undefined);
    client = new DebugClient('node', 'none', 'mpx');
    await client.start(server.port);
  });
  afterEach(async () => {
    await client.stop().catch(() => undefined);
    await server.close();
  });

  it('serve a client that is not ours: breakpoint, violation, end', async () => {
    await client.hitBreakpoint({ program: heapOverflow }, { path: source, line: 13 });
    const thread = { threadId: (await client.threadsRequest()).body.threads[0].id };
    const [stopped] = (await Promise.all([client.waitForEvent('stopped'), client.continueRequest(thread)])) as [
      DebugProtocol.StoppedEvent,
      unknown,
    ];
    assert.match(stopped.body.text ?? '', /^Upper bound violation: /);
    const { body } = await client.stackTraceRequest(thread);
    assert.equal(body.stackFrames[0].source?.path, source);
    await Promise.all([client.continueRequest(thread), client.waitForEvent('terminated')]);
  });

  it('stop a busy program when asked', async () => {
    await Promise.all([client.configurationSequence(), client.launch({ program: busy().program })]);
    const { body } = await client.threadsRequest();
    await Promise.all([client.pauseRequest({ threadId: body.threads[0].id }), client.waitForEvent('stopped')]);
    const { body: again } = await client.evaluateRequest({ expression: 'rcx > 0', context: 'repl' });
    assert.equal(again.result, 'true');
  });

  it('serve two clients at once', async () => {
    const second = new DebugClient('node', 'none', 'mpx');
    await second.start(server.port);
    await Promise.all(
      [client, second].map((one) =>
        Promise.all([one.configurationSequence(), one.launch({ program: heapOverflow }), one.waitForEvent('stopped')]),
      ),
    );
    await second.stop();
  });

  it('outlive a client that vanishes or talks nonsense', async () => {
    const rude = net.connect(server.port, '127.0.0.1');
    await new Promise((resolve) => rude.write('GET / HTTP/1.1\r\n\r\n', resolve));
    rude.destroy();
    await Promise.all([
      client.configurationSequence(),
      client.launch({ program: heapOverflow }),
      client.waitForEvent('stopped'),
    ]);
  });

  it('say that a port is taken', async () => {
    await assert.rejects(
      listen(server.port, () => undefined),
      /already in use/,
    );
  });
});

describe('Sessions over streams', () => {
  it('end when the client disconnects, with the answer sent', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const reader = new FrameReader();
    const received: unknown[] = [];
    output.on('data', (chunk: Buffer) => received.push(...reader.push(chunk)));
    const complaints: string[] = [];
    const served = serveStreams(input, output, (problem) => complaints.push(problem));
    input.write('rubbish\r\n\r\n');
    input.write(frame({ seq: 1, type: 'request', command: 'initialize', arguments: {} }));
    input.write(frame({ seq: 2, type: 'request', command: 'disconnect' }));
    await served;
    assert.equal(complaints.length, 1);
    const commands = received.map((one) => (one as { message: DebugProtocol.Response }).message.command);
    assert.deepEqual(commands, ['initialize', 'disconnect']);
  });
});

describe('A session in a worker', () => {
  it('speaks the protocol by messages and stays responsive', async function () {
    this.timeout(180_000);
    const out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-worker-'));
    const { nodeOptions } = createRequire(path.join(PROJECT_ROOT, 'x.js'))('./esbuild.js');
    const esbuild = createRequire(path.join(PROJECT_ROOT, 'x.js'))('esbuild');
    await esbuild.build({ ...nodeOptions, entryPoints: { worker: 'src/hosts/worker.ts' }, outdir: out });
    const worker = new Worker(path.join(out, 'worker.js'));
    const messages: DebugProtocol.ProtocolMessage[] = [];
    const waiters: (() => void)[] = [];
    worker.on('message', (message) => {
      messages.push(message);
      for (const wake of waiters.splice(0)) wake();
    });
    const until = async <T extends DebugProtocol.ProtocolMessage>(wanted: (message: T) => boolean): Promise<T> => {
      for (;;) {
        const found = (messages as T[]).find(wanted);
        if (found) return found;
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    };
    let seq = 0;
    const request = (command: string, args?: object) => {
      const id = ++seq;
      worker.postMessage({ seq: id, type: 'request', command, arguments: args });
      return until<DebugProtocol.Response>((one) => one.type === 'response' && one.request_seq === id);
    };
    const event = (name: string) => until<DebugProtocol.Event>((one) => one.type === 'event' && one.event === name);
    try {
      assert.ok((await request('initialize', { adapterID: 'mpx' })).success);
      assert.ok((await request('launch', { program: busy().program })).success);
      await request('configurationDone');
      const started = performance.now();
      assert.ok((await request('pause', { threadId: 1000 })).success);
      assert.equal((await event('stopped')).body.reason, 'pause');
      assert.ok(performance.now() - started < 2000, 'a busy program is paused at once');
      assert.ok((await request('disconnect')).success);
      await new Promise((resolve) => worker.once('exit', resolve));
    } finally {
      await worker.terminate();
      fs.rmSync(out, { recursive: true });
    }
  });
});
