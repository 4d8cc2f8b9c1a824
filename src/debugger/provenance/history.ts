/**
 * Where bounds came from: the chain of instructions that handed them on, from the register or table entry that holds them now back to
 * the BNDMK that made them, or to where they were lost. Nothing of it is logged while the program runs; the past is asked by running it again.
 */

import { wrap64 } from '../../base/address.ts';
import type { Insn, MemoryOperand } from '../../isa/insn.ts';
import { Segment } from '../../isa/insn.ts';
import type { Bounds, Vcpu } from '../../machine/api.ts';
import { boundsOf } from '../bound-registers.ts';
import { BOUNDS_LAYOUTS, type BoundsLayout } from '../bounds-layout.ts';
import { effectiveAddress, mibOperand } from '../code.ts';
import { directoryEntryOf, type TableEntry, tableEntryOf } from '../directory.ts';
import { isInit } from '../format.ts';
import type { Memory } from '../memory.ts';
import type { Moment } from '../time-travel/moment.ts';
import type { Work } from '../time-travel/time-travel.ts';
import { type Change, lastRegisterChange, lastWrite, type Past } from './last-change.ts';

const BOUNDS_BYTES = 16;
/** Longer chains are cut. */
const MOST_LINKS = 100;

/** How the bounds came to where the next link found them. */
export type LinkKind =
  /** BNDMK made them. */
  | 'made'
  /** BNDMOV between registers, from memory and to memory. */
  | 'copied'
  | 'loaded'
  | 'saved'
  /** BNDLDX from a table and BNDSTX to one. */
  | 'fetched'
  | 'stored'
  /** XRSTOR. */
  | 'restored'
  /** An instruction that is none of MPX wrote over the memory that holds them. */
  | 'overwritten'
  /** By the kernel: a signal's frame, sigreturn. */
  | 'kernel'
  /** A branch without BND prefix reset the register. */
  | 'branch'
  /** BNDLDX found an entry for another pointer, or an empty one. */
  | 'mismatch'
  | 'empty'
  /** They are as old as the recording. */
  | 'start';

export interface Link {
  readonly kind: LinkKind;
  readonly moment: Moment;
  readonly tid: number;
  readonly pc: bigint;
  readonly insn?: Insn;
  /** Of the kernel. */
  readonly function?: string;
  /** What this step lost: the bounds before a branch, those of an entry that did not match. */
  readonly lost?: Bounds;
  /** Of a BNDLDX or BNDSTX: the address of the pointer and its value, and what the entry is for. */
  readonly slot?: bigint;
  readonly pointer?: bigint;
  readonly storedFor?: bigint;
  /** What the bounds are of, if it could be told where they were made. */
  readonly object?: string;
  /** Who called the function that made them. */
  readonly callers?: readonly string[];
}

export interface BoundsHistory {
  /** What holds them: `BND0`, `the entry for slot 0x…`. */
  readonly holder: string;
  readonly bounds: Bounds;
  /** Latest first. */
  readonly links: readonly Link[];
  /** Where the pointer was last stored without its bounds, if that is why they were lost. */
  readonly pointerStored?: Change;
}

/** What the history asks of the program at the moment it stands at. */
export interface Witness extends Past {
  readonly memory: Memory;
  readonly directoryBase: bigint | undefined;
  /** What bounds are of, in the words of the program. */
  objectOf(bounds: Bounds): string | undefined;
  /** Places that the innermost function was called from, `main+0x1c (heap-overflow.c:14)`. */
  callers(): string[];
}

type Holder =
  | { kind: 'register'; register: number }
  | { kind: 'memory'; address: bigint }
  | { kind: 'entry'; entry: bigint };

export class HistoryWriter {
  constructor(private readonly witness: Witness) {}

  /** Of what bound register `register` of thread `tid` holds at `moment`. */
  *ofRegister(tid: number, register: number, moment: Moment): Work<BoundsHistory> {
    yield* this.witness.travel.goTo(moment, tid);
    const bounds = boundsOf(this.witness.control.task.cpu, register);
    return yield* this.write(`BND${register}`, bounds, { kind: 'register', register }, tid, moment);
  }

  /** Of what the table entry for the pointer in `slot` holds at `moment`; undefined if there is no entry. */
  *ofSlot(tid: number, slot: bigint, moment: Moment): Work<BoundsHistory | undefined> {
    yield* this.witness.travel.goTo(moment, tid);
    const entry = this.entryOf(slot);
    if (!entry) return undefined;
    const holder: Holder = { kind: 'entry', entry: entry.address };
    return yield* this.write(`the entry for slot 0x${slot.toString(16)}`, entry, holder, tid, moment);
  }

  private entryOf(slot: bigint): TableEntry | undefined {
    const { memory, directoryBase } = this.witness;
    const { layout } = this;
    const entry = directoryBase === undefined ? undefined : directoryEntryOf(layout, memory, directoryBase, slot);
    return entry?.valid ? tableEntryOf(layout, memory, entry.table, slot) : undefined;
  }

