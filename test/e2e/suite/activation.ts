import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { hasBrowser, panelText, screenshot, until } from './browser.ts';

export function activation(): void {
  describe('The extension in VS Code', () => {
    const extension = () => vscode.extensions.getExtension('mpx-debug.mpx-debug')!;

    it('is there and sleeps until somebody debugs', () => {
      assert.ok(extension());
      assert.equal(extension().isActive, false);
    });

    it('activates and registers its commands', async () => {
      await extension().activate();
      const commands = await vscode.commands.getCommands(true);
      for (const { command } of extension().packageJSON.contributes.commands)
        assert.ok(commands.includes(command), command);
    });

    it('knows assembly files', async () => {
      const [file] = await vscode.workspace.findFiles('**/*.s', undefined, 1);
      assert.equal((await vscode.workspace.openTextDocument(file)).languageId, 'asm');
    });

    it('says in the empty panel what to do', async () => {
      await vscode.commands.executeCommand('mpx-debug.openTables');
      if (!hasBrowser) return;
      const words = await until('the panel', async () => (await panelText('main'))[0]);
      assert.match(words, /press F5/);
      await screenshot('panel-empty');
    });
  });
}
