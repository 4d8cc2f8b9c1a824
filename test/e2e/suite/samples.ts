import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { SAMPLE_FILES } from '../../../src/extension/samples/catalogue.ts';
import { until } from './browser.ts';
import { endSession, stopAfter, watchStops } from './debug-session.ts';

export function samples(): void {
  describe('The samples', () => {
    let parent = '';
    const watching: vscode.Disposable[] = [];

    before(() => {
      parent = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-samples-'));
      watching.push(watchStops());
    });
    after(async () => {
      await endSession();
      for (const watch of watching) watch.dispose();
      fs.rmSync(parent, { recursive: true, force: true });
    });

    it('are copied with a launch.json, and what the user has changed stays', async () => {
      const folder = path.join(parent, 'mpx-samples');
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, 'README.md'), 'mine');
      // Opening the folder would end this window, and the suite with it: the command does it last.
      void vscode.commands.executeCommand('mpx-debug.openSample', 'stack-array', vscode.Uri.file(parent));
      await until('launch.json', () => fs.existsSync(path.join(folder, '.vscode/launch.json')));
      for (const file of SAMPLE_FILES) assert.ok(fs.existsSync(path.join(folder, file)), file);
      assert.equal(fs.readFileSync(path.join(folder, 'README.md'), 'utf8'), 'mine');
    });

    it('stop at their violation by the configuration that was made for them', async () => {
      const folder = path.join(parent, 'mpx-samples');
      const { configurations } = JSON.parse(fs.readFileSync(path.join(folder, '.vscode/launch.json'), 'utf8'));
      const [first] = configurations;
      assert.equal(first.name, 'Debug stack-array');
      const program = first.program.replace(/^\$\{workspaceFolder\}/, folder);
      const stop = await stopAfter(() => vscode.debug.startDebugging(undefined, { ...first, program, cwd: folder }));
      assert.match(stop.text ?? '', /Upper bound violation/);
    });
  });
}
