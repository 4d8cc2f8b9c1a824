/** What VS Code starts: everything the extension offers is registered here. */
import * as vscode from 'vscode';
import { AdapterFactory } from './adapter/adapter-factory.ts';
import { markUsed, registerCommands } from './commands.ts';
import { ConfigurationProvider, DynamicConfigurationProvider } from './configuration/provider.ts';
import { PanelView } from './panel/panel-view.ts';
import { Problems } from './problems.ts';
import { registerProvenanceCommands } from './provenance-commands.ts';
import { DEBUG_TYPE, Sessions } from './sessions.ts';
import { StatusBar } from './status-bar.ts';
import { ViolationContext } from './violation-context.ts';

export function activate(context: vscode.ExtensionContext): void {
  const sessions = new Sessions();
  const panel = new PanelView(context.extensionUri, sessions);
  const { Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  context.subscriptions.push(
    sessions,
    panel,
    new StatusBar(sessions),
    new Problems(),
    new ViolationContext(sessions),
    registerCommands(sessions),
    registerProvenanceCommands(sessions),
    vscode.window.registerWebviewViewProvider(PanelView.viewId, panel, PanelView.options),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider()),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new DynamicConfigurationProvider(), Dynamic),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory(context.extensionUri)),
    sessions.onDidChangeShown(() => void markUsed()),
  );
}
