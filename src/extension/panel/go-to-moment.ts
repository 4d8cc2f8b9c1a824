import * as vscode from 'vscode';

/** Takes the program of `session` to where it had executed `instruction` instructions; a refusal is shown as it was worded. */
export async function goToMoment(session: vscode.DebugSession, instruction: string): Promise<void> {
  try {
    await session.customRequest('mpx/goToInstruction', { instruction });
  } catch (error) {
    void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
  }
}
