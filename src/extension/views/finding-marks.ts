/** Marks in the gutter of editors: lines where something was found in this run. */
import * as vscode from 'vscode';
import type { MpxStates } from './mpx-state.ts';

export class FindingMarks implements vscode.Disposable {
  private readonly type: vscode.TextEditorDecorationType;
  private readonly disposables: vscode.Disposable;

  constructor(
    extensionUri: vscode.Uri,
    private readonly states: MpxStates,
  ) {
    const color = new vscode.ThemeColor('editorError.foreground');
    this.type = vscode.window.createTextEditorDecorationType({
      gutterIconPath: vscode.Uri.joinPath(extensionUri, 'media', 'finding.svg'),
      gutterIconSize: 'contain',
      overviewRulerColor: color,
      overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
    this.disposables = vscode.Disposable.from(
      this.type,
      states.onDidChange(() => this.mark(vscode.window.visibleTextEditors)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => this.mark(editors)),
    );
  }

  private mark(editors: readonly vscode.TextEditor[]): void {
    const rows = this.states.state?.findings.rows ?? [];
    for (const editor of editors) {
      const texts = new Map<number, string[]>();
      for (const { source, text } of rows) {
        if (!source || source.path !== editor.document.uri.fsPath) continue;
        const line = source.line - 1;
        if (line >= editor.document.lineCount) continue;
        texts.set(line, [...(texts.get(line) ?? []), text]);
      }
      editor.setDecorations(
        this.type,
        [...texts].map(([line, found]) => ({
          range: editor.document.lineAt(line).range,
          hoverMessage: hover(found),
        })),
      );
    }
  }

  dispose(): void {
    this.disposables.dispose();
  }
}

/** Texts of the program are shown as text, whatever is in them. */
function hover(found: readonly string[]): vscode.MarkdownString {
  const message = new vscode.MarkdownString();
  for (const text of new Set(found)) message.appendText(`${text}\n`);
  return message;
}
