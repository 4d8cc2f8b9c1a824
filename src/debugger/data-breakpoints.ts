/** Data breakpoints: watched ranges of the program's memory, with conditions and hit counts like other breakpoints. */
import { hex, hexBytes } from '../base/hex.ts';
import type { WatchHit, WatchRange } from '../machine/api.ts';
import { UserError } from './errors.ts';
import type { Evaluator } from './expressions/compile.ts';
import type { Scope } from './expressions/scope.ts';
import { isTrue } from './expressions/value.ts';
import { type HitCondition, parseHitCondition } from './hit-condition.ts';
import type { Memory } from './memory.ts';
import type { StopReason } from './stop.ts';

/** What the user wants watched. */
export interface WatchedData {
  readonly range: WatchRange;
  /** What it is to the user: `count`, `the table entry of 0x…`. */
  readonly name: string;
  readonly condition?: string;
  readonly hitCondition?: string;
}

export interface DataBreakpoint extends WatchedData {
  /** Never used twice. */
  readonly id: number;
  /** Why it could not be set. */
  problem?: string;
  when?: Evaluator;
  count?: HitCondition;
  hits: number;
  /** What the range held when it was last looked at; only of small ones. */
  value: Uint8Array | undefined;
}

/** Largest range whose value is told. */
const MOST_SHOWN = 16;

export class DataBreakpointTable {
  private list: DataBreakpoint[] = [];

  /** `compile`: an expression as the user writes it; `nextId` gives numbers that no other breakpoint has. */
  constructor(
    private readonly compile: (text: string) => Evaluator,
    private readonly nextId: () => number,
  ) {}

  get ranges(): WatchRange[] {
    return this.list.filter(({ problem }) => !problem).map(({ range }) => range);
  }

  /** Replaces all of them. */
  set(wanted: readonly WatchedData[], memory: Memory | undefined): DataBreakpoint[] {
    this.list = wanted.map((one) => this.make(one));
    if (memory) this.look(memory);
    return this.list;
  }

  /** Notes what the ranges hold now, to tell later what has changed. */
  look(memory: Memory): void {
    for (const one of this.list) one.value = contentOf(one.range, memory);
  }

  /** How often each has been hit, by its id. */
  hitCounts(): ReadonlyMap<number, number> {
    return new Map(this.list.map(({ id, hits }) => [id, hits]));
  }
  setHitCounts(counts: ReadonlyMap<number, number>): void {
    for (const one of this.list) one.hits = counts.get(one.id) ?? 0;
  }

  /** What accesses mean to the user. `by`: the instruction or the kernel, as text. */
  judge(hits: readonly WatchHit[], scope: Scope, by: string): StopReason | undefined {
    const ids: number[] = [];
    const texts: string[] = [];
    let problem: string | undefined;
    for (const one of this.list) {
      const mine = hits.filter(({ range }) => range === one.range);
      if (!mine.length) continue;
      const before = one.value;
      one.value = contentOf(one.range, scope.memory);
      const verdict = this.wants(one, scope);
      if (!verdict) continue;
      ids.push(one.id);
      problem ??= verdict.problem;
      texts.push(describe(one, mine, before, by));
    }
    return ids.length ? { kind: 'data', ids, text: texts.join('; '), problem } : undefined;
  }

  private wants(one: DataBreakpoint, scope: Scope): { problem?: string } | undefined {
    try {
      if (one.when && !isTrue(one.when(scope))) return undefined;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { problem: `The condition cannot be evaluated: ${error.message}` };
    }
    one.hits++;
    return one.count && !one.count(one.hits) ? undefined : {};
  }

  private make(wanted: WatchedData): DataBreakpoint {
    const made: DataBreakpoint = { ...wanted, id: this.nextId(), hits: 0, value: undefined };
    try {
      if (wanted.condition?.trim()) made.when = this.compile(wanted.condition);
      if (wanted.hitCondition?.trim()) made.count = parseHitCondition(wanted.hitCondition);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      made.problem = error.message;
    }
    return made;
  }
}

function contentOf({ start, end }: WatchRange, memory: Pick<Memory, 'read'>): Uint8Array | undefined {
  const length = Number(end - start);
  return length <= MOST_SHOWN ? memory.read(start, length) : undefined;
}

function describe(one: DataBreakpoint, hits: readonly WatchHit[], before: Uint8Array | undefined, by: string): string {
  const writes = hits.some(({ write }) => write);
  const [{ address, size }] = hits;
  const place = `${size} ${size === 1 ? 'byte' : 'bytes'} at ${hex(address)}`;
  if (!writes) return `${one.name} was read: ${place}, ${by}`;
  const after = one.value;
  if (!before || !after) return `${one.name} was written: ${place}, ${by}`;
  const was = hexBytes(before, ' ');
  const is = hexBytes(after, ' ');
  return was === is
    ? `${one.name} was written with the value it had (${is}), ${by}`
    : `${one.name} was written: ${was} → ${is}, ${by}`;
}
