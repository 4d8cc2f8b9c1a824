/** Commands of the context menu of variables and of the view "MPX". */
import * as vscode from 'vscode';
import { goToMoment } from '../panel/go-to-moment.ts';
import { openMemory, openSource } from '../panel/open-places.ts';
import type { Sessions } from '../sessions.ts';
import type { TreeNode } from './mpx-tree-model.ts';

/** What VS Code hands to commands of `debug/variables/context`. */
interface VariableContext {
  variable?: { name: string; evaluateName?: string };
}

export function registerVariableCommands(sessions: Sessions): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('mpx-debug.viewBounds', (context?: VariableContext) =>
      viewBounds(sessions, context?.variable?.evaluateName),
    ),
    vscode.commands.registerCommand('mpx-debug.openBoundsMemory', async (node?: TreeNode) => {
      if (sessions.shown && node?.address) await openMemory(sessions.shown, node.address);
    }),
    vscode.commands.registerCommand('mpx-debug.openSource', openSource),
    vscode.commands.registerCommand('mpx-debug.goToMoment', async (node?: TreeNode) => {
      if (sessions.shown && node?.instruction) await goToMoment(sessions.shown, node.instruction);
    }),
  );
}

/** Tells the bounds that are stored for a pointer variable, and offers the panel with its table. */
async function viewBounds(sessions: Sessions, expression: string | undefined): Promise<void> {
  const session = sessions.shown;
  if (!session) return void vscode.window.showInformationMessage(vscode.l10n.t('No MPX program is being debugged.'));
  if (!expression)
    return void vscode.window.showInformationMessage(
      vscode.l10n.t('This is no variable of the program: it has no bounds.'),
    );
  const item = vscode.debug.activeStackItem;
  const frameId = item instanceof vscode.DebugStackFrame && item.session.id === session.id ? item.frameId : undefined;
  try {
    const answer = await session.customRequest('evaluate', {
      expression: `show mpx bound ${expression}`,
      context: 'repl',
      frameId,
    });
    const show = vscode.l10n.t('Show MPX Tables');
    if ((await vscode.window.showInformationMessage(`${expression}: ${answer.result}`, show)) === show)
      await vscode.commands.executeCommand('mpx-debug.openTables');
  } catch (error) {
    void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
  }
}
