import * as vscode from 'vscode';
import type { Sessions } from './sessions.ts';

/** Keeps the context key `mpx-debug.atViolation`, which decides whether "Skip This Check and Go On" is offered. */
export class ViolationContext implements vscode.Disposable {
  private readonly disposables: vscode.Disposable;

  constructor(sessions: Sessions) {
    const update = () => {
      const session = sessions.shown;
      const atViolation = session !== undefined && sessions.lastChange(session)?.atViolation === true;
      void vscode.commands.executeCommand('setContext', 'mpx-debug.atViolation', atViolation);
    };
    this.disposables = vscode.Disposable.from(
      sessions.onDidChangeShown(update),
      sessions.onDidChange(update),
      sessions.onDidEnd(update),
    );
  }

  dispose(): void {
    this.disposables.dispose();
  }
}
