/** Where something stands in a source text, and what is said about it. Lines and columns count from 1; `endColumn` is behind the last character. */
export interface Place {
  file: string;
  line: number;
  column: number;
  endColumn: number;
}

export interface Diagnostic extends Place {
  severity: 'error' | 'warning';
  /** One sentence that says what is wrong and, where it is not plain, how to mend it. */
  message: string;
}

/** One line as it is read: of a file, or made by a macro. Comments are blanks, so that columns are those of the file. */
export interface SourceLine {
  text: string;
  file: string;
  line: number;
  /** The line that made this one, where a macro or a repetition did. */
  madeBy?: { what: string; caller: SourceLine };
}

/** A mistake in the source at columns [start, end) (from 0) of the statement being read. */
export class SourceError extends Error {
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}

/** A mistake after which it makes no sense to read on: a source that never ends, or takes all memory. */
export class Endless extends Error {}

/** The place of columns [start, end) of `line`: for a made line, the whole line of the file that asked for it. */
export function placeOf(line: SourceLine, start: number, end: number): Place {
  let origin = line;
  while (origin.madeBy) origin = origin.madeBy.caller;
  if (origin === line)
    return { file: line.file, line: line.line, column: start + 1, endColumn: Math.max(end, start + 1) + 1 };
  const indent = origin.text.length - origin.text.trimStart().length;
  return { file: origin.file, line: origin.line, column: indent + 1, endColumn: origin.text.trimEnd().length + 1 };
}

/** ` (in the macro NAME, FILE:LINE)` for made lines, else nothing. */
export function origin(line: SourceLine): string {
  return line.madeBy ? ` (in ${line.madeBy.what}, ${line.file}:${line.line})` : '';
}
