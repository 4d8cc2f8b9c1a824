/** Hosts the page "MPX Tables": passes its requests to the session it shows, and tells it what changes. */
import * as vscode from 'vscode';
import { type HostMessage, isPageMessage, type PageMessage } from '../../protocol/panel-messages.ts';
import type { Sessions } from '../sessions.ts';
import { goToMoment } from './go-to-moment.ts';
import { openMemory, openSource } from './open-places.ts';
import { makeNonce, panelHtml } from './panel-html.ts';

export class PanelView implements vscode.WebviewViewProvider, vscode.Disposable {
  static readonly viewId = 'mpx-debug.tables';
  /** The page stays while it is hidden: of a session that has ended it holds the last that there is to see. */
  static readonly options = { webviewOptions: { retainContextWhenHidden: true } };
  private view: vscode.WebviewView | undefined;
  private readonly disposables: vscode.Disposable[];

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly sessions: Sessions,
  ) {
    this.disposables = [
      sessions.onDidChangeShown((session) =>
        this.post({ type: 'session', session: session && { id: session.id, name: session.name } }),
      ),
      sessions.onDidChange(({ session, event }) => this.post({ type: 'changed', session: session.id, event })),
      sessions.onDidEnd((session) => this.post({ type: 'ended', session: session.id })),
    ];
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.html = panelHtml({
      source: webview.cspSource,
      script: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.css')).toString(),
      nonce: makeNonce(),
    });
    this.view = view;
    webview.onDidReceiveMessage((data: unknown) => {
      if (isPageMessage(data)) void this.receive(data);
    });
    // A hidden page hears nothing.
    view.onDidChangeVisibility(() => {
      if (view.visible) this.bringUpToDate();
    });
    view.onDidDispose(() => {
      if (this.view === view) this.view = undefined;
    });
  }

  private async receive(message: PageMessage): Promise<void> {
    const session = this.sessions.shown;
    switch (message.type) {
      case 'ready':
        if (session) return this.bringUpToDate();
        return this.post({ type: 'session', session: undefined });
      case 'request': {
        const { id, command } = message;
        if (!session) return this.post({ type: 'failure', id, message: 'The session has ended.' });
        try {
          this.post({ type: 'response', id, body: await session.customRequest(command, message.arguments) });
        } catch (error) {
          this.post({ type: 'failure', id, message: error instanceof Error ? error.message : String(error) });
        }
        return;
      }
      case 'open-memory':
        if (session) await openMemory(session, message.address);
        return;
      case 'open-source':
        return openSource(message.path, message.line);
      case 'go-to-moment':
        if (session) await goToMoment(session, message.instruction);
        return;
      case 'copy':
        return vscode.env.clipboard.writeText(message.text);
      case 'start-debugging':
        await vscode.commands.executeCommand('workbench.action.debug.start');
    }
  }

  /** Tells the page the last of the session that it shows, or is to show now. */
  private bringUpToDate(): void {
    const { shown, last } = this.sessions;
    if (!last) return;
    this.post({ type: 'session', session: { id: last.id, name: last.name } });
    const event = this.sessions.lastChange(last);
    if (event) this.post({ type: 'changed', session: last.id, event });
    if (!shown) this.post({ type: 'ended', session: last.id });
  }

  private post(message: HostMessage): void {
    void this.view?.webview.postMessage(message);
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
