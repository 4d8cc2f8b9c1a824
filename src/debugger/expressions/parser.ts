/** Parses the debugger's expressions with the parser that peggy makes of grammar.peggy; says in one sentence what is wrong. */
import { ExpressionSyntaxError, parse as parseGrammar } from 'generated:expression-parser';
import { UserError } from '../errors.ts';
import type { Node } from './ast.ts';

/** Longer and more deeply nested texts are nonsense, and would exhaust the stack. */
const LONGEST = 5000;
const DEEPEST = 60;
const MOST_PREFIXES = /(?:[-+~!*&?]\s*|sizeof\s*|\([\w\s*]+\)\s*|[=:][^=?:]*[=?]){60}/;

/** `isType` tells which names are types of the program. Throws UserError with one sentence. */
export function parse(text: string, isType?: (name: string) => boolean): Node {
  if (text.trim() === '') throw new UserError('The expression is empty.');
  if (text.length > LONGEST) throw new UserError('The expression is too long.');
  if (nesting(text) > DEEPEST || MOST_PREFIXES.test(text)) throw new UserError('The expression is nested too deeply.');
  try {
    return parseGrammar(text, { isType });
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    throw new UserError(sentence(text, error));
  }
}

function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '(' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === ')' || character === ']') depth--;
  }
  return deepest;
}

/** What cannot be read, and what is missing if that is one thing. */
function sentence(text: string, error: ExpressionSyntaxError): string {
  const wanted = (error.expected ?? []).flatMap(({ type, description }) =>
    type === 'other' && description?.startsWith('“') ? [description] : [],
  );
  const rest = text.slice(error.location.start.offset);
  const missing = wanted.length ? `: ${wanted.join(' or ')} is missing` : '';
  if (rest.trim() === '') return `“${text}” ends too early${missing}.`;
  const shown = /^[\w$.]+|^[^\s]/.exec(rest)?.[0] ?? rest;
  return `“${shown}” does not belong here in “${text.replaceAll(/\s+/g, ' ')}”${missing}.`;
}
