import { wrap64 } from '../base/address.ts';
import { lastAtMost } from '../base/search.ts';
import type { DebugEntries, Entry } from './dwarf/entries.ts';
import { Attribute, Tag } from './dwarf/names.ts';
import type { AddressRange } from './dwarf/ranges.ts';
import type { CompilationUnit } from './dwarf/units.ts';
import { type CType, type RecordKeyword, TypeReader } from './types.ts';

/** A variable or parameter as its scope declares it. */
export interface Variable {
  readonly name: string;
  readonly entry: Entry;
  readonly isArgument: boolean;
}

interface FunctionRange extends AddressRange {
  readonly entry: Entry;
}

const KEYWORDS = new Map<number, RecordKeyword | 'enum'>([
  [Tag.structure, 'struct'],
  [Tag.classType, 'class'],
  [Tag.union, 'union'],
  [Tag.enumeration, 'enum'],
]);
const TYPES = new Set<number>([...KEYWORDS.keys(), Tag.typedef, Tag.base]);
/** Scopes are nested no deeper unless somebody means harm. */
const MOST_DEPTH = 100;

/** Functions, variables and types of one file, found by address or by name; read unit by unit when asked for. */
export class DebugInformation {
  readonly types: TypeReader;
  private readonly functions = new Map<CompilationUnit, FunctionRange[]>();
  private names: { variables: Map<string, Entry[]>; types: Map<string, Entry>; enumerations: Entry[] } | undefined;
  private enumerators: Map<string, Entry> | undefined;

  constructor(
    readonly entries: DebugEntries,
    /** Run-time minus link-time address. */
    readonly bias: bigint,
  ) {
    this.types = new TypeReader(entries, (keyword, name) => this.index().types.get(`${keyword} ${name}`));
  }

  private unitAt(linked: bigint): CompilationUnit | undefined {
    return this.entries.units.find(({ ranges }) => ranges.some(({ start, end }) => linked >= start && linked < end));
  }

  /** The function whose code is at run-time `pc`. */
  functionAt(pc: bigint): Entry | undefined {
    const linked = wrap64(pc - this.bias);
    const unit = this.unitAt(linked);
    if (!unit) return undefined;
    let ranges = this.functions.get(unit);
    if (!ranges) {
      ranges = [];
      this.collectFunctions(this.entries.topLevel(unit), ranges, 0);
      ranges.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
      this.functions.set(unit, ranges);
    }
    const found = ranges[lastAtMost(ranges, linked, ({ start }) => start)];
    return found && linked < found.end ? found.entry : undefined;
  }

  private collectFunctions(list: readonly Entry[], into: FunctionRange[], depth: number): void {
    if (depth > MOST_DEPTH) return;
    for (const entry of list) {
      if (entry.tag === Tag.namespace) this.collectFunctions(this.entries.children(entry), into, depth + 1);
      if (entry.tag !== Tag.subprogram) continue;
      for (const range of this.entries.ranges(entry)) into.push({ ...range, entry });
    }
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

  /** The global or file-scope variable called `name`; one of the unit at `pc` before others. */
  global(name: string, pc?: bigint): Variable | undefined {
    const found = this.index().variables.get(name);
    if (!found) return undefined;
    const unit = pc === undefined ? undefined : this.unitAt(wrap64(pc - this.bias));
    const defined = found.filter((entry) => this.entries.value(entry, Attribute.location));
    const entry = defined.find((one) => one.unit === unit) ?? defined[0];
    return entry && { name, entry, isArgument: false };
  }

  /** The type called `name`: `struct node`, `enum colour`, `size_t`, `unsigned int`. */
  typeNamed(name: string): CType | undefined {
    const entry = this.index().types.get(name);
    return entry && this.types.type(entry);
  }

  /** The enumerator called `name`, of an enumeration at file scope. */
  enumerator(name: string): { type: CType; value: bigint } | undefined {
    if (!this.enumerators) {
      this.enumerators = new Map();
      for (const entry of this.index().enumerations)
        for (const child of this.entries.children(entry)) {
          const label = child.tag === Tag.enumerator ? this.entries.name(child) : undefined;
          if (label !== undefined && !this.enumerators.has(label)) this.enumerators.set(label, entry);
        }
    }
    const owner = this.enumerators.get(name);
    const type = owner && this.types.type(owner);
    if (type?.kind !== 'enum') return undefined;
    const found = type.values().find((one) => one.name === name);
    return found && { type, value: found.value };
  }

  private index() {
    if (this.names) return this.names;
    const names = {
      variables: new Map<string, Entry[]>(),
      types: new Map<string, Entry>(),
      enumerations: [] as Entry[],
    };
    this.names = names;
    for (const unit of this.entries.units) this.indexList(this.entries.topLevel(unit), names, 0);
    return names;
  }

  private indexList(list: readonly Entry[], names: NonNullable<DebugInformation['names']>, depth: number): void {
    for (const entry of list) {
      if (entry.tag === Tag.variable) {
        const name = this.entries.name(entry);
        if (!name) continue;
        const others = names.variables.get(name);
        if (others) others.push(entry);
        else names.variables.set(name, [entry]);
      } else if (TYPES.has(entry.tag)) {
        if (entry.tag === Tag.enumeration) names.enumerations.push(entry);
        const name = this.entries.name(entry);
        const keyword = KEYWORDS.get(entry.tag);
        const key = keyword ? `${keyword} ${name}` : name;
        if (!name || !key) continue;
        const known = names.types.get(key);
        if (!known || known.values.has(Attribute.declaration)) names.types.set(key, entry);
      } else if (entry.tag === Tag.namespace && depth < MOST_DEPTH) {
        this.indexList(this.entries.children(entry), names, depth + 1);
      }
    }
  }
}

function isScope({ tag }: Entry): boolean {
  return tag === Tag.lexicalBlock || tag === Tag.inlined;
}
