/** `mpxdbg vectors FILE…`: runs vectors files (spec E) through the machine and the kernel and says what differs. */
import type { ProfileId } from '../../kernel/api.ts';
import { allocation } from './allocation.ts';
import { bndldx } from './bndldx.ts';
import { bndmk } from './bndmk.ts';
import { branches } from './branches.ts';
import { checks } from './checks.ts';
import { decode } from './decode.ts';
import { dispatch } from './dispatch.ts';
import { agrees, COVERED, expectedKeys, type Observations, observedText, withoutComment } from './expectation.ts';
import { Fields, NotUnderstood } from './fields.ts';
import { type Common, parseVector, parseVectorFile, type Vector } from './format.ts';
import type { Group } from './group.ts';
import { images } from './images.ts';
import { libmpx } from './libmpx.ts';
import { MachinePool } from './machine.ts';
import { management } from './management.ts';
import { translate } from './translate.ts';
import { unmap } from './unmap.ts';

const GROUPS: Readonly<Record<string, Group>> = {
  T64_: translate(64),
  T32_: translate(32),
  C: checks,
  M: bndmk,
  X: bndldx,
  B: branches,
  D: decode,
  R: dispatch,
  A: allocation,
  P: management,
  U: unmap,
  S: images,
  L: libmpx,
};

interface VectorsResult {
  passed: number;
  failed: number;
}

/** One difference: what a key should be and what was observed. */
interface Difference {
  key: string;
  expected: string;
  actual: string;
}

/** Runs one vector for each kernel that its expectation speaks of. Throws NotUnderstood. */
function runVector(group: Group, vector: Vector, common: Common, machines: MachinePool): Difference[] {
  const keys = expectedKeys(vector.expect);
  const observed = new Map<ProfileId, Observations>();
  const observe = (profile: ProfileId): Observations => {
    let result = observed.get(profile);
    if (!result) {
      const input = new Fields(vector.input);
      // Registers of 64-bit code unless told otherwise.
      const mode = input.integer('mode', 64);
      if (mode !== 64 && mode !== 32) throw new NotUnderstood(`mode ${mode}`);
      result = group.run(input, { common, machines, profile, expect: vector.expect });
      input.finish();
      observed.set(profile, result);
    }
    return result;
  };
  if (keys.length === 0) observe(COVERED[0]);
  return keys.flatMap(({ key, base, profiles }) => {
    const expected = group.commented?.includes(base) ? withoutComment(vector.expect[key]) : vector.expect[key];
    return (group.profiled ? profiles : [COVERED[0]]).flatMap((profile) => {
      const observations = observe(profile);
      if (group.agrees?.(base, expected, observations) ?? agrees(expected, observations[base])) return [];
      const name = group.profiled ? `${key} (${profile})` : key;
      return [{ key: name, expected: JSON.stringify(vector.expect[key]), actual: observedText(observations[base]) }];
    });
  });
}

/** Differences of one vector; what the runner does not understand, or a fault of ours, is one too. */
function differencesOf(vector: Vector, common: Common, machines: MachinePool): Difference[] {
  const group = Object.hasOwn(GROUPS, vector.group) ? GROUPS[vector.group] : undefined;
  try {
    if (!group) throw new NotUnderstood(`group '${vector.group}' is not known`);
    return runVector(group, vector, common, machines);
  } catch (error) {
    const actual =
      error instanceof NotUnderstood
        ? error.message
        : `internal error: ${error instanceof Error ? error.stack : error}`;
    return [{ key: 'not run', expected: JSON.stringify(vector.expect), actual }];
  }
}

/**
 * Runs every vector of `files` and prints a line for each difference, then the sum. A file that cannot be read counts as one failure.
 */
export function runVectors(
  files: readonly { name: string; text: string }[],
  print: (line: string) => void,
): VectorsResult {
  const machines = new MachinePool();
  const result: VectorsResult = { passed: 0, failed: 0 };
  for (const { name, text } of files) {
    let file: ReturnType<typeof parseVectorFile>;
    try {
      file = parseVectorFile(text);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      print(`${name}: ${error.message}`);
      result.failed++;
      continue;
    }
    for (const item of file.vectors) {
      let vector: Vector;
      try {
        vector = parseVector(item);
      } catch (error) {
        if (!(error instanceof NotUnderstood)) throw error;
        print(`${name}: ${error.message}`);
        result.failed++;
        continue;
      }
      const differences = differencesOf(vector, file.common, machines);
      if (differences.length > 0) result.failed++;
      else result.passed++;
      for (const { key, expected, actual } of differences) {
        print(`${vector.id}: ${key}: expected ${expected}, actual ${actual}`);
      }
    }
  }
  print(`${result.passed} passed, ${result.failed} failed`);
  return result;
}
