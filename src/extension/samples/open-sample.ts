/** "MPX: Open Sample": copies the samples into a folder of the user's, with a launch.json, and opens it. */
import * as vscode from 'vscode';
import { launchJson, SAMPLE_FILES, SAMPLES } from './catalogue.ts';

const FOLDER = 'mpx-samples';

/** What each sample shows, for the choice. */
const shows = (name: string): string =>
  ({
    'heap-overflow': vscode.l10n.t('one byte written past a heap block'),
    'stack-array': vscode.l10n.t('one element read past a local array'),
    'linked-list': vscode.l10n.t('bounds of pointers in memory, which live in bounds tables'),
    narrowing: vscode.l10n.t('an overflow inside an object, caught by narrowed bounds'),
    'table-storm': vscode.l10n.t('many bounds tables, made and freed by the kernel'),
    'legacy-call': vscode.l10n.t('bounds lost in a function without MPX'),
    heartbeat: vscode.l10n.t('a trusted length, as in a well-known TLS bug'),
    race: vscode.l10n.t('two threads swap pointers without a lock'),
    check: vscode.l10n.t('assembly: checks, and a handler that reads the bounds'),
    tables: vscode.l10n.t('assembly: BNDSTX and BNDLDX, tables made and freed'),
    lost: vscode.l10n.t('assembly: how bounds get lost'),
    plain: vscode.l10n.t('assembly: a program that never turns MPX on'),
  })[name] ?? '';

/**
 * Asks for a sample and a place, unless they are given, and opens the copy: in this window if nothing is open in it. Files that
 * are there already stay as they are: the user may have changed them.
 */
export async function openSample(extensionUri: vscode.Uri, sample?: string, parent?: vscode.Uri): Promise<void> {
  const name = sample ?? (await chooseSample());
  if (name === undefined) return;
  const place = parent ?? (await choosePlace());
  if (!place) return;
  const folder = vscode.Uri.joinPath(place, FOLDER);
  try {
    await copySamples(extensionUri, folder, name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return void vscode.window.showErrorMessage(
      vscode.l10n.t('The samples cannot be written to {0}: {1}', folder.fsPath, reason),
    );
  }
  const forceNewWindow = (vscode.workspace.workspaceFolders ?? []).length > 0;
  await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow });
}

export async function copySamples(extensionUri: vscode.Uri, folder: vscode.Uri, first: string): Promise<void> {
  const { fs } = vscode.workspace;
  for (const file of SAMPLE_FILES) {
    const target = vscode.Uri.joinPath(folder, file);
    if (await exists(target)) continue;
    await fs.writeFile(target, await fs.readFile(vscode.Uri.joinPath(extensionUri, 'samples', file)));
  }
  const launch = vscode.Uri.joinPath(folder, '.vscode', 'launch.json');
  if (!(await exists(launch))) await fs.writeFile(launch, new TextEncoder().encode(launchJson(first)));
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

async function chooseSample(): Promise<string | undefined> {
  const chosen = await vscode.window.showQuickPick(
    SAMPLES.map(({ name }) => ({ label: name, description: shows(name) })),
    { title: vscode.l10n.t('Which sample do you want to debug first?'), matchOnDescription: true },
  );
  return chosen?.label;
}

async function choosePlace(): Promise<vscode.Uri | undefined> {
  const [place] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Where shall the folder {0} be made?', FOLDER),
      openLabel: vscode.l10n.t('Make It Here'),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return place;
}
