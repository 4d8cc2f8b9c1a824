/** Handlers that are not instructions. */
import { Exit } from './record.ts';

/** Name → exit code: records that only leave. */
export const PSEUDO = {
  /** Stands where a direct branch's target has not been decoded yet. */
  '#unlinked': Exit.UNLINKED,
  '#host': Exit.HOST,
  '#breakpoint': Exit.BREAKPOINT,
  '#end': Exit.END,
  '#invalid': Exit.INVALID,
} as const;
export type PseudoHandler = keyof typeof PSEUDO;

/** Stands before a branch that initialises the bounds, while that is observed: goes on if they all are INIT already. */
export const OBSERVE_HANDLER = '#observe';

/** The slow module's handler for the same instruction (general memory form). */
export function slowKey(key: string): string {
  return `slow ${key}`;
}
