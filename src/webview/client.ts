/** Requests to the debug session, by way of the host: each promise settles when the answer with its id arrives. */
import type {
  HostMessage,
  PageMessage,
  PanelCommand,
  PanelRequest,
  PanelRequests,
} from '../protocol/panel-messages.ts';

type Answer = Extract<HostMessage, { type: 'response' | 'failure' }>;

export class Client {
  private nextId = 1;
  private readonly pending = new Map<number, (answer: Answer) => void>();

  constructor(private readonly post: (message: PageMessage) => void) {}

  /** Asks the session. Rejects with an Error whose message can be shown to the user. */
  request<C extends PanelCommand>(command: C, args: PanelRequests[C]['arguments']): Promise<PanelRequests[C]['body']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, (answer) => {
        if (answer.type === 'failure') reject(new Error(answer.message));
        // The host answers a command with that command's body; ids pair the two.
        else resolve(answer.body as PanelRequests[C]['body']);
      });
      // TypeScript does not see that command and arguments belong together when C is a type parameter.
      this.post({ type: 'request', id, command, arguments: args } as PanelRequest);
    });
  }

  /** Passes on an answer from the host. */
  settle(answer: Answer): void {
    const settle = this.pending.get(answer.id);
    this.pending.delete(answer.id);
    settle?.(answer);
  }

  /** Fails everything that is still open: the session it was meant for is no longer shown. */
  abandon(): void {
    const open = [...this.pending];
    this.pending.clear();
    for (const [id, settle] of open) settle({ type: 'failure', id, message: 'The session has ended.' });
  }
}
