/** A small Debug Adapter Protocol client over a child process's standard streams, for the demo. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { DebugProtocol } from '@vscode/debugprotocol';

type EventListener = (event: DebugProtocol.Event) => void;

export class DapClient {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly pending = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  private readonly listeners = new Set<EventListener>();
  private readonly queued: DebugProtocol.Event[] = [];
  private received = Buffer.alloc(0);
  private sequence = 0;
  private gone: Error | undefined;

  /** Starts `command` as the adapter. What it prints on stderr passes through. */
  constructor(command: string, args: string[]) {
    this.child = spawn(command, args, { stdio: 'pipe' });
    this.child.stdout.on('data', (chunk: Buffer) => this.receive(chunk));
    this.child.stderr.pipe(process.stderr);
    this.child.on('exit', (code) => this.end(new Error(`the adapter ended with status ${code}`)));
    this.child.stdin.on('error', (error) => this.end(error));
  }

  onEvent(listener: EventListener): void {
    this.listeners.add(listener);
  }

  /** Sends a request; resolves with the response's body, rejects with its message. */
  request<T>(command: string, args: object = {}): Promise<T> {
    if (this.gone) return Promise.reject(this.gone);
    const seq = ++this.sequence;
    const text = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return new Promise((resolve, reject) => this.pending.set(seq, { resolve: (body) => resolve(body as T), reject }));
  }

  /** The next event with one of these names, including those that came since the last call. */
  nextEvent(...names: string[]): Promise<DebugProtocol.Event> {
    const at = this.queued.findIndex((event) => names.includes(event.event));
    if (at >= 0) return Promise.resolve(this.queued.splice(0, at + 1)[at]);
    this.queued.length = 0;
    return new Promise((resolve, reject) => {
      if (this.gone) reject(this.gone);
      const listener: EventListener = (event) => {
        if (!names.includes(event.event)) return;
        this.listeners.delete(listener);
        this.queued.length = 0;
        resolve(event);
      };
      this.listeners.add(listener);
    });
  }

  /** Ends the adapter. */
  close(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }

  private receive(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n\r\n/.exec(this.received.subarray(0, 64).toString('latin1'));
      if (!header) return;
      const start = header[0].length;
      const end = start + Number(header[1]);
      if (this.received.length < end) return;
      this.dispatch(JSON.parse(this.received.subarray(start, end).toString('utf8')) as DebugProtocol.ProtocolMessage);
      this.received = this.received.subarray(end);
    }
  }

  private dispatch(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'event') {
      const event = message as DebugProtocol.Event;
      this.queued.push(event);
      for (const listener of [...this.listeners]) listener(event);
      return;
    }
    const response = message as DebugProtocol.Response;
    const waiting = this.pending.get(response.request_seq);
    this.pending.delete(response.request_seq);
    if (response.success) waiting?.resolve(response.body);
    else waiting?.reject(new Error(response.body?.error?.format ?? response.message ?? `${response.command} failed`));
  }

  private end(error: Error): void {
    this.gone = error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}
