/** What a terminal's driver does between keyboard and program: echo, editing of the line, end of file, interrupt. */

export interface Typed {
  /** What to show, in the terminal's own control characters. */
  echo: string;
  /** What the program reads now. */
  send: string;
  /** End of file was typed. */
  end: boolean;
  /** The program is to be interrupted. */
  interrupt: boolean;
}

const INTERRUPT = '\x03';
const END_OF_FILE = '\x04';
const BACKSPACE = '\b';
const KILL_LINE = '\x15';
const DELETE = '\x7f';
const RUB_OUT = '\b \b';

export class LineDiscipline {
  /** The line being typed, by characters (not by UTF-16 units, which Backspace must not halve). */
  private line: string[] = [];

  /** Takes what came from the keyboard; the program reads whole lines. */
  type(data: string): Typed {
    const typed: Typed = { echo: '', send: '', end: false, interrupt: false };
    // Arrow keys and the like come as escape sequences; a plain line knows none of them.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    for (const character of data.replace(/\x1b(\[[0-9;]*[A-Za-z~]|O[A-Za-z]|.)?/g, '')) this.take(character, typed);
    return typed;
  }

  private take(character: string, typed: Typed): void {
    switch (character) {
      case '\r':
      case '\n':
        typed.echo += '\r\n';
        typed.send += `${this.line.join('')}\n`;
        this.line = [];
        break;
      case DELETE:
      case BACKSPACE:
        if (this.line.pop() !== undefined) typed.echo += RUB_OUT;
        break;
      case KILL_LINE:
        typed.echo += RUB_OUT.repeat(this.line.length);
        this.line = [];
        break;
      case END_OF_FILE:
        // As terminals do it: at the start of a line the end of the file, else the line so far.
        if (this.line.length === 0) typed.end = true;
        typed.send += this.line.join('');
        this.line = [];
        break;
      case INTERRUPT:
        typed.echo += '^C\r\n';
        typed.interrupt = true;
        this.line = [];
        break;
      default:
        if (character < ' ' && character !== '\t') return;
        this.line.push(character);
        typed.echo += character;
    }
  }
}

/** Output of a program as a terminal wants it: its line ends begin no new column by themselves. */
export const terminalLines = (output: string): string => output.replace(/\r?\n/g, '\r\n');
