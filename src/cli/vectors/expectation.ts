/** What a vector expects: which kernels a key speaks of, and whether an observation is what it says. */

import { hex } from '../../base/hex.ts';
import type { ProfileId } from '../../kernel/api.ts';
import { isObject, type Json, wordOf } from './fields.ts';

/** What a group of vectors observed, by key; `outcome` answers a key that is nothing but a kernel's name. */
export type Observed = bigint | number | boolean | string | null | undefined | Observed[] | { [key: string]: Observed };
export type Observations = { [key: string]: Observed };

/** Kernels that the vectors cover; `ideal` is not among them. */
export const COVERED: readonly ProfileId[] = ['v4.1', 'v4.19', 'v5.5'];

/** Marks of kernels in keys (spec E.0): alone, as `mark_…` or as `…_mark`. */
const MARKS: readonly { alone: RegExp; affix: RegExp; profiles: readonly ProfileId[] }[] = [
  { alone: /^v4\.1$/, affix: /^v41_|_v41$/, profiles: ['v4.1'] },
  { alone: /^v4\.2$/, affix: /^v42_|_v42$/, profiles: ['v4.19'] },
  { alone: /^v5\.5$/, affix: /^v55_|_v55$/, profiles: ['v5.5'] },
  { alone: /^k55$/, affix: /^k55_|_55$/, profiles: ['v4.19', 'v5.5'] },
];

interface ExpectedKey {
  readonly key: string;
  /** The key without the mark of a kernel; `outcome` if it was nothing else. */
  readonly base: string;
  readonly profiles: readonly ProfileId[];
}

/** Information for the reader that is not compared. */
const INFORMATION = ['bde_addr_if_qemu'];

/** The keys of an expectation that are compared. */
export function expectedKeys(expect: { [key: string]: Json }): ExpectedKey[] {
  return Object.keys(expect)
    .filter((key) => !INFORMATION.includes(key))
    .map((key) => {
      for (const { alone, affix, profiles } of MARKS) {
        if (alone.test(key)) return { key, base: 'outcome', profiles };
        if (affix.test(key)) return { key, base: key.replace(affix, ''), profiles };
      }
      return { key, base: key, profiles: COVERED };
    });
}

/** Whether `actual` is what `expected` says. Numbers are equal by value, texts as a whole, objects in every expected key. */
export function agrees(expected: Json, actual: Observed): boolean {
  if (typeof actual === 'bigint' || typeof actual === 'number') {
    return wordOf(expected) === BigInt.asUintN(64, BigInt(actual));
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) && actual.length === expected.length && expected.every((item, i) => agrees(item, actual[i]))
    );
  }
  if (isObject(expected)) {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
    return Object.entries(expected).every(([key, value]) => agrees(value, actual[key]));
  }
  return expected === actual;
}

/** An observation as the file would write it. */
export function observedText(actual: Observed): string {
  if (actual === undefined) return 'nothing (this key is not understood)';
  return JSON.stringify(actual, (_, value) => (typeof value === 'bigint' ? hex(value) : value));
}

/** The part of a text before a comment in parentheses (spec E.0, "Text"). */
export const withoutComment = (value: Json): Json => {
  if (typeof value !== 'string') return value;
  const [said] = value.split(' (');
  return /^\d+$/.test(said) ? Number(said) : said;
};
