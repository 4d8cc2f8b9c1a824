import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { click, hasBrowser, panelText, screenshot, text, until } from './browser.ts';
import { endSession, frames, openFile, session, stopAfter, watchStops } from './debug-session.ts';

export function starting(): void {
  describe('A session in VS Code', () => {
    let watching: vscode.Disposable;
    const folder = () => vscode.workspace.workspaceFolders![0];
    const launch = (attributes: object) =>
      vscode.debug.startDebugging(folder(), { type: 'mpx', request: 'launch', name: 'a program', ...attributes });

    before(() => {
      watching = watchStops();
    });
    afterEach(endSession);
    after(() => watching.dispose());

    it('starts with F5 in an assembly source', async () => {
      await openFile('asm/check.s');
      const stop = await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.start'));
      assert.match(stop.text ?? '', /Upper bound violation/);
      assert.match((await frames())[0].source?.name ?? '', /check\.s/);
      assert.match(session().configuration.program, /asm\/check\.s$/);
      await screenshot('assembly');
    });

    it('starts with F5 when the program itself is open', async function () {
      if (!hasBrowser) return this.skip();
      const [program] = await vscode.workspace.findFiles('bin/check');
      await vscode.commands.executeCommand('vscode.open', program);
      await stopAfter(async () => {
        void vscode.commands.executeCommand('workbench.action.debug.start');
        // A file that is no text has no language that would tell VS Code which debugger it is for.
        await until('the choice of debuggers', async () =>
          /MPX/.test((await text('.quick-input-list .monaco-list-row'))[0] ?? ''),
        );
        await click('.quick-input-list .monaco-list-row');
      });
      assert.equal(session().configuration.program, program.fsPath);
    });

    it('lets the user pick the program that a configuration leaves open', async function () {
      if (!hasBrowser) return this.skip();
      await stopAfter(async () => {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's.
        void launch({ program: '${command:PickProgram}', stopOnEntry: true });
        const lost = '.quick-input-list .monaco-list-row[aria-label^="lost"]';
        await until('the choice of programs', async () => (await text(lost)).length > 0);
        await click(lost);
      });
      assert.match(session().configuration.program, /bin\/lost$/);
    });

    it('runs beside another, and the panel shows the one that has the focus', async () => {
      await stopAfter(() => launch({ name: 'first', program: 'bin/tables', stopOnEntry: true }));
      const first = session();
      await stopAfter(() => launch({ name: 'second', program: 'bin/lost', stopOnEntry: true }));
      assert.equal(session().id, first.id, 'VS Code leaves the focus where it is');
      await vscode.commands.executeCommand('mpx-debug.openTables');
      if (hasBrowser)
        await until('its name', async () => /^first:\s+stopped/.test((await panelText('.phase'))[0] ?? ''));
      await vscode.debug.stopDebugging(first);
      await until('the second session', () => vscode.debug.activeDebugSession?.name === 'second');
      if (hasBrowser)
        await until('its name', async () => /^second:\s+stopped/.test((await panelText('.phase'))[0] ?? ''));
      await screenshot('second-session');
    });

    it('stops at the entry if asked to, and starts anew', async () => {
      const stop = await stopAfter(() => launch({ program: 'bin/check', stopOnEntry: true }));
      assert.equal(stop.reason, 'entry');
      const again = await stopAfter(() => vscode.commands.executeCommand('workbench.action.debug.restart'));
      assert.equal(again.reason, 'entry');
    });

    it('goes on behind a check that is skipped, of which the program then hears nothing', async () => {
      const output: string[] = [];
      const tracker = vscode.debug.registerDebugAdapterTrackerFactory('mpx', {
        createDebugAdapterTracker: () => ({
          onDidSendMessage: (message) => {
            if (message.event === 'output') output.push(message.body.output);
          },
        }),
      });
      await stopAfter(() => launch({ program: 'bin/heap-overflow.O0' }));
      await vscode.commands.executeCommand('mpx-debug.skipCheck');
      await until('the end', () => vscode.debug.activeDebugSession === undefined);
      tracker.dispose();
      assert.match(output.join(''), /abcdefghij/);
      assert.doesNotMatch(output.join(''), /Saw a #BR/);
    });

    it('shows the output in a terminal if asked to', async () => {
      await launch({ program: 'bin/plain', console: 'integratedTerminal' });
      await until('the terminal', () => vscode.window.terminals.some(({ name }) => name === 'a program'));
      if (!hasBrowser) return;
      await until('the output', async () => (await text('.xterm-rows')).join('\n').includes('unnoticed: MPX is off'));
      await screenshot('terminal');
    });

    it('does not start with a program that is not there, or is none', async () => {
      // What VS Code shows then is a dialog, which it refuses to show in tests.
      for (const program of ['bin/nothing', 'heap-overflow.c']) {
        const started = await launch({ program }).then(undefined, () => false);
        assert.equal(started, false, program);
        assert.equal(vscode.debug.activeDebugSession, undefined);
      }
    });
  });
}
