import type { DebugProtocol } from '@vscode/debugprotocol';

/** A running debug session, wherever it lives. */
export interface SessionLink {
  send(message: DebugProtocol.ProtocolMessage): void;
  onMessage(listener: (message: DebugProtocol.ProtocolMessage) => void): void;
  /** The session is gone without having been asked to go; `reason` is for the user. */
  onLost(listener: (reason: string) => void): void;
  close(): void;
}
