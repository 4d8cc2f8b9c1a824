/** What a group of vectors is to the runner. */
import type { ProfileId } from '../../kernel/api.ts';
import type { Observations } from './expectation.ts';
import type { Fields, Json } from './fields.ts';
import type { Common } from './format.ts';
import type { MachinePool } from './machine.ts';

export interface GroupContext {
  readonly common: Common;
  readonly machines: MachinePool;
  readonly profile: ProfileId;
  /** The expectation; groups whose procedure depends on what is asked look into it. */
  readonly expect: { [key: string]: Json };
}

export interface Group {
  /** Whether what it observes may depend on the kernel; otherwise it is run once. */
  readonly profiled: boolean;
  /** Runs one vector and says what was observed. Throws NotUnderstood. */
  run(input: Fields, context: GroupContext): Observations;
  /** Expected keys (without kernel marks) in whose texts a parenthesis opens a comment. */
  readonly commented?: readonly string[];
  /** Compares in another way than by value; undefined: by value. */
  agrees?(base: string, expected: Json, observations: Observations): boolean | undefined;
}
