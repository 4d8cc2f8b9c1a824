import { CursorError } from '../base/cursor.ts';
import type { DebugEntries } from './dwarf/entries.ts';
import { type FormValue, readForm } from './dwarf/forms.ts';
import { Attribute, Tag } from './dwarf/names.ts';
import { EntryScanner } from './dwarf/scan.ts';
import { At } from './dwarf/unit-values.ts';
import type { CompilationUnit } from './dwarf/units.ts';

/** What precedes the name of a type of these kinds in C. */
const KEYWORDS = new Map<number, string>([
  [Tag.structure, 'struct '],
  [Tag.classType, 'class '],
  [Tag.union, 'union '],
  [Tag.enumeration, 'enum '],
  [Tag.typedef, ''],
  [Tag.base, ''],
]);

/** Global and file-scope variables, types, enumerators and functions that are inlined, of all units by name, as offsets of their entries. Made by one pass over the entries. */
export class NameIndex {
  private readonly variables = new Map<string, number[]>();
  private readonly types = new Map<string, number>();
  private readonly enumerators = new Map<string, number>();
  private readonly inlinable = new Map<string, Set<CompilationUnit>>();

  constructor(private readonly entries: DebugEntries) {
    for (const unit of entries.units) this.addUnit(unit);
  }

  /** Variables of that name, declarations among them. */
  variablesNamed(name: string): readonly number[] {
    return this.variables.get(name) ?? [];
  }

  /** The definition of the type called `name`, with `struct `, `class `, `union ` or `enum ` before it where C wants that. */
  typeNamed(name: string): number | undefined {
    return this.types.get(name);
  }

  /** The enumeration that has an enumerator of that name. */
  enumerationWith(enumerator: string): number | undefined {
    return this.enumerators.get(enumerator);
  }

  /** Units with a function of that name that is inlined. */
  unitsInlining(name: string): Iterable<CompilationUnit> {
    return this.inlinable.get(name) ?? [];
  }

  private addUnit(unit: CompilationUnit): void {
    const { encoding, section, values } = unit.entries;
    // Most names of a table are asked for by many entries.
    const texts = new Map<number, string | undefined>();
    const textOf = (value: FormValue | undefined): string | undefined => {
      if (value?.kind !== 'string' || value.table !== section.sections.str) return values.text(value);
      if (!texts.has(value.value)) texts.set(value.value, values.text(value));
      return texts.get(value.value);
    };
    let enumeration = 0;
    try {
      const scanner = new EntryScanner(unit);
      scanner.scan((offset, { tag, attributes }) => {
        const keyword = KEYWORDS.get(tag);
        const isEnumerator = tag === Tag.enumerator;
        const isInlinable = tag === Tag.subprogram && attributes.some((one) => one.name === Attribute.inline);
        if (tag !== Tag.variable && keyword === undefined && !isEnumerator && !isInlinable)
          return tag === Tag.namespace;
        if (tag === Tag.enumeration) enumeration = offset;
        let name: FormValue | undefined;
        let specification = false;
        let declaration = false;
        for (const { name: attribute, form, implicit } of attributes) {
          const value = readForm(form, scanner.cursor, encoding, section.sections, implicit);
          if (attribute === At.name) name = value;
          else if (attribute === Attribute.specification) specification = true;
          else if (attribute === Attribute.declaration) declaration = true;
        }
        if (tag === Tag.variable) {
          const text = specification ? this.entries.name(this.entries.at(offset)) : textOf(name);
          if (text) this.addVariable(text, offset);
        } else if (isInlinable) {
          const text = specification ? this.entries.name(this.entries.at(offset)) : textOf(name);
          if (text) this.inlinable.set(text, (this.inlinable.get(text) ?? new Set()).add(unit));
        } else if (isEnumerator) {
          const text = textOf(name);
          if (text && !this.enumerators.has(text)) this.enumerators.set(text, enumeration);
        } else if (!declaration) {
          const text = textOf(name);
          if (text && !this.types.has(`${keyword}${text}`)) this.types.set(`${keyword}${text}`, offset);
        }
        return tag === Tag.enumeration;
      });
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      this.entries.remarks.push(`Names of ${unit.name || 'a unit'} are known in part: ${error.message}.`);
    }
  }

  private addVariable(name: string, offset: number): void {
    const others = this.variables.get(name);
    if (others) others.push(offset);
    else this.variables.set(name, [offset]);
  }
}
