import { Cursor, CursorError } from '../../base/cursor.ts';
import type { AbbreviationTables } from './abbreviations.ts';
import { type FormValue, readForm } from './forms.ts';
import type { AddressRange } from './ranges.ts';
import type { DwarfSections } from './sections.ts';
import { At } from './unit-values.ts';
import type { CompilationUnit } from './units.ts';

const TAG_INLINED_SUBROUTINE = 0x1d;

/** A stretch of code that belongs to one inlined copy of a function. */
export interface InlinedRange extends AddressRange {
  /** Number of the copy; a copy may be in several stretches. */
  readonly copy: number;
}

/**
 * Where functions were inlined in a unit, at any depth. Entries are read one after another, so the work is bounded by the
 * unit's size; if one is broken, the copies found before it are kept and a remark is made.
 */
export function inlinedRanges(
  unit: CompilationUnit,
  sections: DwarfSections,
  abbreviations: AbbreviationTables,
  remarks: string[],
): InlinedRange[] {
  const { encoding, abbrevOffset, values, firstEntry, end } = unit.entries;
  const found: InlinedRange[] = [];
  try {
    const table = abbreviations.all(abbrevOffset);
    const cursor = new Cursor(sections.info, firstEntry, end);
    for (let copy = 0; cursor.remaining > 0; ) {
      const code = cursor.uleb();
      if (code === 0) continue;
      const abbreviation = table.get(code);
      if (!abbreviation) throw new CursorError(`abbreviation ${code} is not declared`);
      const wanted = abbreviation.tag === TAG_INLINED_SUBROUTINE;
      const entry = new Map<number, FormValue>();
      for (const { name, form, implicit } of abbreviation.attributes) {
        const value = readForm(form, cursor, encoding, sections, implicit);
        if (wanted && (name === At.lowPc || name === At.highPc || name === At.ranges)) entry.set(name, value);
      }
      if (!wanted) continue;
      for (const range of values.ranges(entry)) found.push({ ...range, copy });
      copy++;
    }
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    remarks.push(`Inlined functions of ${unit.name} are known in part: ${error.message}.`);
  }
  return found;
}

/** The innermost copy that holds a link-time address. */
export function innermostCopy(ranges: readonly InlinedRange[], address: bigint): number | undefined {
  let best: InlinedRange | undefined;
  for (const range of ranges) {
    if (address < range.start || address >= range.end) continue;
    // Entries come outer ones first, so of equal stretches the later one is the inner.
    if (!best || range.end - range.start <= best.end - best.start) best = range;
  }
  return best?.copy;
}
