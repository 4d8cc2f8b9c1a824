/** Where the panel's rows lead: the memory view and source lines. */
import * as vscode from 'vscode';

const HEX_EDITOR = 'ms-vscode.hexeditor';

/** Opens VS Code's memory view, which is the hex editor, at `address`. */
export async function openMemory(session: vscode.DebugSession, address: string): Promise<void> {
  if (!vscode.extensions.getExtension(HEX_EDITOR)) {
    const install = 'Show Hex Editor';
    const answer = await vscode.window.showInformationMessage(
      "VS Code's memory view needs the extension Hex Editor.",
      install,
    );
    if (answer === install) await vscode.commands.executeCommand('workbench.extensions.search', `@id:${HEX_EDITOR}`);
    return;
  }
  // The address of a memory reference in VS Code's own file system of debuggees' memory.
  const uri = vscode.Uri.from({
    scheme: 'vscode-debug-memory',
    authority: session.id,
    path: `/${encodeURIComponent(address)}/memory.bin`,
    query: '?range=0:4096',
  });
  await vscode.commands.executeCommand('vscode.openWith', uri, 'hexEditor.hexedit', vscode.ViewColumn.Beside);
}

/** Opens a line of a source file; says so if the file is not there. */
export async function openSource(path: string, line: number): Promise<void> {
  try {
    const at = new vscode.Position(Math.max(0, line - 1), 0);
    await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: new vscode.Range(at, at) });
  } catch {
    void vscode.window.showWarningMessage(
      `There is no file ${path}: set "sourceMap" in launch.json to where the sources are.`,
    );
  }
}
