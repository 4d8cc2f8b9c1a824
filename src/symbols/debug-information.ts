import { wrap64 } from '../base/address.ts';
import { type CodeRange, codeRanges } from './dwarf/code-ranges.ts';
import type { DebugEntries, Entry } from './dwarf/entries.ts';
import { Attribute, Tag } from './dwarf/names.ts';
import type { CompilationUnit } from './dwarf/units.ts';
import { NameIndex } from './name-index.ts';
import { RangeIndex } from './range-index.ts';
import { type CType, constantOf, TypeReader } from './types.ts';
import type { UnitIndex } from './unit-index.ts';

/** A variable or parameter as its scope declares it. */
export interface Variable {
  readonly name: string;
  readonly entry: Entry;
  readonly isArgument: boolean;
}

interface UnitCode {
  readonly functions: RangeIndex<CodeRange>;
  readonly inlined: RangeIndex<CodeRange>;
}

/** Scopes are nested no deeper unless somebody means harm. */
const MOST_DEPTH = 100;

/** Functions, variables and types of one file, found by address or by name; read unit by unit when asked for. */
export class DebugInformation {
  readonly types: TypeReader;
  private readonly code = new Map<CompilationUnit, UnitCode>();
  private nameIndex: NameIndex | undefined;

  constructor(
    readonly entries: DebugEntries,
    private readonly units: UnitIndex,
    /** Run-time minus link-time address. */
    readonly bias: bigint,
  ) {
    this.types = new TypeReader(entries, (keyword, name) => entries.at(this.names.typeNamed(`${keyword} ${name}`)));
  }

  private get names(): NameIndex {
    this.nameIndex ??= new NameIndex(this.entries);
    return this.nameIndex;
  }

  private codeOf(unit: CompilationUnit): UnitCode {
    let code = this.code.get(unit);
    if (!code) {
      const { functions, inlined } = codeRanges(unit, this.entries.remarks);
      code = { functions: new RangeIndex(functions), inlined: new RangeIndex(inlined) };
      this.code.set(unit, code);
    }
    return code;
  }

  /** The function whose code is at run-time `pc`. */
  functionAt(pc: bigint): Entry | undefined {
    const linked = wrap64(pc - this.bias);
    const unit = this.units.at(linked);
    return unit && this.entries.at(this.codeOf(unit).functions.at(linked)?.entry);
  }

  /** [start, end) of the piece of a function of `unit` that run-time `pc` is in. */
  functionRange(pc: bigint, unit: CompilationUnit): { start: bigint; end: bigint } | undefined {
    const found = this.codeOf(unit).functions.at(wrap64(pc - this.bias));
    return found && { start: wrap64(found.start + this.bias), end: wrap64(found.end + this.bias) };
  }

  /** The offset of the innermost inlined copy of a function that run-time `pc` is in. `known` is the unit there, if the caller has it. */
  inlinedCopyAt(pc: bigint, known?: CompilationUnit): number | undefined {
    const linked = wrap64(pc - this.bias);
    const unit = known ?? this.units.at(linked);
    return unit && this.codeOf(unit).inlined.at(linked)?.entry;
  }

  /** Where the inlined copies of the function called `name` are entered; run-time addresses. */
  inlinedCopiesOf(name: string): bigint[] {
    const starts = new Set<bigint>();
    const seen = new Set<number>();
    for (const unit of this.names.unitsInlining(name))
      for (const { entry: offset } of this.codeOf(unit).inlined) {
        const entry = seen.has(offset) ? undefined : this.entries.at(offset);
        seen.add(offset);
        if (!entry || this.entries.name(entry) !== name) continue;
        const start = this.entryOf(entry);
        if (start !== undefined) starts.add(wrap64(start + this.bias));
      }
    return [...starts];
  }

  /** Where a copy is entered (DWARF 5, 2.18), link-time: said by itself, or its lowest address. */
  private entryOf(entry: Entry): bigint | undefined {
    const [first] = this.entries.ranges(entry);
    const value = entry.values.get(Attribute.entryPc);
    const address = this.entries.guarded(entry.unit, () => entry.unit.entries.values.address(value), undefined);
    const offset = constantOf(value);
    return address ?? (first && offset !== undefined ? first.start + offset : first?.start);
  }

