/** Evaluates expressions against one stopped task. */
import { UserError } from '../errors.ts';
import { boundsFrom, MASK64 } from '../format.ts';
import { compile, type Evaluator } from './compile.ts';
import { parse } from './parser.ts';
import type { Scope } from './scope.ts';
import type { Value } from './value.ts';

/** Parses and compiles `text`; `typeNamed` finds the types of the program. @throws UserError with one sentence */
export function compileText(text: string, typeNamed?: Scope['typeNamed']): Evaluator {
  return compile(parse(text, (name) => typeNamed?.(name) !== undefined));
}

/** Parses and evaluates `text`. @throws UserError with one sentence */
export function evaluateText(text: string, scope: Scope): Value {
  return compileText(text, scope.typeNamed)(scope);
}

/** Parses what people type for bounds: `[LOWER, UPPER]`, `LOWER, UPPER`, `INIT` or `NULL`. */
export function evaluateBounds(text: string, scope: Scope): Extract<Value, { kind: 'bounds' }> {
  const word = text.trim().toUpperCase();
  if (/^INIT\b/.test(word)) return { kind: 'bounds', bounds: { lower: 0n, upperRaw: 0n } };
  if (/^NULL\b/.test(word)) return { kind: 'bounds', bounds: boundsFrom(MASK64, 0n) };
  // A value copied from the variables view has the size behind it.
  const trimmed = text.trim().replace(/\]\s*[\d,]+ bytes?.*$/, ']');
  const value = evaluateText(/^\[.*\]$/.test(trimmed) ? trimmed : `[${trimmed}]`, scope);
  if (value.kind !== 'bounds') throw new UserError('Bounds are set as [LOWER, UPPER], INIT or NULL.');
  return value;
}
