/** Messages of the Debug Adapter Protocol as the session sees them. Sequence numbers are given by the session. */
import type { DebugProtocol } from '@vscode/debugprotocol';

export type { DebugProtocol };

/** A message on its way to the client. */
export type OutgoingMessage = DebugProtocol.Response | DebugProtocol.Event;

/** A request that is one at least in form. */
export interface IncomingRequest {
  seq: number;
  command: string;
  arguments: unknown;
}

/** Reads a request out of whatever came in; undefined if it is none that could be answered. */
export function asRequest(message: unknown): IncomingRequest | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { seq, type, command, arguments: args } = message as Record<string, unknown>;
  if (type !== 'request' || typeof command !== 'string') return undefined;
  return { seq: typeof seq === 'number' && Number.isFinite(seq) ? seq : 0, command, arguments: args };
}
