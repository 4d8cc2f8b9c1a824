/** The MPX sessions VS Code runs, and what each has last told about itself. */
import * as vscode from 'vscode';
import type { ChangedEvent } from '../protocol/panel.ts';

export const DEBUG_TYPE = 'mpx';

export class Sessions implements vscode.Disposable {
  private readonly alive = new Map<string, ChangedEvent | undefined>();
  private readonly disposables: vscode.Disposable[] = [];
  private current: vscode.DebugSession | undefined;
  private readonly shownEmitter = new vscode.EventEmitter<vscode.DebugSession | undefined>();
  private readonly changedEmitter = new vscode.EventEmitter<{ session: vscode.DebugSession; event: ChangedEvent }>();
  private readonly endedEmitter = new vscode.EventEmitter<vscode.DebugSession>();

  /** Another session is to be shown. */
  readonly onDidChangeShown = this.shownEmitter.event;
  /** A session's `mpx/changed`. */
  readonly onDidChange = this.changedEmitter.event;
  readonly onDidEnd = this.endedEmitter.event;

  constructor() {
    this.disposables.push(
      vscode.debug.onDidStartDebugSession((session) => {
        if (session.type !== DEBUG_TYPE) return;
        // Events may arrive before VS Code tells of the start.
        if (!this.alive.has(session.id)) this.alive.set(session.id, undefined);
        // Beside another session VS Code leaves the focus where it is; it tells when it moves.
        if (!this.shown || vscode.debug.activeDebugSession?.id === session.id) this.show(session);
      }),
      vscode.debug.onDidChangeActiveDebugSession((session) => {
        if (session && this.alive.has(session.id)) this.show(session);
      }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
        if (session.type !== DEBUG_TYPE || event !== 'mpx/changed') return;
        this.alive.set(session.id, body);
        this.changedEmitter.fire({ session, event: body });
      }),
      vscode.debug.onDidTerminateDebugSession((session) => {
        if (!this.alive.delete(session.id)) return;
        this.endedEmitter.fire(session);
      }),
    );
    const active = vscode.debug.activeDebugSession;
    if (active?.type === DEBUG_TYPE) {
      this.alive.set(active.id, undefined);
      this.current = active;
    }
  }

  /** The session that was shown last, perhaps over by now. */
  get last(): vscode.DebugSession | undefined {
    return this.current;
  }

  /** The session that the panel and the status bar show: the active one, or the last that was. Undefined once it has ended. */
  get shown(): vscode.DebugSession | undefined {
    return this.current && this.alive.has(this.current.id) ? this.current : undefined;
  }

  /** What the session last told of itself. */
  lastChange(session: vscode.DebugSession): ChangedEvent | undefined {
    return this.alive.get(session.id);
  }

  private show(session: vscode.DebugSession): void {
    if (this.current?.id === session.id) return;
    this.current = session;
    this.shownEmitter.fire(session);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables, this.shownEmitter, this.changedEmitter, this.endedEmitter).dispose();
  }
}
