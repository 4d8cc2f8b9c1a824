/** What a directive gets and may do. */
import { type ReadOptions, readExpression } from '../expression.ts';
import type { Expression } from '../model.ts';
import type { Place } from '../source.ts';
import type { State } from '../state.ts';
import { TokenReader, tokenize } from '../tokens.ts';

/** The words after a directive's name. */
export class DirectiveWords {
  private tokens: TokenReader | undefined;

  constructor(
    readonly state: State,
    /** The name, in lower case, with its dot. */
    readonly name: string,
    /** What follows the name, as written. */
    readonly text: string,
    /** Its column in the line, from 0. */
    readonly column: number,
  ) {}

  get reader(): TokenReader {
    this.tokens ??= new TokenReader(tokenize(this.text, this.column));
    return this.tokens;
  }

  get options(): ReadOptions {
    return { names: this.state.names, words: this.state.syntax === 'intel' };
  }

  expression(): Expression {
    return readExpression(this.reader, this.options);
  }

  /** An expression whose value must be known now. */
  number(what: string): bigint {
    return this.state.known(this.expression(), what);
  }

  /** The same, within limits, as a number. */
  count(what: string, most = Number.MAX_SAFE_INTEGER): number {
    const { start } = this.reader.peek();
    const value = this.number(what);
    if (value < 0n || value > BigInt(most))
      throw this.reader.error(`${what} must be from 0 to ${most}, not ${value}.`, { ...this.reader.peek(-1), start });
    return Number(value);
  }

  /** The name of a symbol or section. */
  symbolName(what: string): string {
    const token = this.reader.next();
    if (token.kind !== 'name' && token.kind !== 'string') throw this.reader.error(`${what} is missing here.`, token);
    return token.text;
  }

  /** Calls `read` for each of the items that commas separate, up to the end. */
  list(read: () => void): void {
    const { reader } = this;
    if (reader.done) return;
    do read();
    while (reader.accept(','));
    reader.expectEnd();
  }

  /** The place from the token at `from` to the one before the next. */
  placeFrom(from: { start: number }): Place {
    return this.state.placeAt(from.start, this.reader.peek(-1).end);
  }
}

export type Directive = (words: DirectiveWords) => void;
export type Directives = Readonly<Record<string, Directive>>;
