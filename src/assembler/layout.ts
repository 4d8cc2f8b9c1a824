/** Gives every fragment its size and place. Sizes only grow, so that it comes to an end. */
import { lebBytes } from './bytes.ts';
import { constantOf, type Distance, evaluate } from './evaluate.ts';
import { type AsmSymbol, fixedDistance, offsetOf } from './model.ts';
import { type Fragment, MAX_SECTION, type Section } from './sections.ts';
import type { Place } from './source.ts';

/** Takes mistakes that only the layout can find. */
export type Report = (place: Place, message: string) => void;

/** Bytes that may be reserved in a section without any. */
const MAX_EMPTY = 2 ** 40;

/** The distance of labels by the places their sections have now. */
export const distanceNow: Distance = (a, b) => {
  if (!a.label || !b.label || a.label.section !== b.label.section) return undefined;
  return BigInt(offsetOf(a.label) - offsetOf(b.label));
};

/** The distance of labels that is known while the source is still read. */
export const distanceKnown: Distance = (a, b) => (a.label && b.label ? fixedDistance(a.label, b.label) : undefined);

/** Whether `symbol` is this file's alone. */
export const isLocal = (symbol: AsmSymbol): boolean => symbol.binding === 'local';
/** Whether a jump to `symbol` may be made without a reference: what another file can define instead needs one. */
export const isFixed = (symbol: AsmSymbol): boolean => symbol.binding !== 'weak';

function place(section: Section): boolean {
  const starts: number[] = [0];
  let at = 0;
  for (const fragment of section.fragments) {
    if (fragment.kind === 'align') {
      const padding = (fragment.alignment - (at % fragment.alignment)) % fragment.alignment;
      fragment.size = padding <= fragment.most ? padding : 0;
    }
    at += fragment.kind === 'data' ? fragment.bytes.length : fragment.size;
    starts.push(at);
  }
  const changed = starts.some((start, i) => start !== section.starts[i]);
  section.starts = starts;
  return changed;
}

/** Bytes that the fragment needs, as things stand; undefined if that cannot be said. */
function sizeNeeded(fragment: Fragment, start: number, section: Section, report: Report): number | undefined {
  switch (fragment.kind) {
    case 'skip': {
      const count = constantOf(fragment.count, distanceNow);
      if (count === undefined)
        report(fragment.place, 'How many bytes to skip cannot be computed: only distances within a section can.');
      return Number(count ?? 0n);
    }
    case 'org': {
      const target = evaluate(fragment.target, distanceNow);
      const inSection = target?.plus?.label?.section === section && !target.minus;
      if (!target || (target.plus && !inSection) || target.minus) {
        report(fragment.place, '.org needs a number, or a place in this section.');
        return 0;
      }
      return Number(target.offset) + (target.plus?.label ? offsetOf(target.plus.label) : 0) - start;
    }
    case 'leb': {
      const value = constantOf(fragment.value, distanceNow);
      if (value === undefined)
        report(fragment.place, 'A LEB128 number must be computable here: only distances within a section are.');
      return lebBytes(value ?? 0n, fragment.signed).length;
    }
    case 'branch': {
      const target = evaluate(fragment.target, distanceNow);
      const label = target?.plus?.label;
      if (fragment.size === fragment.near.bytes.length || !target || target.minus || target.modifier)
        return fragment.near.bytes.length;
      if (!target.plus || !label || label.section !== section || !isFixed(target.plus))
        return fragment.near.bytes.length;
      const apart = offsetOf(label) + Number(target.offset) - (start + fragment.short.bytes.length);
      return apart >= -128 && apart <= 127 ? fragment.short.bytes.length : fragment.near.bytes.length;
    }
    default:
      return undefined;
  }
}

/** Fills `starts` of all sections. Mistakes are reported once, when sizes have settled. */
export function layOut(sections: readonly Section[], report: Report): void {
  for (const section of sections) {
    // The smallest sizes; distances of what lies far then come out too small, never too large.
    for (const fragment of section.fragments) {
      if (fragment.kind === 'branch') fragment.size = fragment.short.bytes.length;
      if (fragment.kind === 'leb') fragment.size = 1;
    }
    place(section);
  }
  const silent: Report = () => {};
  // Each round that changes something makes a branch or a number longer; alignments may sway a few rounds more.
  const rounds = 20 + sections.reduce((count, { fragments }) => count + fragments.length, 0);
  for (let round = 0, changed = true; changed && round < rounds; round++) {
    changed = false;
    for (const section of sections) {
      section.fragments.forEach((fragment, i) => {
        const needed = sizeNeeded(fragment, section.starts[i], section, silent);
        if (needed === undefined || fragment.kind === 'data') return;
        const grows = fragment.kind === 'branch' || fragment.kind === 'leb';
        const size = grows ? Math.max(fragment.size, needed) : Math.max(0, needed);
        if (size !== fragment.size) changed = true;
        fragment.size = size;
      });
    }
    for (const section of sections) if (place(section)) changed = true;
  }
  for (const section of sections) check(section, report);
}

function check(section: Section, report: Report): void {
  section.fragments.forEach((fragment, i) => {
    const needed = sizeNeeded(fragment, section.starts[i], section, report);
    if (needed === undefined || !('place' in fragment)) return;
    if (fragment.kind === 'org' && needed < 0)
      report(fragment.place, '.org cannot go back: what is there has been written.');
    if (fragment.kind === 'skip' && needed < 0) report(fragment.place, 'A negative number of bytes cannot be skipped.');
  });
  const most = section.empty ? MAX_EMPTY : MAX_SECTION;
  if (section.size > most) throw new Error(`The section ${section.name} would be larger than ${most} bytes.`);
}
