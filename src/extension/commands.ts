/** The commands of category "MPX". */
import * as vscode from 'vscode';
import { nodeFiles } from './configuration/node-files.ts';
import { chooseProgram, pickProgram } from './configuration/pick-program.ts';
import { completeConfiguration } from './configuration/resolve.ts';
import type { Sessions } from './sessions.ts';

export function registerCommands(sessions: Sessions): vscode.Disposable {
  /** Sends a custom request about the focused thread to the session; a refusal is shown as it was worded. */
  const ask = async (command: string, more: object = {}) => {
    const session = sessions.shown;
    if (!session) return void vscode.window.showInformationMessage('No MPX program is being debugged.');
    const focused = vscode.debug.activeStackItem;
    try {
      const threadId = focused?.session.id === session.id ? focused.threadId : undefined;
      await session.customRequest(command, threadId === undefined ? more : { threadId, ...more });
    } catch (error) {
      void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
    }
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('mpx-debug.openTables', async () => {
      await markUsed();
      await vscode.commands.executeCommand('mpx-debug.tables.focus');
    }),
    vscode.commands.registerCommand('mpx-debug.stepIntoKernel', () => ask('mpx/stepIntoKernel')),
    vscode.commands.registerCommand('mpx-debug.skipCheck', () => ask('mpx/skipCheck')),
    vscode.commands.registerCommand('mpx-debug.stepBackInto', () => ask('mpx/stepBackInto')),
    vscode.commands.registerCommand('mpx-debug.stepBackOut', () => ask('mpx/stepBackOut')),
    vscode.commands.registerCommand('mpx-debug.goToInstruction', async () => {
      const instruction = await vscode.window.showInputBox({
        title: 'Go to Instruction',
        prompt: 'Number of instructions that the program had executed, as the event list tells them.',
        validateInput: (text) => (/^[\d,]+$/.test(text) ? undefined : 'A number is needed.'),
      });
      if (instruction) await ask('mpx/goToInstruction', { instruction });
    }),
    vscode.commands.registerCommand('mpx-debug.startNewFuture', async () => {
      const start = 'Start a New Future';
      const answer = await vscode.window.showWarningMessage(
        'The next change of a register or of memory at this moment starts a new future: what was recorded after it is lost then.',
        { modal: true },
        start,
      );
      if (answer === start) await ask('mpx/startNewFuture');
    }),
    vscode.commands.registerCommand('mpx-debug.pickProgram', pickProgram),
    vscode.commands.registerCommand('mpx-debug.debugFile', debugFile),
  );
}

/** The panel's view exists from the first use on, so that it does not stand in the way of people who never debug MPX. */
export async function markUsed(): Promise<void> {
  await vscode.commands.executeCommand('setContext', 'mpx-debug.used', true);
}

/** Debugs a program, or the one that belongs to a source: of the explorer (`uri`) or of the active editor. */
async function debugFile(uri?: vscode.Uri): Promise<void> {
  const file = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (file?.scheme !== 'file') return void vscode.window.showInformationMessage('Open a program or its source first.');
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const resolution = await completeConfiguration(
    {},
    { folder: folder?.uri.fsPath, activeFile: file.fsPath },
    nodeFiles,
  );
  if (resolution.kind === 'problem') return void vscode.window.showErrorMessage(resolution.message);
  const program = resolution.kind === 'choice' ? await chooseProgram(resolution.programs) : undefined;
  if (resolution.kind === 'choice' && program === undefined) return;
  const configuration = resolution.kind === 'choice' ? resolution.withProgram(program!) : resolution.configuration;
  await vscode.debug.startDebugging(folder, configuration);
}
