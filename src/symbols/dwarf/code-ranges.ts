import { CursorError } from '../../base/cursor.ts';
import { type FormValue, readForm } from './forms.ts';
import { Tag } from './names.ts';
import type { AddressRange } from './ranges.ts';
import { EntryScanner } from './scan.ts';
import { At } from './unit-values.ts';
import type { CompilationUnit } from './units.ts';

/** Code of the entries of one kind: functions, or copies of functions that were inlined. */
export interface CodeRange extends AddressRange {
  /** Offset of the entry; it may have several ranges. */
  readonly entry: number;
}

const PLACE = new Set<number>([At.lowPc, At.highPc, At.ranges]);

/**
 * Where the functions of a unit are, and the copies of functions that were inlined, at any depth; in the order of their entries, outer
 * ones first. Entries are read over one after another, so the work is bounded by the unit's size; if one is broken, the
 * ranges found before it are kept and a remark is made.
 */
export function codeRanges(
  unit: CompilationUnit,
  remarks: string[],
): { functions: readonly CodeRange[]; inlined: readonly CodeRange[] } {
  const { encoding, section, values } = unit.entries;
  const functions: CodeRange[] = [];
  const inlined: CodeRange[] = [];
  try {
    const scanner = new EntryScanner(unit);
    scanner.scan((offset, { tag, attributes }) => {
      const into = tag === Tag.subprogram ? functions : tag === Tag.inlined ? inlined : undefined;
      if (!into || !attributes.some(({ name }) => PLACE.has(name))) return true;
      const entry = new Map<number, FormValue>();
      for (const { name, form, implicit } of attributes) {
        const value = readForm(form, scanner.cursor, encoding, section.sections, implicit);
        if (PLACE.has(name)) entry.set(name, value);
      }
      for (const range of values.ranges(entry)) into.push({ ...range, entry: offset });
      return true;
    });
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    remarks.push(`Functions of ${unit.name || 'a unit'} are known in part: ${error.message}.`);
  }
  return { functions, inlined };
}
