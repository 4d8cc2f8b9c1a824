import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { click, hasBrowser, panelClick, panelText, press, screenshot, sideBarEdge, text, until } from './browser.ts';
import {
  endSession,
  frames,
  lineOf,
  openFile,
  scopeVariables,
  session,
  stopAfter,
  watchStops,
} from './debug-session.ts';

export function debugging(): void {
  describe('A bounds violation in VS Code', () => {
    const watching: vscode.Disposable[] = [];
    let violationLine = 0;

    before(() => void watching.push(watchStops()));
    after(async () => {
      await endSession();
      for (const watch of watching) watch.dispose();
    });

    it('is stopped at after F5, with nothing but the source open', async () => {
      const editor = await openFile('linked-list.c');
      violationLine = lineOf(editor, 'BREAK:');
      const stop = await stopAfter(async () => {
        // Of the two programs made of this source, the user takes the first.
        void pressF5();
        await until('the choice of programs', chooseFirst);
      });
      assert.equal(stop.reason, 'exception');
      assert.match(
        stop.text ?? stop.description ?? '',
        /Upper bound violation: (?:[\w>.[\]-]+: )?0x[0-9a-f]+ is 4 bytes past \[0x[0-9a-f]+, 0x[0-9a-f]+\]/,
      );
      const [top] = await frames();
      assert.match(top.name, /main/);
      assert.equal(top.line, violationLine);
      await until(
        'the line in the editor',
        () => vscode.window.activeTextEditor?.selection.active.line === violationLine - 1,
      );
    });

    it('is told of in the status bar: MPX is on', async function () {
      if (!hasBrowser) return this.skip();
      await until('the item', async () => (await text('.statusbar-item')).some((item) => item.includes('MPX on')));
    });

    it('has its details', async () => {
      const { threads } = await session().customRequest('threads');
      const info = await session().customRequest('exceptionInfo', { threadId: threads[0].id });
      assert.match(info.description, /Upper bound violation/);
    });

    it('shows the bounds in Variables', async () => {
      const variables = await scopeVariables(/MPX/);
      const bounds = variables.filter(({ name }) => /^bnd[0-3]$/i.test(name));
      assert.equal(bounds.length, 4);
      assert.ok(
        bounds.some(({ value }) => /\[0x[0-9a-f]+, 0x[0-9a-f]+\] 16 bytes/.test(value)),
        bounds.map(({ value }) => value).join('; '),
      );
      if (!hasBrowser) return;
      await sideBarEdge(520);
      await vscode.commands.executeCommand('workbench.debug.action.focusVariablesView');
      await click('.debug-variables .monaco-list-row[aria-label*="MPX"]');
      await until('the bounds in the view', async () =>
        (await text('.debug-variables .monaco-list-row')).some((row) => /bnd0/i.test(row)),
      );
      await screenshot('variables');
    });

    it('is told of in the view "MPX", beside its code and in its gutter', async function () {
      if (!hasBrowser) return this.skip();
      await vscode.commands.executeCommand('mpx-debug.state.focus');
      const rows = await until('the view', async () => {
        const found = await text('[id="workbench.view.debug"] .custom-view-tree-node-item');
        return found.some((row) => /^BND0/.test(row)) && found;
      });
      assert.ok(
        rows.some((row) => row.startsWith('MPX is on')),
        rows.join(' | '),
      );
      assert.ok(
        rows.some((row) => /BND\d.*\[0x[0-9a-f]+, 0x[0-9a-f]+\] 16 bytes/.test(row)),
        rows.join(' | '),
      );
      // The view is short: what lies below comes up when the bounds are folded.
      await click('.custom-view-tree-node-item:has-text("Bounds")');
      await until('the finding', async () =>
        (await text('[id="workbench.view.debug"] .custom-view-tree-node-item')).some((row) => /^Findings/.test(row)),
      );
      await until('the bounds behind the line', async () =>
        (await text('.view-line')).some((line) => /BND\d: \[0x[0-9a-f]+, 0x[0-9a-f]+\] 16 bytes/.test(line)),
      );
      await screenshot('mpx-view');
    });

    it('comes with a panel that shows the tables', async () => {
      await vscode.commands.executeCommand('mpx-debug.openTables');
      const { total, rows } = await session().customRequest('mpx/tables', { start: 0, count: 10 });
      assert.ok(total > 0);
      if (!hasBrowser) return;
      await until('the tables tab', async () => (await panelText('[role=tab]')).length === 4);
      await panelClick('#tab-tables');
      await panelClick('[role=grid] [role=row][aria-rowindex="2"]');
      const shown = await until(
        'the row',
        async () => (await panelText('[role=grid] [role=row][aria-rowindex="2"]'))[0],
      );
      assert.ok(shown.includes(rows[0].table), shown);
      await screenshot('panel-tables');
      await panelClick('#tab-map');
      await until('the map', async () => /have a table/.test((await panelText('.map .bar'))[0] ?? ''));
      await screenshot('panel-map');
      await panelClick('#tab-overview');
      await until('the checklist', async () => /MPX is enabled/.test((await panelText('h2'))[0] ?? ''));
      await screenshot('panel-overview');
    });

    it("goes on into the kernel's handler, with its frames and its source", async () => {
      await stopAfter(() => vscode.commands.executeCommand('mpx-debug.stepIntoKernel'));
      const kernel = await frames();
      assert.match(kernel.map(({ name }) => name).join(', '), /do_bounds.*main/);
      const source = await until('the source of the handler', () => {
        const editor = vscode.window.activeTextEditor;
        return editor?.document.uri.scheme === 'debug' && editor;
      });
      assert.match(source.document.getText(), /do_bounds/);
      assert.equal(source.selection.active.line, kernel[0].line - 1);
      await screenshot('kernel');
    });

    it('is reported by the program, which then ends', async () => {
      await vscode.commands.executeCommand('workbench.action.debug.continue');
      await until('the end', () => vscode.debug.activeDebugSession === undefined, 30_000);
      if (!hasBrowser) return;
      await vscode.commands.executeCommand('workbench.debug.action.toggleRepl');
      const output = await until('the output', async () => {
        const lines = (await text('.repl .monaco-list-row')).join('\n');
        return lines.includes('1000 nodes, 502500') && lines;
      });
      assert.match(output, /Saw a #BR!/);
      await screenshot('ended');
      await vscode.commands.executeCommand('mpx-debug.openTables');
      const phase = await until('the panel', async () => (await panelText('.phase'))[0]);
      assert.match(phase, /the session has ended; shown is its last state/);
      assert.match((await panelText('h2'))[0], /MPX is/);
      await screenshot('panel-ended');
    });
  });
}

async function pressF5(): Promise<void> {
  if (hasBrowser) await press('F5');
  else await vscode.commands.executeCommand('workbench.action.debug.start');
}

/** Takes the first item of the quick pick, once it is there. */
async function chooseFirst(): Promise<boolean> {
  if (hasBrowser) {
    const items = await text('.quick-input-list .monaco-list-row');
    if (!items.some((item) => item.includes('linked-list.O0'))) return false;
  } else await new Promise((resolve) => setTimeout(resolve, 2000));
  await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  return true;
}
