/** Precedence-climbing parser for the debugger's expressions: C's operators over registers, symbols and memory. */
import { UserError } from '../errors.ts';
import { type BinaryOperator, type IntegerType, type Node, TYPES, type UnaryOperator } from './ast.ts';
import { type Token, tokenize } from './lexer.ts';

/** Binding strength of the binary operators, as in C. */
const PRECEDENCE: Record<BinaryOperator, number> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};
const UNARY = new Set<string>(['-', '+', '~', '!', '*', '&']);
/** Deeper nesting than this is nonsense, and would exhaust the stack. */
const MAX_DEPTH = 200;

class Parser {
  private position = 0;
  private depth = 0;
  private readonly tokens: Token[];

  constructor(private readonly text: string) {
    this.tokens = tokenize(text);
  }

  parse(): Node {
    const node = this.assignment();
    if (this.token.kind !== 'end') this.fail(`“${this.text.slice(this.token.at)}” is left over after the expression.`);
    return node;
  }

  private get token(): Token {
    return this.tokens[this.position];
  }

  private fail(message: string): never {
    throw new UserError(message);
  }

  private accept(text: string): boolean {
    if (this.token.kind !== 'operator' || this.token.text !== text) return false;
    this.position++;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) this.fail(`“${text}” is missing in “${this.text}”.`);
  }

  private assignment(): Node {
    const left = this.binary(1);
    if (!this.accept('=')) return left;
    return { kind: 'assign', target: left, value: this.assignment() };
  }

  private binary(weakest: number): Node {
    let left = this.unary();
    for (;;) {
      const { token } = this;
      const strength = token.kind === 'operator' ? PRECEDENCE[token.text as BinaryOperator] : undefined;
      if (token.kind !== 'operator' || strength === undefined || strength < weakest) return left;
      this.position++;
      left = { kind: 'binary', operator: token.text as BinaryOperator, left, right: this.binary(strength + 1) };
    }
  }

  private unary(): Node {
    if (++this.depth > MAX_DEPTH) this.fail('The expression is nested too deeply.');
    try {
      const { token } = this;
      if (token.kind === 'operator' && UNARY.has(token.text)) {
        this.position++;
        return { kind: 'unary', operator: token.text as UnaryOperator, operand: this.unary() };
      }
      const cast = this.castType();
      if (cast) return { kind: 'cast', ...cast, operand: this.unary() };
      const named = this.namedCast();
      if (named) return { kind: 'named-cast', ...named, operand: this.unary() };
      return this.postfix(this.primary());
    } finally {
      this.depth--;
    }
  }

  /** Consumes names that are no registers. */
  private words(): string[] {
    const words: string[] = [];
    while (this.token.kind === 'name' && !this.token.register) {
      words.push(this.token.name);
      this.position++;
    }
    return words;
  }

  /** Consumes `(type)` or `(type*)`, if one is next. `unsigned` may stand before a type or alone. */
  private castType(): { type: IntegerType; pointer: boolean } | undefined {
    const start = this.position;
    if (!this.accept('(')) return undefined;
    const words = this.words();
    const pointer = this.accept('*');
    const type = typeOf(words);
    if (type && this.accept(')')) return { type, pointer };
    this.position = start;
    return undefined;
  }

  /** Consumes `(struct node *)`, `(enum colour)` or `(name *)`, if one is next. */
  private namedCast(): { name: string; stars: number } | undefined {
    const start = this.position;
    if (!this.accept('(')) return undefined;
    const words = this.words();
    let stars = 0;
    while (this.accept('*')) stars++;
    const tagged = words.length === 2 && ['struct', 'union', 'enum'].includes(words[0]);
    if ((tagged || (words.length > 0 && stars > 0)) && this.accept(')')) return { name: words.join(' '), stars };
    this.position = start;
    return undefined;
  }

  private postfix(operand: Node): Node {
    let node = operand;
    for (;;) {
      if (this.accept('.') || this.accept('->')) {
        const { token } = this;
        if (token.kind !== 'name') this.fail(`A member name is missing after “.” in “${this.text}”.`);
        this.position++;
        node = { kind: 'member', object: node, member: token.name };
      } else if (this.accept('[')) {
        const index = this.assignment();
        this.expect(']');
        node = { kind: 'index', base: node, index };
      } else return node;
    }
  }

  private primary(): Node {
    const { token } = this;
    if (token.kind === 'end')
      this.fail(this.text.trim() ? `“${this.text}” ends too early.` : 'The expression is empty.');
    this.position++;
    if (token.kind === 'number') return { kind: 'number', value: token.value };
    if (token.kind === 'name') return { kind: 'name', name: token.name, register: token.register };
    if (token.text === '(') {
      const inner = this.assignment();
      this.expect(')');
      return inner;
    }
    if (token.text === '[') {
      const first = this.assignment();
      if (this.accept(',')) {
        const upper = this.assignment();
        this.expect(']');
        return { kind: 'bounds', lower: first, upper };
      }
      this.expect(']');
      return { kind: 'memory', address: first };
    }
    return this.fail(`“${token.text}” is misplaced in “${this.text}”.`);
  }
}

function typeOf(words: string[]): IntegerType | undefined {
  if (words.length === 0) return undefined;
  const signedness = words.find((word) => word === 'unsigned' || word === 'signed');
  const rest = words.filter((word) => word !== 'unsigned' && word !== 'signed');
  // `long long`, `long int` and `short int` are what `long` and `short` are.
  const name = rest.includes('long') ? 'long' : rest.includes('short') ? 'short' : (rest[0] ?? 'int');
  const known = TYPES.get(name);
  const plausible = rest.length <= 1 || rest.every((word) => ['long', 'short', 'int'].includes(word));
  if (!known || !plausible) return undefined;
  return signedness === 'unsigned' ? { ...known, name: `unsigned ${name}`, signed: false } : known;
}

/** Parses `text`. Throws UserError with one sentence. */
export function parse(text: string): Node {
  if (text.length > 10_000) throw new UserError('The expression is too long.');
  return new Parser(text).parse();
}
