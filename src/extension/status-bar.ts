/** The status bar item of an MPX session: is MPX on, and if not, why. */
import * as vscode from 'vscode';
import type { OverviewResponse } from '../protocol/panel.ts';
import type { Sessions } from './sessions.ts';
import { statusText } from './status-text.ts';

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('mpx-debug.status', vscode.StatusBarAlignment.Left, 10);
  private readonly disposables: vscode.Disposable[];
  private reading = 0;

  constructor(private readonly sessions: Sessions) {
    this.item.name = 'MPX';
    this.item.command = 'mpx-debug.openTables';
    this.disposables = [
      this.item,
      sessions.onDidChangeShown(() => void this.update()),
      sessions.onDidChange(({ session }) => {
        if (session.id === sessions.shown?.id) void this.update();
      }),
      sessions.onDidEnd(() => void this.update()),
    ];
    void this.update();
  }

  private async update(): Promise<void> {
    const session = this.sessions.shown;
    const reading = ++this.reading;
    if (!session) return this.item.hide();
    const change = this.sessions.lastChange(session);
    let overview: OverviewResponse | undefined;
    if (change && !change.running) {
      try {
        overview = await session.customRequest('mpx/overview', {});
      } catch {
        // The session is just ending; the next event hides the item.
      }
      if (reading !== this.reading) return;
    }
    const { text, tooltip, accessible } = statusText(change, overview);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: accessible };
    this.item.show();
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
