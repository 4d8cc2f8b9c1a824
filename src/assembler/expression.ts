/** Reads expressions of GNU syntax. */
import type { Expression } from './model.ts';
import type { Token, TokenReader } from './tokens.ts';

/** How names in an expression get their meaning. */
export interface Names {
  /** A name, or `.` for the current place. */
  name(token: Token): Expression;
  /** `1f` or `1b`. */
  local(token: Token): Expression;
}

/** The assembler's ranks, which are not C's: bitwise operators bind tighter than sums. */
const RANKS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['+', '-', '==', '!=', '<>', '<', '<=', '>', '>='],
  ['|', '&', '^', '!'],
  ['*', '/', '%', '<<', '>>'],
];
/** Intel syntax has words for operators too. */
const WORDS: Record<string, string> = {
  or: '|',
  and: '&',
  xor: '^',
  shl: '<<',
  shr: '>>',
  mod: '%',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

export interface ReadOptions {
  names: Names;
  /** Whether words are operators (Intel syntax). */
  words?: boolean;
}

/** Reads one expression. @throws SourceError */
export function readExpression(reader: TokenReader, options: ReadOptions, rank = 0): Expression {
  if (rank === RANKS.length) return readUnary(reader, options);
  let left = readExpression(reader, options, rank + 1);
  for (;;) {
    const token = reader.peek();
    const text = token.kind === 'name' && options.words ? WORDS[token.text.toLowerCase()] : token.text;
    if ((token.kind !== 'mark' && !(token.kind === 'name' && text)) || !RANKS[rank].includes(text)) return left;
    reader.next();
    left = { kind: 'binary', operator: text, left, right: readExpression(reader, options, rank + 1) };
  }
}

function readUnary(reader: TokenReader, options: ReadOptions): Expression {
  const token = reader.peek();
  if (token.kind === 'mark' && ['-', '+', '~', '!'].includes(token.text)) {
    reader.next();
    const operand = readUnary(reader, options);
    return token.text === '+' ? operand : { kind: 'unary', operator: token.text, operand };
  }
  if (token.kind === 'name' && options.words && token.text.toLowerCase() === 'not') {
    reader.next();
    return { kind: 'unary', operator: '~', operand: readUnary(reader, options) };
  }
  return readPrimary(reader, options);
}

function readPrimary(reader: TokenReader, options: ReadOptions): Expression {
  const token = reader.peek();
  switch (token.kind) {
    case 'number':
      reader.next();
      return { kind: 'number', value: token.value };
    case 'local':
      reader.next();
      return options.names.local(token);
    case 'string':
    case 'name': {
      reader.next();
      const expression = options.names.name(token);
      return reader.isMark('@') ? readModifier(reader, expression) : expression;
    }
    case 'mark':
      if (reader.accept('(')) {
        const inner = readExpression(reader, options);
        reader.expect(')');
        return inner;
      }
  }
  throw reader.error(
    reader.done
      ? 'A number or a symbol is missing at the end.'
      : `A number or a symbol is expected here, not “${token.text}”.`,
  );
}

function readModifier(reader: TokenReader, expression: Expression): Expression {
  reader.expect('@');
  const name = reader.next();
  if (name.kind !== 'name') throw reader.error('After “@” the kind of reference is missing, such as PLT.', name);
  if (expression.kind !== 'symbol') throw reader.error(`@${name.text} is only possible after a symbol.`, name);
  return { ...expression, modifier: name.text.toUpperCase() };
}
