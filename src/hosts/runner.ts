/**
 * Drives a session from a host's event loop: hands messages in, sends messages out, and runs the program in slices short enough that
 * a message never waits long.
 */
import type { OutgoingMessage } from '../dap/messages.ts';
import type { Session } from '../dap/session.ts';

/** Time a slice should take. */
const SLICE_MS = 15;
const FIRST_BUDGET = 200_000;
const MIN_BUDGET = 20_000;
const MAX_BUDGET = 50_000_000;

export class SessionRunner {
  private scheduled = false;
  private closed = false;
  private budget = FIRST_BUDGET;

  /** `over` is called once the client has disconnected and the answer has been sent. */
  constructor(
    private readonly session: Session,
    private readonly send: (message: OutgoingMessage) => void,
    private readonly over: () => void,
  ) {}

  receive(message: unknown): void {
    if (this.closed) return;
    this.sendAll(this.session.handle(message));
    if (this.session.over) {
      this.close();
      this.over();
    } else this.schedule();
  }

  /** Nothing is run or sent any more. */
  close(): void {
    this.closed = true;
  }

  private schedule(): void {
    if (this.scheduled || this.closed || this.session.idle) return;
    this.scheduled = true;
    // Messages that have arrived in the meantime come first.
    setImmediate(() => {
      this.scheduled = false;
      this.slice();
    });
  }

  private slice(): void {
    if (this.closed || this.session.idle) return;
    const start = performance.now();
    this.sendAll(this.session.slice(this.budget));
    const took = performance.now() - start;
    const scale = Math.min(4, Math.max(0.25, SLICE_MS / Math.max(took, 0.1)));
    this.budget = Math.min(MAX_BUDGET, Math.max(MIN_BUDGET, Math.round(this.budget * scale)));
    this.schedule();
  }

  private sendAll(messages: OutgoingMessage[]): void {
    for (const message of messages) this.send(message);
  }
}
