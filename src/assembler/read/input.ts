/** The statements still to be read: of files, and of what macros and repetitions make of them. */
import { statementsOf, withoutComments } from '../comments.ts';
import { Endless, type SourceLine } from '../source.ts';

/** How deep macros and included files may nest, and how many statements there may be: a source that passes this never ends. */
const MAX_DEPTH = 200;
const MAX_STATEMENTS = 2_000_000;

interface Level {
  lines: readonly SourceLine[];
  at: number;
}

/** The lines of a file, one statement each. A statement stands at its own columns. */
export function linesOf(text: string, file: string): SourceLine[] {
  return withoutComments(text).flatMap((line, i) => splitStatements({ text: line, file, line: i + 1 }));
}

/** A line as its statements: text before each is blank. */
export function splitStatements(line: SourceLine): SourceLine[] {
  if (!line.text.includes(';')) return [line];
  return statementsOf(line.text).map(({ text, start }) => ({ ...line, text: ' '.repeat(start) + text }));
}

export class Input {
  private readonly levels: Level[] = [];
  private read = 0;

  /** Reads these lines before what is left. @throws Endless if they nest too deep. */
  push(lines: readonly SourceLine[]): void {
    if (this.levels.length >= MAX_DEPTH)
      throw new Endless(
        `Macros or included files are nested more than ${MAX_DEPTH} deep: does one of them use itself?`,
      );
    this.levels.push({ lines, at: 0 });
  }

  get depth(): number {
    return this.levels.length;
  }

  /** Drops what is left of the innermost lines (`.exitm`). */
  leave(): void {
    this.levels.pop();
  }

  /** The next statement; undefined at the end. @throws Endless if there is no end. */
  next(): SourceLine | undefined {
    for (let level = this.levels.at(-1); level; level = this.levels.at(-1)) {
      if (level.at < level.lines.length) {
        if (++this.read > MAX_STATEMENTS)
          throw new Endless(`There are more than ${MAX_STATEMENTS} statements: is a repetition too large?`);
        return level.lines[level.at++];
      }
      this.levels.pop();
    }
    return undefined;
  }

  /** The statements up to the one that begins with `end`, which is taken too; `begin` opens another such block inside. Undefined if there is no end. */
  block(begin: RegExp, end: RegExp): SourceLine[] | undefined {
    const lines: SourceLine[] = [];
    for (let inner = 0; ; ) {
      const line = this.next();
      if (!line) return undefined;
      if (begin.test(line.text)) inner++;
      else if (end.test(line.text) && inner-- === 0) return lines;
      lines.push(line);
    }
  }
}
