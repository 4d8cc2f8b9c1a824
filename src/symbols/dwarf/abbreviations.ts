import { Cursor, CursorError } from '../../base/cursor.ts';

/** One attribute of an abbreviation: DW_AT_* and DW_FORM_* numbers. */
export interface AttributeSpec {
  readonly name: number;
  readonly form: number;
  /** Value of DW_FORM_implicit_const. */
  readonly implicit: number;
}

/** A declaration of .debug_abbrev (DWARF 5, 7.5.3). */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeSpec[];
}

/**
 * Abbreviation tables by offset. Units of one program share or adjoin their tables, so together they are read about
 * once; a file whose units make it read far more than there is gets an error instead of our time.
 */
export class AbbreviationTables {
  private readonly tables = new Map<number, Map<number, Abbreviation>>();
  private budget: number;

  constructor(private readonly section: Uint8Array) {
    this.budget = section.length * 4 + 65536;
  }

  /** @throws CursorError if the table at `offset` is broken. */
  at(offset: number): Map<number, Abbreviation> {
    const known = this.tables.get(offset);
    if (known) return known;
    if (this.budget < 0) throw new CursorError('abbreviation tables overlap without end');
    const table = new Map<number, Abbreviation>();
    const cursor = new Cursor(this.section, offset);
    try {
      for (let code = cursor.uleb(); code !== 0; code = cursor.uleb()) {
        const tag = cursor.uleb();
        const hasChildren = cursor.u8() !== 0;
        const attributes: AttributeSpec[] = [];
        for (;;) {
          const name = cursor.uleb();
          const form = cursor.uleb();
          const implicit = form === 0x21 ? cursor.sleb() : 0;
          if (name === 0 && form === 0) break;
          attributes.push({ name, form, implicit });
        }
        if (!table.has(code)) table.set(code, { tag, hasChildren, attributes });
      }
    } finally {
      this.budget -= cursor.position - offset;
    }
    this.tables.set(offset, table);
    return table;
  }
}
