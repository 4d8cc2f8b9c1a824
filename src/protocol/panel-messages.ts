/**
 * Messages between the page "MPX Tables" and the extension that hosts it. The page asks (`request`, answered by `response` with
 * the same id) and wishes (`open-memory` …); the extension tells which session the page shows and when its data has changed.
 */
import type {
  ChangedEvent,
  EntriesRequest,
  EntriesResponse,
  EventsRequest,
  EventsResponse,
  Hex,
  MapResponse,
  OverviewResponse,
  TablesRequest,
  TablesResponse,
} from './panel.ts';

/** Custom requests the page may have passed on to the session: arguments and body by command. */
export interface PanelRequests {
  'mpx/overview': { arguments: Record<string, never>; body: OverviewResponse };
  'mpx/tables': { arguments: TablesRequest; body: TablesResponse };
  'mpx/map': { arguments: Record<string, never>; body: MapResponse };
  'mpx/entries': { arguments: EntriesRequest; body: EntriesResponse };
  'mpx/events': { arguments: EventsRequest; body: EventsResponse };
}
export type PanelCommand = keyof PanelRequests;

export const PANEL_COMMANDS: readonly PanelCommand[] = [
  'mpx/overview',
  'mpx/tables',
  'mpx/map',
  'mpx/entries',
  'mpx/events',
];

/** A request as it travels; `id` is unique within the life of a page. */
export type PanelRequest = {
  [C in PanelCommand]: { type: 'request'; id: number; command: C; arguments: PanelRequests[C]['arguments'] };
}[PanelCommand];

/** From the page to the extension. */
export type PageMessage =
  | { type: 'ready' }
  | PanelRequest
  | { type: 'open-memory'; address: Hex }
  | { type: 'open-source'; path: string; line: number }
  /** The program is to be taken to where it had executed so many instructions (decimal). */
  | { type: 'go-to-moment'; instruction: string }
  | { type: 'copy'; text: string }
  | { type: 'start-debugging' };

/** The session the page shows. */
export interface PanelSession {
  id: string;
  name: string;
}

/** From the extension to the page. */
export type HostMessage =
  | { type: 'session'; session: PanelSession | undefined }
  /** The session is over; what the page has is the last it will get. */
  | { type: 'ended'; session: string }
  | { type: 'changed'; session: string; event: ChangedEvent }
  | { type: 'response'; id: number; body: PanelRequests[PanelCommand]['body'] }
  | { type: 'failure'; id: number; message: string };

/** Whether `data`, received from the page, is one of its messages. The page is ours, but what it shows comes from a guest. */
export function isPageMessage(data: unknown): data is PageMessage {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false;
  const message = data as Record<string, unknown>;
  switch (message.type) {
    case 'ready':
    case 'start-debugging':
      return true;
    case 'request':
      return (
        typeof message.id === 'number' &&
        PANEL_COMMANDS.some((command) => command === message.command) &&
        typeof message.arguments === 'object' &&
        message.arguments !== null
      );
    case 'open-memory':
      return typeof message.address === 'string' && /^0x[0-9a-f]{1,16}$/i.test(message.address);
    case 'open-source':
      return typeof message.path === 'string' && Number.isInteger(message.line);
    case 'go-to-moment':
      return typeof message.instruction === 'string' && /^\d{1,20}$/.test(message.instruction);
    case 'copy':
      return typeof message.text === 'string';
    default:
      return false;
  }
}
