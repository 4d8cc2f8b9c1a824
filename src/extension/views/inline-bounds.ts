/** Inline values: behind the line where the program stands, the bounds that its checks compare with. */
import * as vscode from 'vscode';
import type { ChecksResponse } from '../../protocol/panel.ts';
import { DEBUG_TYPE } from '../sessions.ts';

export class InlineBounds implements vscode.InlineValuesProvider {
  async provideInlineValues(
    document: vscode.TextDocument,
    _viewPort: vscode.Range,
    { frameId, stoppedLocation }: vscode.InlineValueContext,
  ): Promise<vscode.InlineValue[]> {
    const session = vscode.debug.activeDebugSession;
    if (session?.type !== DEBUG_TYPE) return [];
    try {
      const { checks }: ChecksResponse = await session.customRequest('mpx/checks', { frameId });
      return checks
        .filter(({ path }) => path === document.uri.fsPath)
        .map(({ text }) => new vscode.InlineValueText(document.lineAt(stoppedLocation.end.line).range, text));
    } catch {
      // The program has run on; the next stop asks again.
      return [];
    }
  }
}
