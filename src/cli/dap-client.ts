/** A small Debug Adapter Protocol client over a child process's standard streams, for the demo. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { ProtocolServer } from '@vscode/debugadapter/lib/protocol';
import type { DebugProtocol } from '@vscode/debugprotocol';

type EventListener = (event: DebugProtocol.Event) => void;

/** Longest wait for a response, in milliseconds. */
const RESPONSE_TIMEOUT = 60_000;

/** The library's name is the adapter's view: both ends of the protocol send requests and receive responses alike. */
export class DapClient extends ProtocolServer {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly eventListeners = new Set<EventListener>();
  private readonly queued: DebugProtocol.Event[] = [];
  private readonly failed: Promise<never>;

  /** Starts `command` as the adapter. What it prints on stderr passes through. */
  constructor(command: string, args: string[]) {
    super();
    this.child = spawn(command, args, { stdio: 'pipe' });
    this.child.stderr.pipe(process.stderr);
    this.failed = new Promise((_, reject) => {
      this.child.on('exit', (code) => reject(new Error(`the adapter ended with status ${code}`)));
      this.on('error', (problem: DebugProtocol.Event) => reject(new Error(String(problem.body))));
    });
    // Whoever waits for something hears of it; if nobody waits, nothing is lost.
    this.failed.catch(() => undefined);
    this.start(this.child.stdout, this.child.stdin);
  }

  onEvent(listener: EventListener): void {
    this.eventListeners.add(listener);
  }

  /** Sends a request; resolves with the response's body, rejects with its message. */
  request<T>(command: string, args: object = {}): Promise<T> {
    const answered = new Promise<T>((resolve, reject) =>
      this.sendRequest(command, args, RESPONSE_TIMEOUT, (response) => {
        if (response.success) resolve(response.body);
        else reject(new Error(response.body?.error?.format ?? response.message ?? `${command} failed`));
      }),
    );
    return Promise.race([answered, this.failed]);
  }

  /** The next event with one of these names, including those that came since the last call. */
  nextEvent(...names: string[]): Promise<DebugProtocol.Event> {
    const at = this.queued.findIndex((event) => names.includes(event.event));
    if (at >= 0) return Promise.resolve(this.queued.splice(0, at + 1)[at]);
    this.queued.length = 0;
    const came = new Promise<DebugProtocol.Event>((resolve) => {
      const listener: EventListener = (event) => {
        if (!names.includes(event.event)) return;
        this.eventListeners.delete(listener);
        this.queued.length = 0;
        resolve(event);
      };
      this.eventListeners.add(listener);
    });
    return Promise.race([came, this.failed]);
  }

  /** Ends the adapter. */
  close(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }

  override handleMessage(message: DebugProtocol.ProtocolMessage): void {
    if (message.type !== 'event') {
      super.handleMessage(message);
      return;
    }
    const event = message as DebugProtocol.Event;
    this.queued.push(event);
    for (const listener of [...this.eventListeners]) listener(event);
  }
}
