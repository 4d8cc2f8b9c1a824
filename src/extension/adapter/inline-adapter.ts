/** A session as VS Code wants debug adapters that run inside an extension. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { SessionLink } from './session-link.ts';

export class InlineAdapter implements vscode.DebugAdapter {
  private readonly sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;

  /** `keeps`: whether a message of the session stays on this side. */
  constructor(
    private readonly link: SessionLink,
    keeps: (message: DebugProtocol.ProtocolMessage) => boolean = () => false,
  ) {
    link.onMessage((message) => {
      if (!keeps(message)) this.sent.fire(message);
    });
    link.onLost((reason) => {
      // Without `terminated`, VS Code would show a session that nobody answers for.
      this.tell('output', { category: 'important', output: `${reason}\n` });
      this.tell('terminated', {});
    });
  }

  handleMessage(message: vscode.DebugProtocolMessage): void {
    // VS Code hands over protocol messages; its own type says nothing about them.
    this.link.send(message as DebugProtocol.ProtocolMessage);
  }

  private tell(event: string, body: object): void {
    const message: DebugProtocol.Event = { seq: 0, type: 'event', event, body };
    this.sent.fire(message);
  }

  dispose(): void {
    this.link.close();
    this.sent.dispose();
  }
}
