/** Launch configurations: F5 without launch.json, relative paths, and what the debug menu offers by itself. */
import path from 'node:path';
import * as vscode from 'vscode';
import { activeFile } from './active-file.ts';
import { nodeFiles } from './node-files.ts';
import { chooseProgram, pickProgram } from './pick-program.ts';
import { programsBelow } from './program-lookup.ts';
import {
  completeConfiguration,
  finishConfiguration,
  isEmpty,
  type RawConfiguration,
  type Resolution,
} from './resolve.ts';

/** Programs offered without launch.json, at most. */
const OFFERED = 30;

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const situation = { folder: folder?.uri.fsPath, activeFile: activeFile() };
    return settle(await completeConfiguration(configuration, situation, nodeFiles), isEmpty(configuration));
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    return settle(await finishConfiguration(configuration, folder?.uri.fsPath, nodeFiles), false);
  }
}

/** Offers every program of a folder in the debug menu. */
export class DynamicConfigurationProvider implements vscode.DebugConfigurationProvider {
  async provideDebugConfigurations(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.DebugConfiguration[]> {
    if (!folder) return [];
    const programs = await programsBelow(nodeFiles, folder.uri.fsPath);
    return programs.slice(0, OFFERED).map((program) => {
      const relative = path.relative(folder.uri.fsPath, program);
      return { type: 'mpx', request: 'launch', name: `Debug ${relative}`, program: `\${workspaceFolder}/${relative}` };
    });
  }
}

/** Asks or tells the user where a resolution needs it; undefined cancels the launch. `canPick`: offer to choose a program. */
async function settle(resolution: Resolution, canPick: boolean): Promise<RawConfiguration | undefined> {
  switch (resolution.kind) {
    case 'configuration':
      return resolution.configuration;
    case 'choice': {
      const program = await chooseProgram(resolution.programs);
      return program === undefined ? undefined : resolution.withProgram(program);
    }
    case 'problem': {
      const pick = 'Pick Program…';
      const answer = await vscode.window.showErrorMessage(
        resolution.message,
        { modal: true },
        ...(canPick ? [pick] : []),
      );
      const program = answer === pick ? await pickProgram() : undefined;
      if (program === undefined) return undefined;
      return { type: 'mpx', request: 'launch', name: `Debug ${path.basename(program)}`, program };
    }
  }
}
