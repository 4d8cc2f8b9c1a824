/** What VS Code starts: everything the extension offers is registered here. */
import * as vscode from 'vscode';
import { AdapterFactory } from './adapter/adapter-factory.ts';
import { markUsed, registerCommands } from './commands.ts';
import { ConfigurationProvider, DynamicConfigurationProvider } from './configuration/provider.ts';
import { PanelView } from './panel/panel-view.ts';
import { Problems } from './problems.ts';
import { registerProvenanceCommands } from './provenance-commands.ts';
import { openSample } from './samples/open-sample.ts';
import { DEBUG_TYPE, Sessions } from './sessions.ts';
import { StatusBar } from './status-bar.ts';
import { FindingMarks } from './views/finding-marks.ts';
import { InlineBounds } from './views/inline-bounds.ts';
import { InstructionHover } from './views/instruction-hover.ts';
import { MpxStates } from './views/mpx-state.ts';
import { MpxTree } from './views/mpx-tree.ts';
import { registerVariableCommands } from './views/variable-commands.ts';
import { ViolationContext } from './violation-context.ts';

/** Languages of assembly, of this extension and of others. */
const ASSEMBLY = ['asm', 'asm-intel-x86-generic', 'asm-collection', 'gas', 'nasm'];
const SOURCES = ['c', 'cpp', ...ASSEMBLY];

export function activate(context: vscode.ExtensionContext): void {
  const sessions = new Sessions();
  const panel = new PanelView(context.extensionUri, sessions);
  const states = new MpxStates(sessions);
  const hover = new InstructionHover();
  const { Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    sessions,
    panel,
    new StatusBar(sessions),
    new Problems(),
    new ViolationContext(sessions),
    registerCommands(sessions),
    registerProvenanceCommands(sessions),
    states,
    new MpxTree(states),
    new FindingMarks(context.extensionUri, states),
    vscode.commands.registerCommand('mpx-debug.openSample', (sample?: string, parent?: vscode.Uri) =>
      openSample(context.extensionUri, sample, parent),
    ),
    registerVariableCommands(sessions),
    vscode.languages.registerInlineValuesProvider(SOURCES, new InlineBounds()),
    vscode.languages.registerHoverProvider(ASSEMBLY, hover),
    vscode.languages.registerEvaluatableExpressionProvider(ASSEMBLY, hover),
    vscode.window.registerWebviewViewProvider(PanelView.viewId, panel, PanelView.options),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider()),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new DynamicConfigurationProvider(), Dynamic),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory(context.extensionUri)),
    sessions.onDidChangeShown(() => void markUsed()),
  );
}
