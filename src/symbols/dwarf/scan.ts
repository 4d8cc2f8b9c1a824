import { Cursor, CursorError } from '../../base/cursor.ts';
import type { Abbreviation } from './abbreviations.ts';
import { type Encoding, sectionOffset } from './forms.ts';
import { Attribute } from './names.ts';
import type { CompilationUnit } from './units.ts';

/** Bytes of the forms whose size does not depend on the value. */
const FIXED = new Map<number, number>([
  ...[0x0b, 0x0c, 0x11, 0x25, 0x29].map((form): [number, number] => [form, 1]),
  ...[0x05, 0x12, 0x26, 0x2a].map((form): [number, number] => [form, 2]),
  ...[0x27, 0x2b].map((form): [number, number] => [form, 3]),
  ...[0x06, 0x13, 0x1c, 0x28, 0x2c].map((form): [number, number] => [form, 4]),
  ...[0x07, 0x14, 0x20, 0x24].map((form): [number, number] => [form, 8]),
  [0x1e, 16],
  [0x19, 0], // flag_present
  [0x21, 0], // implicit_const
]);
const SECTION_OFFSETS = new Set([0x0e, 0x17, 0x1d, 0x1f, 0x1f20, 0x1f21]);
const LEBS = new Set([0x0d, 0x0f, 0x15, 0x1a, 0x1b, 0x22, 0x23, 0x1f01, 0x1f02]);

function fixedSize(form: number, { version, offsetSize, addressSize }: Encoding): number | undefined {
  if (form === 0x01) return addressSize;
  if (form === 0x10) return version < 3 ? addressSize : offsetSize;
  return SECTION_OFFSETS.has(form) ? offsetSize : FIXED.get(form);
}

/** Reads what tells the size of a value; the bytes that are left to be passed over. @throws CursorError if the form is unknown */
function remainingSize(form: number, cursor: Cursor, encoding: Encoding): number {
  if (LEBS.has(form)) {
    while (cursor.u8() >= 0x80);
    return 0;
  }
  switch (form) {
    case 0x03: // block2
      return cursor.u16();
    case 0x04: // block4
      return cursor.u32();
    case 0x08: // string
      cursor.skipString();
      return 0;
    case 0x09: // block
    case 0x18: // exprloc
      return cursor.uleb();
    case 0x0a: // block1
      return cursor.u8();
    case 0x16: {
      const real = cursor.uleb();
      if (real === 0x16 || real === 0x21) throw new CursorError(`form ${real} cannot be indirect`);
      return fixedSize(real, encoding) ?? remainingSize(real, cursor, encoding);
    }
    default:
      throw new CursorError(`form 0x${form.toString(16)} is unknown`);
  }
}

/** How to pass over the attributes of an abbreviation: counts of bytes (≥ 0) and forms to be read (−1 − form). */
function planOf(abbreviation: Abbreviation, encoding: Encoding): number[] {
  const plan: number[] = [];
  for (const { form } of abbreviation.attributes) {
    const size = fixedSize(form, encoding);
    const last = plan.length - 1;
    if (size === undefined) plan.push(-1 - form);
    else if (last >= 0 && plan[last] >= 0) plan[last] += size;
    else plan.push(size);
  }
  return plan;
}

/** Reads over the entries of one unit without making anything of them. */
export class EntryScanner {
  readonly cursor: Cursor;
  private readonly plans = new Map<Abbreviation, number[]>();
  private readonly base: number;
  /** Where the unit begins in its section. */
  private readonly unitStart: number;
  private readonly encoding: Encoding;
  private readonly table: ReadonlyMap<number, Abbreviation>;

  /** @throws CursorError if the unit's abbreviations are broken */
  constructor(unit: CompilationUnit) {
    const { section, encoding, abbrevOffset, end, firstEntry } = unit.entries;
    this.base = section.base;
    this.encoding = encoding;
    this.table = section.abbreviations.all(abbrevOffset);
    this.cursor = new Cursor(section.bytes, firstEntry - section.base, end - section.base);
    this.unitStart = unit.offset - section.base;
  }

  /** The abbreviation of the entry at the cursor, which moves to its attributes; undefined at the end of a list. */
  next(): Abbreviation | undefined {
    const code = this.cursor.uleb();
    if (code === 0) return undefined;
    const abbreviation = this.table.get(code);
    if (!abbreviation) throw new CursorError(`abbreviation ${code} is not declared`);
    return abbreviation;
  }

  /** Moves behind the attributes of an entry. */
  skip(abbreviation: Abbreviation): void {
    let plan = this.plans.get(abbreviation);
    if (!plan) {
      plan = planOf(abbreviation, this.encoding);
      this.plans.set(abbreviation, plan);
    }
    for (const step of plan) {
      this.cursor.skip(step >= 0 ? step : remainingSize(-1 - step, this.cursor, this.encoding));
    }
  }

  /** Where in the section the next sibling is as an entry claims it, 0 if it does not; moves behind its attributes. */
  private siblingOf(abbreviation: Abbreviation): number {
    const [first] = abbreviation.attributes;
    if (first?.name !== Attribute.sibling) {
      this.skip(abbreviation);
      return 0;
    }
    const { cursor, encoding } = this;
    const at = cursor.position;
    let sibling = 0;
    if (first.form === 0x11) sibling = cursor.u8();
    else if (first.form === 0x12) sibling = cursor.u16();
    else if (first.form === 0x13) sibling = cursor.u32();
    else if (first.form === 0x15) sibling = cursor.uleb();
    else if (first.form === 0x10 && encoding.version >= 3)
      sibling = sectionOffset(cursor, encoding.offsetSize) - this.unitStart;
    cursor.seek(at);
    this.skip(abbreviation);
    return sibling && this.unitStart + sibling;
  }

  /** Moves behind the attributes of an entry and all that is below it. */
  skipTree(abbreviation: Abbreviation): void {
    const { cursor } = this;
    const sibling = this.siblingOf(abbreviation);
    if (!abbreviation.hasChildren) return;
    // Backwards or out of the unit: the claim is wrong.
    if (sibling > cursor.position && sibling <= cursor.end) {
      cursor.seek(sibling);
      return;
    }
    for (let depth = 1; depth > 0; ) {
      const below = this.next();
      if (!below) depth--;
      else {
        this.skip(below);
        if (below.hasChildren) depth++;
      }
    }
  }

  /**
   * Visits the entries of the unit in order. `visit` gets the offset of each (in the shared range) and its abbreviation, may read
   * attributes at the cursor, and tells whether what is below is to be visited too.
   * @throws CursorError where the unit is broken.
   */
  scan(visit: (offset: number, abbreviation: Abbreviation) => boolean): void {
    const { cursor } = this;
    while (cursor.remaining > 0) {
      const offset = this.base + cursor.position;
      const abbreviation = this.next();
      if (!abbreviation) continue;
      const attributes = cursor.position;
      const descend = visit(offset, abbreviation);
      cursor.seek(attributes);
      if (descend) this.skip(abbreviation);
      else this.skipTree(abbreviation);
    }
  }
}
