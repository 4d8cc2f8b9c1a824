/** Breakpoints of the user: where they are, whether they are met, and why one could not be set. */
import { hex } from '../base/hex.ts';
import type { SourceLocation } from '../symbols/api.ts';
import { UserError } from './errors.ts';
import type { Evaluator } from './expressions/compile.ts';
import { compileText } from './expressions/evaluate.ts';
import type { Scope } from './expressions/scope.ts';
import { isTrue } from './expressions/value.ts';
import { type HitCondition, parseHitCondition } from './hit-condition.ts';
import { type LogMessage, parseLogMessage, renderLogMessage } from './log-message.ts';
import { baseName, type ProgramSymbols } from './symbols.ts';

export type BreakpointKind = 'source' | 'function' | 'instruction';

/** What the user asked of a breakpoint beyond its place. */
export interface BreakpointOptions {
  condition?: string;
  hitCondition?: string;
  logMessage?: string;
}

/** Where the user wants it, in their words. */
type Target =
  | { kind: 'source'; file: string; line: number; column?: number }
  | { kind: 'function'; name: string }
  | { kind: 'instruction'; address: bigint };

export interface Breakpoint {
  /** Never used twice. */
  readonly id: number;
  readonly kind: BreakpointKind;
  readonly target: Target;
  /** Where it stops; empty if it could not be set. */
  addresses: readonly bigint[];
  /** Why it could not be set. */
  problem?: string;
  /** A library that is loaded later may have the place. */
  pending?: boolean;
  /** Its condition, hit count or message is not understood: it is nowhere, whatever the program. */
  malformed?: boolean;
  location?: SourceLocation;
  condition?: Evaluator;
  hitCondition?: HitCondition;
  logMessage?: LogMessage;
  hits: number;
}

/** What a breakpoint that was reached wants. */
export type Verdict =
  | { kind: 'pass' }
  | { kind: 'stop'; problem?: string }
  /** A logpoint: print and go on. */
  | { kind: 'log'; text: string };

type Place = { addresses: bigint[]; location?: SourceLocation } | { problem: string; pending?: boolean };

const pending = (problem: string): Place => ({
  problem: `${problem} The breakpoint is set when a library that has it is loaded.`,
  pending: true,
});

export class BreakpointTable {
  private nextId = 1;
  private readonly bySource = new Map<string, Breakpoint[]>();
  private functions: Breakpoint[] = [];
  private instructions: Breakpoint[] = [];
  private byAddress = new Map<bigint, Breakpoint[]>();

  constructor(private symbols: ProgramSymbols) {}

  /** The program was started again, perhaps changed: finds every place anew. → all breakpoints. */
  rebind(symbols: ProgramSymbols): Breakpoint[] {
    this.symbols = symbols;
    const all = this.all();
    for (const breakpoint of all) {
      breakpoint.hits = 0;
      if (!breakpoint.malformed) this.bind(breakpoint);
    }
    this.index();
    return all;
  }

  /** Other modules are loaded now: finds the places again. → breakpoints that are elsewhere than before */
  refresh(): Breakpoint[] {
    const changed = this.all().filter((breakpoint) => {
      if (breakpoint.malformed) return false;
      const { addresses } = breakpoint;
      this.bind(breakpoint);
      return (
        addresses.length !== breakpoint.addresses.length || addresses.some((at, i) => at !== breakpoint.addresses[i])
      );
    });
    this.index();
    return changed;
  }

  /** Replaces the breakpoints of a source file. `file` is a path of this machine; lines and columns are 1-based. */
  setSource(file: string, wanted: (BreakpointOptions & { line: number; column?: number })[]): Breakpoint[] {
    const made = wanted.map((one) => this.make({ kind: 'source', file, line: one.line, column: one.column }, one));
    this.bySource.set(file, made);
    this.index();
    return made;
  }

  setFunctions(wanted: (BreakpointOptions & { name: string })[]): Breakpoint[] {
    this.functions = wanted.map((one) => this.make({ kind: 'function', name: one.name }, one));
    this.index();
    return this.functions;
  }

  setInstructions(wanted: (BreakpointOptions & { address: bigint })[]): Breakpoint[] {
    this.instructions = wanted.map((one) => this.make({ kind: 'instruction', address: one.address }, one));
    this.index();
    return this.instructions;
  }

  addresses(): IterableIterator<bigint> {
    return this.byAddress.keys();
  }

  /** Addresses at which hits are counted, whoever else wants to stop. */
  countedAddresses(): bigint[] {
    return [...this.byAddress].flatMap(([address, all]) => (all.some((one) => one.hitCondition) ? [address] : []));
  }

  /** How often each breakpoint has been hit, by its id. */
  hitCounts(): ReadonlyMap<number, number> {
    return new Map(this.all().map(({ id, hits }) => [id, hits]));
  }

