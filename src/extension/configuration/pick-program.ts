/** Choosing a program: among some that come into question, or any. */
import path from 'node:path';
import * as vscode from 'vscode';
import { activeFile } from './active-file.ts';
import { nodeFiles } from './node-files.ts';
import { programsBelow, programsFor } from './program-lookup.ts';

interface ProgramItem extends vscode.QuickPickItem {
  program: string | undefined;
}

function itemFor(program: string): ProgramItem {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(program));
  const directory = path.dirname(program);
  return {
    program,
    label: path.basename(program),
    description: folder ? path.relative(folder.uri.fsPath, directory) : directory,
  };
}

/** Lets the user choose one of `programs`; undefined if they do not. */
export async function chooseProgram(programs: string[]): Promise<string | undefined> {
  const chosen = await vscode.window.showQuickPick(programs.map(itemFor), {
    title: 'Which program do you want to debug?',
    matchOnDescription: true,
  });
  return chosen?.program;
}

/** Offers what belongs to the open file first, then all programs of the workspace, then any file. */
export async function pickProgram(): Promise<string | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
  const items = async (): Promise<ProgramItem[]> => {
    const open = activeFile();
    const near = open
      ? await programsFor(
          nodeFiles,
          open,
          folders.find((folder) => open.startsWith(folder + path.sep)),
        )
      : [];
    const below = (await Promise.all(folders.map((folder) => programsBelow(nodeFiles, folder)))).flat();
    return [
      ...[...new Set([...near, ...below])].map(itemFor),
      { program: undefined, label: '$(folder-opened) Browse…', alwaysShow: true },
    ];
  };
  const chosen = await vscode.window.showQuickPick(items(), {
    title: 'Which program do you want to debug?',
    placeHolder: 'x86-64 ELF programs of this workspace',
    matchOnDescription: true,
  });
  if (!chosen || chosen.program) return chosen?.program;
  const [file] =
    (await vscode.window.showOpenDialog({ title: 'Program to debug', openLabel: 'Debug', canSelectMany: false })) ?? [];
  return file?.fsPath;
}
