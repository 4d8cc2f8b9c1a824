/** Reads, at each stop, what the views beside the panel show of the session. */
import * as vscode from 'vscode';
import type { EventsRequest, EventsResponse } from '../../protocol/panel.ts';
import type { Sessions } from '../sessions.ts';
import type { MpxState } from './mpx-tree-model.ts';

/** Events shown; the panel has all. */
const NEWEST = 100;

export class MpxStates implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable;
  private reading = 0;
  /** Of the last stop; undefined without a session. */
  state: MpxState | undefined;
  running = false;

  constructor(private readonly sessions: Sessions) {
    this.disposables = vscode.Disposable.from(
      this.changed,
      sessions.onDidChangeShown(() => void this.read()),
      sessions.onDidChange(({ session }) => {
        if (session.id === sessions.shown?.id) void this.read();
      }),
      sessions.onDidEnd(() => void this.read()),
    );
  }

  private async read(): Promise<void> {
    const reading = ++this.reading;
    const session = this.sessions.shown;
    const change = session && this.sessions.lastChange(session);
    this.running = change?.running ?? false;
    if (!session) this.state = undefined;
    else if (change && !change.running) {
      const state = await readState(session);
      // Another change has come in the meantime: its reading is the one that counts.
      if (reading !== this.reading) return;
      if (state) this.state = state;
    }
    this.changed.fire();
  }

  dispose(): void {
    this.disposables.dispose();
  }
}

/** Undefined where the session is just ending. */
async function readState(session: vscode.DebugSession): Promise<MpxState | undefined> {
  try {
    const overview = await session.customRequest('mpx/overview', {});
    const [registers, findings, events] = await Promise.all([
      overview.exited ? undefined : session.customRequest('mpx/registers', {}),
      newest(session, true),
      newest(session, false),
    ]);
    return { overview, registers: registers?.registers, findings, events };
  } catch {
    return undefined;
  }
}

async function newest(session: vscode.DebugSession, findings: boolean): Promise<EventsResponse> {
  const page = (request: EventsRequest): Thenable<EventsResponse> => session.customRequest('mpx/events', request);
  const first = await page({ start: 0, count: NEWEST, findings });
  return first.total <= NEWEST ? first : page({ start: first.total - NEWEST, count: NEWEST, findings });
}
