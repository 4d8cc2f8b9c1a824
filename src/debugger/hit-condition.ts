/** Hit counts of breakpoints: `5`, `== 5`, `>= 5`, `> 5`, `<= 5`, `< 5`, `% 5`. */
import { UserError } from './errors.ts';

/** Whether the `hits`-th time counts; hits are 1-based. */
export type HitCondition = (hits: number) => boolean;

const TESTS: Record<string, (hits: number, wanted: number) => boolean> = {
  '=': (hits, wanted) => hits === wanted,
  '==': (hits, wanted) => hits === wanted,
  '>=': (hits, wanted) => hits >= wanted,
  '>': (hits, wanted) => hits > wanted,
  '<=': (hits, wanted) => hits <= wanted,
  '<': (hits, wanted) => hits < wanted,
  '%': (hits, wanted) => hits % wanted === 0,
};

/** Parses a hit count. A plain number means exactly that hit. Throws UserError. */
export function parseHitCondition(text: string): HitCondition {
  const match = /^\s*(==?|>=?|<=?|%)?\s*(\d{1,15})\s*$/.exec(text);
  const wanted = match ? Number(match[2]) : 0;
  if (!match || (match[1] === '%' && wanted === 0))
    throw new UserError(`“${text}” is not a hit count: use a number, or >, >=, <, <=, == or % and a number.`);
  const test = TESTS[match[1] ?? '=='];
  return (hits) => test(hits, wanted);
}
