/** The exception filters the user can switch, each with an optional condition. */
import { UserError } from './errors.ts';
import type { Evaluator } from './expressions/compile.ts';
import { compileText } from './expressions/evaluate.ts';
import type { Scope } from './expressions/scope.ts';
import { isTrue } from './expressions/value.ts';
import type { FilterId } from './stop.ts';

export interface ExceptionFilter {
  id: FilterId;
  label: string;
  description: string;
  /** Whether it is on when the user has said nothing. */
  default: boolean;
}

export const EXCEPTION_FILTERS: readonly ExceptionFilter[] = [
  {
    id: 'bounds-violation',
    label: 'Bounds violation (#BR)',
    description:
      'A BNDCL, BNDCU or BNDCN check fails. Stops before the kernel acts, so the check can be looked at, mended or skipped.',
    default: true,
  },
  {
    id: 'missing-table',
    label: 'Missing bounds table (#BR)',
    description: 'BNDLDX or BNDSTX meets a directory entry without a table. Stops before the kernel allocates one.',
    default: false,
  },
  {
    id: 'bounds-lost',
    label: 'Bounds lost by an unprefixed branch',
    description:
      'A branch without BND prefix resets live bounds to INIT (BNDPRESERVE = 0). Checks behind it find nothing.',
    default: false,
  },
  {
    id: 'bndldx-mismatch',
    label: 'BNDLDX pointer mismatch',
    description: 'BNDLDX finds bounds for another pointer value and loads INIT: the pointer goes on unchecked.',
    default: false,
  },
  {
    id: 'segmentation-fault',
    label: 'Segmentation fault',
    description: 'An access to memory that is not mapped or not allowed.',
    default: true,
  },
  { id: 'signal', label: 'Other signals', description: 'Any other signal, handled or not.', default: false },
  {
    id: 'kernel-refused',
    label: 'Kernel refused / killed by table teardown',
    description: 'The kernel cannot supply a bounds table, fails while freeing tables, or dies.',
    default: true,
  },
];

export function isFilterId(id: string): id is FilterId {
  return EXCEPTION_FILTERS.some((filter) => filter.id === id);
}

/** The filters that are on. */
export class ExceptionPolicy {
  private enabled = new Map<FilterId, Evaluator | undefined>(
    EXCEPTION_FILTERS.filter((filter) => filter.default).map((filter) => [filter.id, undefined]),
  );

  /** Replaces the selection; answers for each filter why it could not be set, if so. */
  set(wanted: { id: string; condition?: string }[]): (string | undefined)[] {
    this.enabled = new Map();
    return wanted.map(({ id, condition }) => {
      if (!isFilterId(id)) return `There is no exception filter “${id}”.`;
      try {
        this.enabled.set(id, condition?.trim() ? compileText(condition) : undefined);
        return undefined;
      } catch (error) {
        if (error instanceof UserError) return error.message;
        throw error;
      }
    });
  }

  has(id: FilterId): boolean {
    return this.enabled.has(id);
  }

  /** Whether to stop; a condition that cannot be evaluated stops. */
  wants(id: FilterId, scope: Scope): boolean {
    if (!this.enabled.has(id)) return false;
    const condition = this.enabled.get(id);
    if (!condition) return true;
    try {
      return isTrue(condition(scope));
    } catch (error) {
      if (error instanceof UserError) return true;
      throw error;
    }
  }
}