  private get layout(): BoundsLayout {
    return BOUNDS_LAYOUTS[this.witness.code.bits];
  }

  private *write(holder: string, bounds: Bounds, first: Holder, thread: number, now: Moment): Work<BoundsHistory> {
    const links: Link[] = [];
    let at: Holder | undefined = first;
    let tid = thread;
    let moment = now;
    while (at && links.length < MOST_LINKS) {
      const change: Change | undefined = yield* this.lastChange(at, tid, moment);
      if (!change) {
        links.push({ kind: 'start', moment: this.witness.travel.start, tid, pc: 0n });
        break;
      }
      ({ tid, moment } = change);
      yield* this.witness.travel.goTo(moment, tid);
      const { link, next } = this.explain(change, at);
      links.push(link);
      at = next;
    }
    const last = links.at(-1);
    const pointerStored =
      (last?.kind === 'mismatch' || last?.kind === 'empty') && last.slot !== undefined
        ? yield* lastWrite(this.witness, last.tid, last.slot, 8, last.moment)
        : undefined;
    return { holder, bounds: { lower: bounds.lower, upperRaw: bounds.upperRaw }, links, pointerStored };
  }

  private *lastChange(at: Holder, tid: number, moment: Moment): Work<Change | undefined> {
    switch (at.kind) {
      case 'register':
        return yield* lastRegisterChange(this.witness, tid, at.register, moment);
      case 'memory':
        return yield* lastWrite(this.witness, tid, at.address, BOUNDS_BYTES, moment);
      case 'entry':
        return yield* lastWrite(this.witness, tid, at.entry, 3 * this.layout.word, moment);
    }
  }

  /** What `change` means for the bounds in `at`, and where they were before. The program stands before the instruction. */
  private explain(change: Change, at: Holder): { link: Link; next?: Holder } {
    const { moment, tid } = change;
    const { cpu } = this.witness.control.task;
    const where = { moment, tid, pc: cpu.rip };
    if (change.kind === 'kernel') return { link: { ...where, kind: 'kernel', function: change.function } };
    const { insn } = change;
    const link = { ...where, insn };
    const source = insn.b;
    if (at.kind === 'register') {
      if (insn.op === 'bndmk' && source?.kind === 'mem') {
        const object = this.witness.objectOf(madeBounds(cpu, source));
        return { link: { ...link, kind: 'made', object, callers: this.witness.callers() } };
      }
      if (insn.op === 'bndmov' && source?.kind === 'bnd')
        return { link: { ...link, kind: 'copied' }, next: { kind: 'register', register: source.number } };
      if (insn.op === 'bndmov' && source?.kind === 'mem')
        return { link: { ...link, kind: 'loaded' }, next: { kind: 'memory', address: linearAddress(cpu, source) } };
      if (insn.op === 'bndldx' && source?.kind === 'mem') return this.explainFetch(link, source);
      if (insn.op.startsWith('xrstor')) return { link: { ...link, kind: 'restored' } };
      return { link: { ...link, kind: 'branch', lost: boundsOf(cpu, at.register) } };
    }
    if (insn.op === 'bndmov' && source?.kind === 'bnd')
      return { link: { ...link, kind: 'saved' }, next: { kind: 'register', register: source.number } };
    if (insn.op === 'bndstx' && source?.kind === 'bnd' && insn.a?.kind === 'mem') {
      const { slot, pointer } = mibOperand(cpu, insn.a);
      const next: Holder = { kind: 'register', register: source.number };
      return { link: { ...link, kind: 'stored', slot, pointer }, next };
    }
    return { link: { ...link, kind: 'overwritten' } };
  }

  private explainFetch(link: Omit<Link, 'kind'>, operand: MemoryOperand): { link: Link; next?: Holder } {
    const { slot, pointer } = mibOperand(this.witness.control.task.cpu, operand);
    const entry = this.entryOf(slot);
    const fetched = { ...link, slot, pointer };
    if (!entry || (entry.pointer === 0n && isInit(entry))) return { link: { ...fetched, kind: 'empty' } };
    if (entry.pointer !== pointer)
      return {
        link: {
          ...fetched,
          kind: 'mismatch',
          storedFor: entry.pointer,
          lost: { lower: entry.lower, upperRaw: entry.upperRaw },
        },
      };
    return { link: { ...fetched, kind: 'fetched' }, next: { kind: 'entry', entry: entry.address } };
  }
}

/** What BNDMK makes (spec A.4). */
function madeBounds(cpu: Vcpu, operand: MemoryOperand): Bounds {
  const lower = operand.base >= 0 ? cpu.gpr(operand.base) : 0n;
  return { lower, upperRaw: wrap64(~effectiveAddress(cpu, operand)) };
}

function linearAddress(cpu: Vcpu, operand: MemoryOperand): bigint {
  const segment = operand.segment === Segment.FS ? cpu.fsBase : operand.segment === Segment.GS ? cpu.gsBase : 0n;
  return wrap64(effectiveAddress(cpu, operand) + segment);
}
