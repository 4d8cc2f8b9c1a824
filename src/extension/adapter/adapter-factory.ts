import * as vscode from 'vscode';
import { ProgramTerminal } from '../terminal/program-terminal.ts';
import { InlineAdapter } from './inline-adapter.ts';
import { startWorker } from './worker-link.ts';

/** Gives each debug session an adapter of its own. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  constructor(private readonly extensionUri: vscode.Uri) {}

  createDebugAdapterDescriptor(session: vscode.DebugSession): vscode.DebugAdapterDescriptor {
    const script = vscode.Uri.joinPath(this.extensionUri, 'dist', 'worker.js').fsPath;
    const inTerminal = session.configuration.console === 'integratedTerminal';
    const terminal = inTerminal ? ProgramTerminal.open(session) : undefined;
    const adapter = new InlineAdapter(startWorker(script), (message) => terminal?.takes(message) ?? false);
    return new vscode.DebugAdapterInlineImplementation(adapter);
  }
}
