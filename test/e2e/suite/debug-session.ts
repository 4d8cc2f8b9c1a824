/** Driving a debug session as a user of VS Code does, and looking at what the session says. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import { until } from './browser.ts';

/** Stops seen since `watchStops`, latest last. */
const stops: DebugProtocol.StoppedEvent['body'][] = [];

/** Notes the stops of MPX sessions from now on. */
export function watchStops(): vscode.Disposable {
  return vscode.debug.registerDebugAdapterTrackerFactory('mpx', {
    createDebugAdapterTracker: () => ({
      onDidSendMessage(message: DebugProtocol.ProtocolMessage) {
        if (message.type === 'event' && (message as DebugProtocol.Event).event === 'stopped')
          stops.push((message as DebugProtocol.StoppedEvent).body);
      },
    }),
  });
}

/** The active session, which must be there. */
export function session(): vscode.DebugSession {
  const active = vscode.debug.activeDebugSession;
  assert.ok(active, 'a session is active');
  return active;
}

/**
 * Does `action`, and waits for the stop it leads to, and until VS Code has focused a frame: before that, it ignores commands to
 * step.
 */
export async function stopAfter(
  action: () => Thenable<unknown> | Promise<unknown>,
): Promise<DebugProtocol.StoppedEvent['body']> {
  const seen = stops.length;
  await action();
  await until('a stop', () => stops.length > seen, 30_000);
  const stop = stops[stops.length - 1];
  await until('a focused frame', () => vscode.debug.activeStackItem instanceof vscode.DebugStackFrame);
  return stop;
}

export async function frames(): Promise<DebugProtocol.StackFrame[]> {
  const { threads } = await session().customRequest('threads');
  const answer = await session().customRequest('stackTrace', { threadId: threads[0].id, startFrame: 0, levels: 20 });
  return answer.stackFrames;
}

/** Variables of the scope whose name matches, of the top frame. */
export async function scopeVariables(name: RegExp): Promise<DebugProtocol.Variable[]> {
  const [top] = await frames();
  const { scopes } = (await session().customRequest('scopes', {
    frameId: top.id,
  })) as DebugProtocol.ScopesResponse['body'];
  const scope = scopes.find((one) => name.test(one.name));
  assert.ok(scope, `a scope like ${name} among ${scopes.map((one) => one.name).join(', ')}`);
  return (await session().customRequest('variables', { variablesReference: scope.variablesReference })).variables;
}

/** Opens a file of the workspace by its end, and returns its editor. */
export async function openFile(end: string): Promise<vscode.TextEditor> {
  const [file] = await vscode.workspace.findFiles(`**/${end}`, undefined, 1);
  assert.ok(file, `${end} is in the workspace`);
  return vscode.window.showTextDocument(file, { preview: false });
}

/** Number (1-based) of the first line of `editor` that contains `marker`. */
export function lineOf(editor: vscode.TextEditor, marker: string): number {
  const { document } = editor;
  for (let line = 0; line < document.lineCount; line++)
    if (document.lineAt(line).text.includes(marker)) return line + 1;
  assert.fail(`no line with ${marker}`);
}

/** Ends the session, if there is one. */
export async function endSession(): Promise<void> {
  if (vscode.debug.activeDebugSession) await vscode.debug.stopDebugging();
  await until('the end of the session', () => vscode.debug.activeDebugSession === undefined);
}
