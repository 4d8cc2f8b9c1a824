import { Cursor, CursorError } from '../../base/cursor.ts';

/** The form that keeps its value in the abbreviation. */
const IMPLICIT_CONST = 0x21;

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
 * Declarations of abbreviation tables. Units of one program have tables of their own or share one, so together they are
 * read about once; a file whose units make us read far more than there is gets an error instead of our time.
 */
export class AbbreviationTables {
  private readonly found = new Map<string, Abbreviation | undefined>();
  private readonly tables = new Map<number, ReadonlyMap<number, Abbreviation>>();
  private budget: number;

  constructor(private readonly section: Uint8Array) {
    this.budget = section.length * 4 + 65536;
  }

  /**
   * The declaration of `code` in the table at `offset`. Nothing is kept of the declarations before it.
   * @throws CursorError if the table is broken.
   */
  find(offset: number, code: number): Abbreviation | undefined {
    const key = `${offset} ${code}`;
    if (!this.found.has(key)) {
      let wanted: Abbreviation | undefined;
      this.read(offset, code, (_, abbreviation) => {
        wanted = abbreviation;
      });
      this.found.set(key, wanted);
    }
    return this.found.get(key);
  }

  /**
   * All declarations of the table at `offset` by code.
   * @throws CursorError if the table is broken.
   */
  all(offset: number): ReadonlyMap<number, Abbreviation> {
    const known = this.tables.get(offset);
    if (known) return known;
    const table = new Map<number, Abbreviation>();
    this.read(offset, undefined, (code, abbreviation) => table.set(code, abbreviation));
    this.tables.set(offset, table);
    return table;
  }

  /** Reports the declaration of `only` and stops there, or all if it is undefined. */
  private read(
    offset: number,
    only: number | undefined,
    report: (code: number, abbreviation: Abbreviation) => void,
  ): void {
    if (this.budget < 0) throw new CursorError('abbreviation tables overlap without end');
    const cursor = new Cursor(this.section, offset);
    try {
      for (let code = cursor.uleb(); code !== 0; code = cursor.uleb()) {
        const wanted = only === undefined || only === code;
        const attributes: AttributeSpec[] = [];
        const tag = cursor.uleb();
        const hasChildren = cursor.u8() !== 0;
        for (;;) {
          const name = cursor.uleb();
          const form = cursor.uleb();
          const implicit = form === IMPLICIT_CONST ? cursor.sleb() : 0;
          if (name === 0 && form === 0) break;
          if (wanted) attributes.push({ name, form, implicit });
        }
        if (wanted) report(code, { tag, hasChildren, attributes });
        if (only === code) return;
      }
    } finally {
      this.budget -= cursor.position - offset;
    }
  }
}
