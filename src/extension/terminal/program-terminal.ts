/** A terminal of VS Code's as the program's: shows its output, and gives it what is typed (`console: integratedTerminal`). */
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import { LineDiscipline, terminalLines } from './line-discipline.ts';

export class ProgramTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.written.event;
  private readonly line = new LineDiscipline();
  /** What came before VS Code had opened the terminal. */
  private early: string | undefined = '';
  private over = false;

  private constructor(private readonly session: vscode.DebugSession) {}

  /** Opens a terminal for the program of `session`, without taking the focus from the editor. */
  static open(session: vscode.DebugSession): ProgramTerminal {
    const pty = new ProgramTerminal(session);
    const terminal = vscode.window.createTerminal({
      name: session.name,
      pty,
      iconPath: new vscode.ThemeIcon('debug-console'),
    });
    terminal.show(true);
    return pty;
  }

  open(): void {
    const early = this.early ?? '';
    this.early = undefined;
    this.write(early);
  }

  close(): void {
    void this.send('', true);
    this.over = true;
  }

  /** Keeps a message on its way to VS Code if it belongs into the terminal. */
  takes(message: DebugProtocol.ProtocolMessage): boolean {
    if (message.type !== 'event') return false;
    const { event, body } = message as DebugProtocol.Event;
    if (event === 'output' && (body.category === 'stdout' || body.category === 'stderr')) {
      this.write(terminalLines(body.output));
      return true;
    }
    if (event === 'exited') this.finish(`The program has ended with code ${body.exitCode}.`);
    if (event === 'terminated') this.finish('The session has ended.');
    return false;
  }

  handleInput(data: string): void {
    if (this.over) return;
    const { echo, send, end, interrupt } = this.line.type(data);
    this.write(echo);
    if (send || end) void this.send(send, end);
    if (interrupt) void vscode.commands.executeCommand('workbench.action.debug.pause');
  }

  private async send(text: string, end: boolean): Promise<void> {
    if (this.over) return;
    try {
      await this.session.customRequest('mpx/sendInput', { text, eof: end });
    } catch (error) {
      this.write(terminalLines(`${error instanceof Error ? error.message : String(error)}\n`));
    }
  }

  private finish(text: string): void {
    if (this.over) return;
    this.over = true;
    this.write(`\r\n\x1b[2m${text}\x1b[0m\r\n`);
  }

  private write(text: string): void {
    if (this.early !== undefined) this.early += text;
    else if (text) this.written.fire(text);
  }
}
