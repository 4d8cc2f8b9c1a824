/** Shows what is wrong with assembly sources in the Problems view, from a launch to the next. */
import * as vscode from 'vscode';
import type { ProblemsEvent } from '../protocol/problems.ts';
import { DEBUG_TYPE } from './sessions.ts';

const SEVERITIES = { error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning };

export class Problems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('mpx-assembler');
  private readonly listener = vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
    if (session.type === DEBUG_TYPE && event === 'mpx/problems') this.show(body as ProblemsEvent);
  });

  private show({ problems }: ProblemsEvent): void {
    this.collection.clear();
    for (const file of new Set(problems.map((problem) => problem.file)))
      this.collection.set(vscode.Uri.file(file), problems.filter((problem) => problem.file === file).map(diagnostic));
  }

  dispose(): void {
    vscode.Disposable.from(this.collection, this.listener).dispose();
  }
}

function diagnostic({
  line,
  column,
  endColumn,
  severity,
  message,
}: ProblemsEvent['problems'][number]): vscode.Diagnostic {
  const range = new vscode.Range(line - 1, column - 1, line - 1, endColumn - 1);
  const made = new vscode.Diagnostic(range, message, SEVERITIES[severity]);
  made.source = 'MPX assembler';
  return made;
}
