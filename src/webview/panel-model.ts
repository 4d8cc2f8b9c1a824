/** What the page knows of the session it shows, free of UI: messages in, next model out. */

import type { OverviewResponse } from '../protocol/panel.ts';
import type { HostMessage, PanelSession } from '../protocol/panel-messages.ts';

/**
 * none: no session. starting: nothing heard of it yet. ended: the session is gone, what is shown is its last state;
 * exited: the program is over, but can still be asked about.
 */
export type Phase = 'none' | 'starting' | 'running' | 'stopped' | 'exited' | 'ended';

export interface PanelModel {
  session: PanelSession | undefined;
  phase: Phase;
  /** Grows whenever what has been read may be stale. */
  revision: number;
  overview: OverviewResponse | undefined;
  /** Why the overview could not be read. */
  failure: string | undefined;
}

export type ModelMessage =
  | Extract<HostMessage, { type: 'session' | 'ended' | 'changed' }>
  | { type: 'overview'; overview: OverviewResponse }
  | { type: 'overview-failed'; message: string };

export const emptyModel: PanelModel = {
  session: undefined,
  phase: 'none',
  revision: 0,
  overview: undefined,
  failure: undefined,
};

/** The model after `message`. Messages about other sessions than the shown one change nothing. */
export function reduce(model: PanelModel, message: ModelMessage): PanelModel {
  switch (message.type) {
    case 'session':
      if (message.session?.id === model.session?.id) return model;
      return {
        ...emptyModel,
        session: message.session,
        phase: message.session ? 'starting' : 'none',
        revision: model.revision + 1,
      };
    case 'ended':
      return message.session === model.session?.id ? { ...model, phase: 'ended' } : model;
    case 'changed': {
      if (message.session !== model.session?.id || model.phase === 'ended') return model;
      const { reason, running } = message.event;
      const phase =
        reason === 'exited' ? 'exited' : running ? 'running' : model.phase === 'exited' ? 'exited' : 'stopped';
      // Going on changes nothing yet; the next stop tells.
      return { ...model, phase, revision: reason === 'running' ? model.revision : model.revision + 1 };
    }
    case 'overview': {
      const { overview } = message;
      const seen: Phase = overview.exited ? 'exited' : overview.running ? 'running' : 'stopped';
      const phase = model.phase === 'starting' ? seen : model.phase;
      return { ...model, phase, overview, failure: undefined };
    }
    case 'overview-failed':
      return model.phase === 'ended' ? model : { ...model, failure: message.message };
  }
}
