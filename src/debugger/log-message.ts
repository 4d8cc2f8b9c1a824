/** Messages of logpoints: text with `{expression}` in it; `\{` and `\}` are braces. */
import { UserError } from './errors.ts';
import type { Evaluator } from './expressions/compile.ts';
import { compileText } from './expressions/evaluate.ts';
import type { Scope } from './expressions/scope.ts';
import { formatValue } from './expressions/value.ts';

export type LogMessage = (string | Evaluator)[];

/** Parses a log message. Throws UserError if an expression in it is wrong or a brace is open. */
export function parseLogMessage(text: string, compiled: (text: string) => Evaluator = compileText): LogMessage {
  const parts: LogMessage = [];
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\' && (text[at + 1] === '{' || text[at + 1] === '}')) {
      plain += text[++at];
    } else if (text[at] === '{') {
      const end = text.indexOf('}', at);
      if (end < 0) throw new UserError(`“}” is missing in the log message “${text}”.`);
      parts.push(plain, compiled(text.slice(at + 1, end)));
      plain = '';
      at = end;
    } else plain += text[at];
  }
  parts.push(plain);
  return parts.filter((part) => part !== '');
}

/** The message with its expressions evaluated; what cannot be evaluated says so in its place. */
export function renderLogMessage(message: LogMessage, scope: Scope): string {
  return message
    .map((part) => {
      if (typeof part === 'string') return part;
      try {
        return formatValue(part(scope));
      } catch (error) {
        if (error instanceof UserError) return `{${error.message}}`;
        throw error;
      }
    })
    .join('');
}