  /** The program was brought back to where the counts were these. */
  setHitCounts(counts: ReadonlyMap<number, number>): void {
    for (const breakpoint of this.all()) breakpoint.hits = counts.get(breakpoint.id) ?? 0;
  }

  at(address: bigint): readonly Breakpoint[] {
    return this.byAddress.get(address) ?? [];
  }

  /** Counts a hit of `breakpoint` and says what follows. A condition that cannot be evaluated stops, with the reason. */
  judge(breakpoint: Breakpoint, scope: Scope): Verdict {
    if (breakpoint.condition) {
      try {
        if (!isTrue(breakpoint.condition(scope))) return { kind: 'pass' };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { kind: 'stop', problem: `The condition cannot be evaluated: ${error.message}` };
      }
    }
    breakpoint.hits++;
    if (breakpoint.hitCondition && !breakpoint.hitCondition(breakpoint.hits)) return { kind: 'pass' };
    if (breakpoint.logMessage) return { kind: 'log', text: renderLogMessage(breakpoint.logMessage, scope) };
    return { kind: 'stop' };
  }

  private all(): Breakpoint[] {
    return [...[...this.bySource.values()].flat(), ...this.functions, ...this.instructions];
  }

  /** A number for a new breakpoint, of whatever kind. */
  newId(): number {
    return this.nextId++;
  }

  private make(target: Target, options: BreakpointOptions): Breakpoint {
    const breakpoint: Breakpoint = { id: this.newId(), kind: target.kind, target, addresses: [], hits: 0 };
    try {
      if (options.condition?.trim()) breakpoint.condition = this.compiled(options.condition);
      if (options.hitCondition?.trim()) breakpoint.hitCondition = parseHitCondition(options.hitCondition);
      if (options.logMessage)
        breakpoint.logMessage = parseLogMessage(options.logMessage, (text) => this.compiled(text));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      breakpoint.problem = error.message;
      breakpoint.malformed = true;
      return breakpoint;
    }
    this.bind(breakpoint);
    return breakpoint;
  }

  /** An expression of the user, with the program's types. Throws UserError. */
  compiled(text: string): Evaluator {
    return compileText(text, (name) => this.symbols.typeNamed(name));
  }

  /** Finds where the breakpoint is, or why it is nowhere. */
  private bind(breakpoint: Breakpoint): void {
    const { target } = breakpoint;
    const place: Place =
      target.kind === 'source'
        ? this.placeOfLine(target.file, target.line, target.column)
        : target.kind === 'function'
          ? this.placeOfFunction(target.name)
          : { addresses: [target.address], location: this.symbols.locationOf(target.address) };
    breakpoint.problem = 'problem' in place ? place.problem : undefined;
    breakpoint.pending = 'problem' in place && place.pending;
    breakpoint.addresses = 'problem' in place ? [] : place.addresses;
    breakpoint.location = 'problem' in place ? undefined : place.location;
  }

  private placeOfLine(file: string, line: number, column?: number): Place {
    const found = this.symbols.addressesOf(file, line, column);
    if (found) return { addresses: found.addresses, location: this.symbols.locationOf(found.addresses[0]) };
    const name = baseName(file);
    const known = this.symbols.sourceFiles();
    if (!known.some((source) => baseName(source) === name) && this.symbols.mayGrow)
      return pending(`No code of ${name} is loaded yet.`);
    if (known.length === 0)
      return {
        problem:
          'The program has no line information: assemble it with -g, or use function or instruction breakpoints.',
      };
    if (!known.some((source) => baseName(source) === name))
      return { problem: `The program's line information does not mention ${name}.` };
    return { problem: `There is no code at line ${line} of ${name} or behind it.` };
  }

  private placeOfFunction(name: string): Place {
    const address = /^\s*\*?\s*0x[0-9a-f]+\s*$/i.test(name) ? BigInt(name.replace(/[*\s]/g, '')) : undefined;
    if (address !== undefined) return { addresses: [address], location: this.symbols.locationOf(address) };
    const found = this.symbols.byName(name.trim());
    const code = found.filter((symbol) => symbol.kind !== 'object');
    const copies = this.symbols.inlinedCopies(name.trim());
    if (found.length === 0 && copies.length === 0 && this.symbols.mayGrow)
      return pending(`No function “${name}” is loaded yet.`);
    if (code.length === 0 && copies.length === 0)
      return {
        problem: found.length
          ? `“${name}” is data at ${hex(found[0].address)}, not a function.`
          : `The program has no function “${name}”.`,
      };
    const entries = code.map((symbol) => this.symbols.afterPrologue(symbol.address));
    const addresses = [...new Set([...entries, ...copies])];
    return { addresses, location: this.symbols.locationOf(addresses[0]) };
  }

  private index(): void {
    this.byAddress = new Map();
    for (const breakpoint of this.all())
      for (const address of breakpoint.addresses) {
        const others = this.byAddress.get(address);
        if (others) others.push(breakpoint);
        else this.byAddress.set(address, [breakpoint]);
      }
  }
}
