import * as vscode from 'vscode';
import { InlineAdapter } from './inline-adapter.ts';
import { startWorker } from './worker-link.ts';

/** Gives each debug session an adapter of its own. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  constructor(private readonly extensionUri: vscode.Uri) {}

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    const script = vscode.Uri.joinPath(this.extensionUri, 'dist', 'worker.js').fsPath;
    return new vscode.DebugAdapterInlineImplementation(new InlineAdapter(startWorker(script)));
  }
}
