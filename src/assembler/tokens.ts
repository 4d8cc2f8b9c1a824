/** The words of a statement. */
import { SourceError } from './source.ts';

export type TokenKind = 'name' | 'number' | 'string' | 'local' | 'mark' | 'end';

export interface Token {
  kind: TokenKind;
  /** As written; of a string, what it means (one character a byte). */
  text: string;
  /** Of a number or character constant; of a reference to a local label (`1f`) the label's number. */
  value: bigint;
  /** Columns in the line, from 0. */
  start: number;
  end: number;
  /** Whether white space stands before it. */
  spaced: boolean;
}

const NAME = /[A-Za-z_.][\w.$]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+(?![0-9A-Za-z])|\d+/y;
const LOCAL = /\d+[fb](?![0-9A-Za-z])/y;
const MARK = /<<|>>|==|!=|<>|<=|>=|&&|\|\||[-+*/%&|^!~<>()[\]{},:$@=?\\]/y;
const ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, b: 8, f: 12, v: 11, a: 7, e: 27 };
const utf8 = new TextEncoder();

/** The bytes of a string without its quotes; escapes are C's. */
export function stringBytes(text: string): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      bytes.push(...utf8.encode(character));
      at += character.length - 1;
      continue;
    }
    const rest = text.slice(at + 1);
    const number = /^x([0-9a-fA-F]+)|^([0-7]{1,3})/.exec(rest);
    if (number) {
      bytes.push(Number.parseInt(number[1] ?? number[2], number[1] ? 16 : 8) & 255);
      at += number[0].length;
    } else if (rest !== '') {
      bytes.push(ESCAPES[rest[0]] ?? rest.charCodeAt(0) & 255);
      at++;
    }
  }
  return bytes;
}

function numberValue(text: string, start: number): bigint {
  if (/^0[0-7]*$/.test(text)) return BigInt(`0o${text}`);
  if (/^0\d/.test(text))
    throw new SourceError(
      `${text} begins with 0 and so is octal, but has a digit above 7.`,
      start,
      start + text.length,
    );
  return BigInt(text);
}

/** Splits `text`, which stands at column `column` of its line. The last token is `end`. @throws SourceError */
export function tokenize(text: string, column = 0): Token[] {
  const tokens: Token[] = [];
  let spaced = false;
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at])) {
      spaced = true;
      at++;
      continue;
    }
    const start = column + at;
    const match = (pattern: RegExp): string | undefined => {
      pattern.lastIndex = at;
      return pattern.exec(text)?.[0];
    };
    const add = (kind: TokenKind, word: string, length: number, value = 0n) => {
      tokens.push({ kind, text: word, value, start, end: start + length, spaced });
      at += length;
      spaced = false;
    };
    if (text[at] === '"') {
      const end = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at))?.[0];
      if (!end) throw new SourceError('The string has no closing quote.', start, column + text.length);
      add('string', String.fromCharCode(...stringBytes(end.slice(1, -1))), end.length);
      continue;
    }
    if (text[at] === "'") {
      const constant = /^'(\\.|[^\\])'?/.exec(text.slice(at));
      if (!constant) throw new SourceError("A character is missing after '.", start, start + 1);
      add('number', constant[0], constant[0].length, BigInt(stringBytes(constant[1])[0]));
      continue;
    }
    const local = match(LOCAL);
    // `0b` is also how a binary number begins; without digits it is the label.
    if (local) {
      add('local', local, local.length, BigInt(local.slice(0, -1)));
      continue;
    }
    const number = match(NUMBER);
    if (number) {
      add('number', number, number.length, numberValue(number, start));
      continue;
    }
    const name = match(NAME);
    if (name) {
      add('name', name, name.length);
      continue;
    }
    const mark = match(MARK);
    if (!mark) throw new SourceError(`“${text[at]}” means nothing here.`, start, start + 1);
    add('mark', mark, mark.length);
  }
  const end = column + text.trimEnd().length;
  tokens.push({ kind: 'end', text: '', value: 0n, start: end, end: end + 1, spaced });
  return tokens;
}

/** Reads tokens one after the other. */
export class TokenReader {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get position(): number {
    return this.at;
  }

  seek(position: number): void {
    this.at = position;
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)];
  }

  next(): Token {
    const token = this.peek();
    if (this.at < this.tokens.length - 1) this.at++;
    return token;
  }

  get done(): boolean {
    return this.peek().kind === 'end';
  }

  isMark(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'mark' && token.text === text;
  }

  /** Takes the mark if it is next. */
  accept(text: string): boolean {
    if (!this.isMark(text)) return false;
    this.next();
    return true;
  }

  expect(text: string): Token {
    if (this.isMark(text)) return this.next();
    throw this.error(
      this.done ? `“${text}” is missing at the end.` : `“${text}” is expected here, not “${this.peek().text}”.`,
    );
  }

  /** A mistake at the next token. */
  error(message: string, token = this.peek()): SourceError {
    return new SourceError(message, token.start, token.end);
  }

  expectEnd(): void {
    if (!this.done) throw this.error(`“${this.peek().text}” is not expected here: the statement should be over.`);
  }
}
