import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { screenshot, until } from './browser.ts';
import { endSession, frames, lineOf, openFile, stopAfter, watchStops } from './debug-session.ts';

/** Steps after which a handler must have come to the allocation. */
const MANY = 60;

export function kernelSteps(): void {
  describe("The kernel's handler of a missing table in VS Code", () => {
    let watching: vscode.Disposable;

    before(() => {
      watching = watchStops();
    });
    after(async () => {
      vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
      await endSession();
      watching.dispose();
    });

    it('is led to by a breakpoint in a C source, of a configuration with a relative path', async () => {
      const editor = await openFile('linked-list.c');
      const line = lineOf(editor, 'n->next = head;');
      const location = new vscode.Location(editor.document.uri, new vscode.Position(line - 1, 0));
      vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location)]);
      const [folder] = vscode.workspace.workspaceFolders!;
      const configuration = { type: 'mpx', request: 'launch', name: 'linked-list', program: 'bin/linked-list.O0' };
      const stop = await stopAfter(() => vscode.debug.startDebugging(folder, configuration));
      assert.equal(stop.reason, 'breakpoint');
      const [top] = await frames();
      assert.equal(top.line, line);
    });

    it('is entered by the command, and stepped through to the allocation of the table', async () => {
      await stopAfter(() => vscode.commands.executeCommand('mpx-debug.stepIntoKernel'));
      for (let step = 0; step < MANY; step++) {
        const [{ name }] = await frames();
        if (/allocate_bt/.test(name)) break;
        await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.stepInto'));
      }
      const names = (await frames()).map(({ name }) => name).join(', ');
      assert.match(names, /allocate_bt.*mpx_handle_bd_fault.*do_bounds.*push.*main/);
      const source = await until('the source of allocate_bt', () => {
        const editor = vscode.window.activeTextEditor;
        return /allocate_bt/.test(editor?.document.getText() ?? '') && editor;
      });
      assert.equal(source.document.languageId, 'typescript');
      await vscode.commands.executeCommand('mpx-debug.openTables');
      await screenshot('kernel-allocation');
    });

    it('is left by stepping out, and the table is there', async () => {
      for (let step = 0; step < MANY && /^(allocate|mpx|do_)/.test((await frames())[0].name); step++)
        await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.stepOut'));
      assert.match((await frames())[0].name, /push/);
      const { rows } = await vscode.debug.activeDebugSession!.customRequest('mpx/tables', { start: 0, count: 10 });
      assert.ok(
        rows.some((row: { allocatedBy: string }) => /push/.test(row.allocatedBy)),
        JSON.stringify(rows),
      );
    });
  });
}
