/** A client for sessions in tests: no transport, every message kept. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { HostFiles } from '../../src/dap/host.ts';
import type { DebugProtocol } from '../../src/dap/messages.ts';
import { Session } from '../../src/dap/session.ts';

export const SAMPLES = path.join(PROJECT_ROOT, 'samples');
export const sample = (name: string) => path.join(SAMPLES, 'bin', name);

export const files: HostFiles = {
  read: (file) => {
    try {
      return new Uint8Array(fs.readFileSync(file));
    } catch {
      return { error: `There is no file ${file}.` };
    }
  },
  exists: (file) => fs.existsSync(file) && fs.statSync(file).isFile(),
};

/** Any body: tests look into it by name. */
// biome-ignore lint/suspicious/noExplicitAny: bodies of the protocol are as they are; each test asserts what it reads
export type Body = any;

/** 1-based number of the first line that holds `marker`. */
export function lineOf(file: string, marker: string): number {
  const at = fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(marker));
  assert.ok(at >= 0, `${marker} is in ${file}`);
  return at + 1;
}

/** Messages as they arrive: every transport drops what is undefined. */
const travel = (messages: unknown[]): Body[] => JSON.parse(JSON.stringify(messages));

export class TestClient {
  readonly session: Session;
  readonly events: { event: string; body: Body }[] = [];
  /** Everything sent and received, in order. */
  readonly log: { to: 'adapter' | 'client'; message: Body }[] = [];
  readonly bytes: Record<1 | 2, number[]> = { 1: [], 2: [] };
  private seq = 0;

  /** `host`: what of this machine the program sees; nothing but itself by default. */
  constructor(host: HostFiles = files) {
    this.session = new Session({ files: host, onOutput: (fd, bytes) => this.bytes[fd].push(...bytes) });
  }

  /** The whole response. */
  send(command: string, args?: unknown): DebugProtocol.Response {
    const message = { seq: ++this.seq, type: 'request', command, arguments: args };
    this.log.push({ to: 'adapter', message });
    const messages = travel(this.session.handle(message));
    this.take(messages);
    const [response] = messages;
    assert.equal(response.type, 'response', 'the response comes before the events it causes');
    assert.equal(response.request_seq, message.seq);
    assert.equal(response.command, command);
    return response;
  }

  /** The body of a successful response. */
  request(command: string, args?: unknown): Body {
    const response = this.send(command, args);
    assert.ok(response.success, `${command}: ${response.message}`);
    return response.body;
  }

  /** The sentence of a failure. */
  failure(command: string, args?: unknown): string {
    const response = this.send(command, args);
    assert.equal(response.success, false, `${command} fails`);
    return response.body.error.format;
  }

  /** One slice. */
  slice(budget: number): void {
    this.take(travel(this.session.slice(budget)));
  }

  /** Runs until the program stands still; the body of the last `stopped`, or undefined if it ended. */
  run(limit = 200_000_000): Body {
    const before = this.events.length;
    for (let ran = 0; !this.session.idle && ran < limit; ran += 1_000_000)
      this.take(travel(this.session.slice(1_000_000)));
    const stop = this.events.slice(before).findLast(({ event }) => event === 'stopped');
    return stop?.body;
  }

  /** A request that runs the program, and where it stops. */
  go(command: string, args: object = {}): Body {
    const before = this.events.length;
    this.request(command, { threadId: this.thread, ...args });
    this.run();
    return this.events.slice(before).findLast(({ event }) => event === 'stopped')?.body;
  }

  /** The thread that stopped last; before that the first one. */
  get thread(): number {
    const stopped = this.events.findLast(({ event }) => event === 'stopped');
    const started = this.events.find(({ event, body }) => event === 'thread' && body.reason === 'started');
    return (stopped ?? started)?.body.threadId;
  }

  initialize(more: object = {}): Body {
    return this.request('initialize', {
      adapterID: 'mpx',
      linesStartAt1: true,
      columnsStartAt1: true,
      supportsMemoryEvent: true,
      supportsInvalidatedEvent: true,
      ...more,
    });
  }

  /** Launches and configures; returns where the program first stops. */
  launch(program: string, options: { configuration?: object; configure?: (client: TestClient) => void } = {}): Body {
    this.initialize();
    this.request('launch', { program, ...options.configuration });
    options.configure?.(this);
    this.request('configurationDone');
    this.run();
    return this.events.findLast(({ event }) => event === 'stopped' || event === 'terminated')?.body;
  }

  frames(): Body[] {
    return this.request('stackTrace', { threadId: this.thread }).stackFrames;
  }

  /** Variables of a scope of the top frame, by name. */
  scope(name: string): Body[] {
    const { scopes } = this.request('scopes', { frameId: this.frames()[0].id });
    const found = scopes.find((scope: Body) => scope.name === name);
    assert.ok(found, `scope ${name}`);
    return this.children(found.variablesReference);
  }

  children(variablesReference: number, more: object = {}): Body[] {
    return this.request('variables', { variablesReference, ...more }).variables;
  }

  evaluate(expression: string, context = 'repl'): string {
    return this.request('evaluate', { expression, context, frameId: this.frames()[0].id }).result;
  }

  output(category: string): string {
    return this.events
      .filter(({ event, body }) => event === 'output' && body.category === category)
      .map(({ body }) => body.output)
      .join('');
  }

  private take(messages: Body[]): void {
    for (const message of messages) {
      this.log.push({ to: 'client', message });
      if (message.type === 'event') this.events.push({ event: message.event, body: message.body });
    }
  }
}
