import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  breakpointClick,
  click,
  hasBrowser,
  hoverWord,
  press,
  screenshot,
  sideBarEdge,
  text,
  until,
} from './browser.ts';
import { endSession, frames, lineOf, openFile, scopeVariables, stopAfter, watchStops } from './debug-session.ts';

/** A value with bounds behind it, as Variables and hovers show it. */
const BOUNDED = /0x[0-9a-f]+.* → \[0x[0-9a-f]+, 0x[0-9a-f]+\] \d+ bytes/;

/** Opens a scope in Variables, if it is closed; the view is made wide enough to read. */
async function showVariables(scope: string): Promise<void> {
  await sideBarEdge(560);
  await vscode.commands.executeCommand('workbench.debug.action.focusVariablesView');
  const row = `.debug-variables .monaco-list-row[aria-label*="${scope}"]`;
  await until(`the scope ${scope}`, async () => (await text(row)).length > 0);
  if ((await text(`${row}[aria-expanded="true"]`)).length === 0) await click(row);
}

/** What a user of VS Code does with a C program: by mouse and keyboard where there is a browser. */
export function cLevel(): void {
  describe('C programs in VS Code', () => {
    const watching: vscode.Disposable[] = [];

    before(() => void watching.push(watchStops()));
    afterEach(async () => {
      await endSession();
      vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    });
    after(() => {
      for (const watch of watching) watch.dispose();
    });

    /** Opens a sample, sets a breakpoint at the line with `marker` by a click, and starts the program made without optimising. */
    async function stopAt(sample: string, marker: string): Promise<void> {
      const editor = await openFile(`${sample}.c`);
      const line = lineOf(editor, marker);
      editor.revealRange(new vscode.Range(line - 1, 0, line - 1, 0), vscode.TextEditorRevealType.InCenter);
      if (hasBrowser)
        await until('the line in the view', async () => (await text('.view-line')).join('').includes(marker));
      if (hasBrowser) await breakpointClick(line);
      else
        vscode.debug.addBreakpoints([
          new vscode.SourceBreakpoint(new vscode.Location(editor.document.uri, new vscode.Position(line - 1, 0))),
        ]);
      await until('the breakpoint', () =>
        vscode.debug.breakpoints.some(
          (one) => one instanceof vscode.SourceBreakpoint && one.location.range.start.line === line - 1,
        ),
      );
      const folder = vscode.workspace.getWorkspaceFolder(editor.document.uri);
      const [program] = await vscode.workspace.findFiles(`**/${sample}.O0`, undefined, 1);
      const stop = await stopAfter(() =>
        vscode.debug.startDebugging(folder, {
          type: 'mpx',
          request: 'launch',
          name: sample,
          program: program.fsPath,
        }),
      );
      assert.equal(stop.reason, 'breakpoint');
      assert.equal((await frames())[0].line, line);
    }

    /** The text of the hover over `word` on the line with `marker`. */
    async function hover(marker: string, word: string): Promise<string> {
      await hoverWord(marker, word);
      return until('the hover', async () => (await text('.debug-hover-widget')).find((one) => one.includes('0x')));
    }

    it('stop at a breakpoint that was clicked; pointers have their bounds in the hover and in Variables (heap-overflow)', async () => {
      await stopAt('heap-overflow', 'text[i] =');
      assert.deepEqual(
        (await frames()).slice(0, 2).map(({ name }) => name),
        ['fill', 'main'],
      );
      const [pointer] = await scopeVariables(/Arguments/);
      assert.equal(pointer.name, 'text');
      assert.match(pointer.value, BOUNDED);
      assert.match(pointer.value, /\] 10 bytes, \+0/);
      if (!hasBrowser) return;
      await showVariables('Arguments');
      await until('the variable in the view', async () =>
        (await text('.debug-variables .monaco-list-row')).some((row) => /text/.test(row) && BOUNDED.test(row)),
      );
      await until('the frames in the view', async () =>
        (await text('.debug-call-stack .monaco-list-row')).some((row) => row.includes('fill')),
      );
      assert.match(await hover('text[i] =', 'text'), BOUNDED);
      await screenshot('c-hover');
    });

    it('are stepped by line to the violation, which names the expression (heap-overflow)', async () => {
      await stopAt('heap-overflow', 'char *text = malloc');
      await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.stepOver'));
      await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.stepInto'));
      assert.equal((await frames())[0].name, 'fill');
      await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.stepOut'));
      const stop = await until('the violation', async () => (await frames())[0].name);
      assert.equal(stop, 'fill');
      if (!hasBrowser) return;
      const told = await until('the exception', async () =>
        (await text('.exception-widget')).find((one) => one.includes('text[i]') || one.includes('text[10]')),
      );
      assert.match(told, /1 byte past/);
      await screenshot('c-violation');
    });

    it('show lists through their pointers, each with its bounds (linked-list)', async () => {
      await stopAt('linked-list', 'struct node *rest');
      assert.deepEqual(
        (await frames()).slice(0, 2).map(({ name }) => name),
        ['reverse', 'main'],
      );
      const head = (await scopeVariables(/Arguments/)).find(({ name }) => name === 'head');
      assert.match(head?.value ?? '', BOUNDED);
      if (!hasBrowser) return;
      assert.match(await hover('struct node *rest', 'head'), BOUNDED);
      await screenshot('c-hover-list');
      await press('Escape');
      await showVariables('Arguments');
      await showVariables('Locals');
      await click('.debug-variables .monaco-list-row[aria-label*="head"] .monaco-tl-twistie');
      await until('the members', async () =>
        (await text('.debug-variables .monaco-list-row')).some((row) => row.includes('payload')),
      );
      await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.stepOver'));
      await until('the value', async () =>
        (await text('.debug-variables .monaco-list-row')).some((row) => /^rest\b.*0x[0-9a-f]+/s.test(row)),
      );
      await screenshot('c-variables');
    });
  });
}
