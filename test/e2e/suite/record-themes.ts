/**
 * Records VS Code's theme variables as its webviews get them, for the tests of the panel's page:
 * `node test/e2e/run.js test/e2e/suite/record-themes.ts` writes test/webview/themes.json. To be done again when a style sheet
 * uses another variable. A variable that a theme does not have is null.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { panelTheme, until } from './browser.ts';

const THEMES = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'high-contrast': 'Default High Contrast',
  'high-contrast-light': 'Default High Contrast Light',
};

export async function run(): Promise<void> {
  await vscode.commands.executeCommand('mpx-debug.openTables');
  const used = usedVariables(path.join(PROJECT_ROOT, 'src/webview'));
  const recorded: Record<string, { bodyClass: string; variables: Record<string, string | null> }> = {};
  let last = '';
  for (const [name, theme] of Object.entries(THEMES)) {
    await vscode.workspace.getConfiguration('workbench').update('colorTheme', theme, vscode.ConfigurationTarget.Global);
    const { style, bodyClass } = await until(`theme ${theme}`, async () => {
      const now = await panelTheme();
      return now.style !== last && now;
    });
    last = style;
    const values = new Map(
      style.split(';').map((declaration) => {
        const colon = declaration.indexOf(':');
        return [declaration.slice(0, colon).trim(), declaration.slice(colon + 1).trim()] as const;
      }),
    );
    const variables = used.map((variable) => [variable, values.get(variable) ?? null] as const);
    recorded[name] = { bodyClass, variables: Object.fromEntries(variables) };
  }
  fs.writeFileSync(path.join(PROJECT_ROOT, 'test/webview/themes.json'), `${JSON.stringify(recorded, null, 1)}\n`);
}

/** Names of VS Code's variables in all style sheets below `folder`. */
function usedVariables(folder: string): string[] {
  const sheets = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.css'));
  const names = sheets.flatMap(
    (file) => fs.readFileSync(path.join(folder, file), 'utf8').match(/--vscode-[\w-]+/g) ?? [],
  );
  return [...new Set(names)].sort();
}
