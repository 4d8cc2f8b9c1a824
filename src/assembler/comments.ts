/**
 * The lines of a source text with every comment replaced by blanks, so that columns stay. Comments are C's (slash-star … star-slash, also over
 * lines, and `//`), and `#` to the end of the line. Strings and character constants ('x) are left alone.
 */
export function withoutComments(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  let at = 0;
  const blank = (until: number) => {
    for (; at < until; at++) {
      if (text[at] === '\n') {
        lines.push(line);
        line = '';
      } else line += text[at] === '\t' ? '\t' : ' ';
    }
  };
  const copy = (until: number) => {
    line += text.slice(at, until);
    at = until;
  };
  const endOfLine = () => {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  };
  while (at < text.length) {
    const character = text[at];
    if (character === '\n') {
      lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
      line = '';
      at++;
    } else if (character === '"') copy(endOfString(text, at));
    else if (character === "'") copy(Math.min(endOfLine(), at + (text[at + 1] === '\\' ? 3 : 2)));
    else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      blank(end < 0 ? text.length : end + 2);
    } else if (character === '#' || text.startsWith('//', at)) blank(endOfLine());
    else copy(at + 1);
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Behind the closing quote of the string at `start`; the end of the line if it is not closed. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** The statements of one line, with the column each starts at: `;` separates them. */
export function statementsOf(line: string): { text: string; start: number }[] {
  const found: { text: string; start: number }[] = [];
  let start = 0;
  for (let at = 0; at <= line.length; at++) {
    if (line[at] === '"') at = endOfString(line, at) - 1;
    else if (line[at] === "'") at++;
    else if (at === line.length || line[at] === ';') {
      found.push({ text: line.slice(start, at), start });
      start = at + 1;
    }
  }
  return found;
}
