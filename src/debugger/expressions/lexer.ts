/** Splits an expression into tokens. */
import { UserError } from '../errors.ts';

export type Token =
  | { kind: 'number'; value: bigint; at: number; end: number }
  | { kind: 'name'; name: string; register: boolean; at: number; end: number }
  | { kind: 'operator'; text: string; at: number; end: number }
  | { kind: 'end'; at: number; end: number };

const OPERATORS = ['<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '->', ...'+-*/%&|^~!<>=()[].,'];
const NUMBER = /0[xX][0-9a-fA-F][0-9a-fA-F_]*|0[bB][01][01_]*|\d[\d_]*/y;
/** Symbols may hold `.`, `$` and `@` (`.L4`, `main.chkp`); a leading `$` or `%` marks a register. */
const NAME = /[$%]?[A-Za-z_.][\w.$@]*/y;
const CHARACTER = /'(\\[nrt0\\']|[^\\'])'/y;
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\', "'": "'" };

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  /** After an operand `%` and `.` are operators; before one they begin a name. */
  const afterOperand = () => {
    const last = tokens.at(-1);
    return (
      last !== undefined &&
      (last.kind === 'number' ||
        last.kind === 'name' ||
        (last.kind === 'operator' && (last.text === ')' || last.text === ']')))
    );
  };
  while (at < text.length) {
    if (/\s/.test(text[at])) {
      at++;
      continue;
    }
    const number = matchAt(NUMBER, text, at);
    if (number) {
      const end = at + number[0].length;
      if (/[\w$]/.test(text[end] ?? '')) throw new UserError(`“${text.slice(at, end + 1)}” is not a number.`);
      tokens.push({ kind: 'number', value: BigInt(number[0].replaceAll('_', '')), at, end });
      at = end;
      continue;
    }
    const character = matchAt(CHARACTER, text, at);
    if (character) {
      const shown = character[1].length === 2 ? ESCAPES[character[1][1]] : character[1];
      tokens.push({ kind: 'number', value: BigInt(shown.codePointAt(0) ?? 0), at, end: at + character[0].length });
      at += character[0].length;
      continue;
    }
    const name = afterOperand() && /[%.]/.test(text[at]) ? undefined : matchAt(NAME, text, at);
    if (name) {
      const register = /^[$%]/.test(name[0]);
      const end = at + name[0].length;
      tokens.push({ kind: 'name', name: register ? name[0].slice(1) : name[0], register, at, end });
      at = end;
      continue;
    }
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
    if (operator) {
      tokens.push({ kind: 'operator', text: operator, at, end: at + operator.length });
      at += operator.length;
      // A member name follows a dot or an arrow.
      const member = operator === '.' || operator === '->' ? matchAt(/[A-Za-z_]\w*/y, text, at) : undefined;
      if (member) {
        tokens.push({ kind: 'name', name: member[0], register: false, at, end: at + member[0].length });
        at += member[0].length;
      }
      continue;
    }
    throw new UserError(`“${text[at]}” does not belong in an expression.`);
  }
  tokens.push({ kind: 'end', at, end: at });
  return tokens;
}
