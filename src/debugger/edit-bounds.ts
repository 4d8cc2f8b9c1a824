/** Bounds typed by the user for a register: literals, expressions, or another register. */
import type { Bounds } from '../machine/api.ts';
import { UserError } from './errors.ts';
import { evaluateBounds, evaluateText } from './expressions/evaluate.ts';
import type { Scope } from './expressions/scope.ts';

/** `[LOWER, UPPER]`, `LOWER, UPPER`, `INIT`, `NULL`, or an expression whose value is bounds (`bnd1`). Throws UserError. */
export function assignBounds(text: string, scope: Scope): Bounds {
  if (text.includes(',') || /^\s*(INIT|NULL)\b/i.test(text)) return evaluateBounds(text, scope).bounds;
  const value = evaluateText(text, scope);
  if (value.kind !== 'bounds') throw new UserError('Bounds are set as [LOWER, UPPER], INIT or NULL.');
  return value.bounds;
}