  /** First address of a function, run-time. */
  startOf(entry: Entry): bigint | undefined {
    const start = this.entries.ranges(entry)[0]?.start;
    return start === undefined ? undefined : wrap64(start + this.bias);
  }

  /** The scopes around `pc` in a function, outermost (the function) first: inlined copies and lexical blocks. */
  scopesAt(functionEntry: Entry, pc: bigint): Entry[] {
    const linked = wrap64(pc - this.bias);
    const scopes = [functionEntry];
    for (let depth = 0; depth < MOST_DEPTH; depth++) {
      const inner = this.innerScope(scopes[scopes.length - 1], linked, 0);
      if (inner.length === 0) break;
      scopes.push(...inner);
    }
    return scopes;
  }

  /** The scope within `scope` that covers an address, behind blocks that do not say where their code is. */
  private innerScope(scope: Entry, linked: bigint, depth: number): Entry[] {
    for (const child of this.entries.children(scope)) {
      if (!isScope(child)) continue;
      if (this.covers(child, linked)) return [child];
      if (child.tag !== Tag.lexicalBlock || depth > 20 || this.entries.ranges(child).length) continue;
      const inner = this.innerScope(child, linked, depth + 1);
      if (inner.length) return [child, ...inner];
    }
    return [];
  }

  private covers(entry: Entry, linked: bigint): boolean {
    return this.entries.ranges(entry).some(({ start, end }) => linked >= start && linked < end);
  }

  /** Variables that a scope declares itself, in the order of the source. */
  variablesOf(scope: Entry): Variable[] {
    return this.entries
      .children(scope)
      .filter(({ tag }) => tag === Tag.variable || tag === Tag.parameter)
      .flatMap((entry) => {
        const name = this.entries.name(entry);
        return name ? [{ name, entry, isArgument: entry.tag === Tag.parameter }] : [];
      });
  }

  /** Variables at file scope of the unit that `pc` is in: those that it defines, in the order of the source. */
  fileVariables(pc: bigint): Variable[] {
    const unit = this.units.at(wrap64(pc - this.bias));
    const seen = new Set<string>();
    return (unit ? this.entries.topLevel(unit) : []).flatMap((entry) => {
      if (entry.tag !== Tag.variable || !this.entries.value(entry, Attribute.location)) return [];
      const name = this.entries.name(entry);
      if (!name || seen.has(name)) return [];
      seen.add(name);
      return [{ name, entry, isArgument: false }];
    });
  }

  /** The global or file-scope variable called `name`; one of the unit at `pc` before others. */
  global(name: string, pc?: bigint): Variable | undefined {
    const unit = pc === undefined ? undefined : this.units.at(wrap64(pc - this.bias));
    const defined = this.names.variablesNamed(name).flatMap((offset) => {
      const entry = this.entries.at(offset);
      return entry && this.entries.value(entry, Attribute.location) ? [entry] : [];
    });
    const entry = defined.find((one) => one.unit === unit) ?? defined[0];
    return entry && { name, entry, isArgument: false };
  }

  /** The type called `name`: `struct node`, `enum colour`, `size_t`, `unsigned int`. */
  typeNamed(name: string): CType | undefined {
    const entry = this.entries.at(this.names.typeNamed(name));
    return entry && this.types.type(entry);
  }

  /** The enumerator called `name`, of an enumeration at file scope. */
  enumerator(name: string): { type: CType; value: bigint } | undefined {
    const owner = this.entries.at(this.names.enumerationWith(name));
    const type = owner && this.types.type(owner);
    if (type?.kind !== 'enum') return undefined;
    const found = type.values().find((one) => one.name === name);
    return found && { type, value: found.value };
  }
}

function isScope({ tag }: Entry): boolean {
  return tag === Tag.lexicalBlock || tag === Tag.inlined;
}
