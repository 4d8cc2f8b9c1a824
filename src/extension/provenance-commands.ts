/** Commands that ask where bounds and pointers come from; the answer may be another moment of the run. */
import * as vscode from 'vscode';
import type { BoundsHistoryResponse } from '../protocol/panel.ts';
import { DEBUG_TYPE, type Sessions } from './sessions.ts';

/** What VS Code hands to a command of the variables view's context menu. */
interface VariableContext {
  sessionId?: string;
  container?: { variablesReference?: number };
  variable?: { name: string };
}

/** Whose bounds a request means (src/dap/provenance-requests.ts). */
type Subject = { expression: string } | { variablesReference: number; name: string } | Record<string, never>;

const REGISTERS = ['bnd0', 'bnd1', 'bnd2', 'bnd3'];

/** The bound registers with what they hold; undefined if the user chooses none. */
async function pickRegister(session: vscode.DebugSession): Promise<Subject | undefined> {
  const items = await Promise.all(
    REGISTERS.map(async (expression) => {
      const { result } = await session.customRequest('evaluate', { expression, context: 'watch' });
      return { label: expression.toUpperCase(), description: String(result), expression };
    }),
  );
  const picked = await vscode.window.showQuickPick(items, { title: 'Whose bounds?' });
  return picked && { expression: picked.expression };
}

export function registerProvenanceCommands(sessions: Sessions): vscode.Disposable {
  /** Calls `work` with the session and what the command was called for; a refusal is shown as it was worded. */
  const command = (
    id: string,
    choose: (session: vscode.DebugSession) => Promise<Subject | undefined>,
    work: (session: vscode.DebugSession, subject: Subject) => Promise<void>,
  ) =>
    vscode.commands.registerCommand(id, async (context?: VariableContext) => {
      const session = sessions.shown;
      if (session?.type !== DEBUG_TYPE)
        return void vscode.window.showInformationMessage('No MPX program is being debugged.');
      const name = context?.variable?.name;
      const variablesReference = context?.container?.variablesReference;
      try {
        const subject =
          name !== undefined && variablesReference !== undefined ? { name, variablesReference } : await choose(session);
        if (subject) await work(session, subject);
      } catch (error) {
        void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
      }
    });
  /** Without a choice the failed check's register is meant. */
  const register = (session: vscode.DebugSession) =>
    sessions.lastChange(session)?.atViolation ? Promise.resolve({}) : pickRegister(session);
  const pointer = async (): Promise<Subject | undefined> => {
    const expression = await vscode.window.showInputBox({
      title: 'Go to Where This Pointer Was Last Stored',
      prompt: 'A pointer variable, or the address of one.',
    });
    return expression ? { expression } : undefined;
  };
  const go = (request: string) => async (session: vscode.DebugSession, subject: Subject) => {
    await session.customRequest(request, subject);
  };
  return vscode.Disposable.from(
    command('mpx-debug.goToBoundsMade', register, go('mpx/goToBoundsMade')),
    command('mpx-debug.goToBoundsLost', register, go('mpx/goToBoundsLost')),
    command('mpx-debug.goToPointerStored', pointer, go('mpx/goToPointerStored')),
    command('mpx-debug.boundsHistory', register, async (session, subject) => {
      const { title, lines }: BoundsHistoryResponse = await session.customRequest('mpx/boundsHistory', subject);
      vscode.debug.activeDebugConsole.appendLine([title, ...lines].join('\n'));
      await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
    }),
  );
}
