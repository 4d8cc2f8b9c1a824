/**
 * The bounds that compiled code keeps for a pointer outside of bounds tables: in a BND register or in a slot of its stack frame.
 * Nothing records that, so the code is asked: which bounds is the pointer checked with? Where its answers differ, there is none.
 */

import { hex } from '../base/hex.ts';
import type { Insn } from '../isa/insn.ts';
import type { Bounds, Vcpu } from '../machine/api.ts';
import type { UserFrame } from './backtrace.ts';
import { boundsOf } from './bound-registers.ts';
import { type CodeReader, isCall, isCheck, isMpx, isReturn } from './code.ts';
import { boundsSize } from './format.ts';
import type { Memory } from './memory.ts';
import { checkOperand, isBranch } from './paired-check.ts';
import { type Formula, formulaText, SymbolicState } from './symbolic.ts';
import type { ProgramSymbols } from './symbols.ts';
import type { CObject } from './variables/object.ts';
import { partAt } from './variables/paths.ts';

export interface KeptBounds {
  bounds: Bounds;
  /** `BND0`, or the slot: `kept at 0x7ffe0010`. */
  where: string;
}

/** Where bounds are at some instruction: still in the register that held them at the start, or loaded from memory since. */
type Source = { kind: 'register'; number: number } | { kind: 'memory'; address: Formula };

const RSP = 4;
const RBP = 5;
/** How far ahead the next check is looked for, and past how many conditional branches. */
const PATH_LENGTH = 150;
const PATH_BRANCHES = 3;
/** Functions longer than this are not searched as a whole. */
const MOST_INSTRUCTIONS = 5000;

/** The top-level summands of a formula's root: `mov8([r5+-8:8@-1])+r1*4` has two. */
export function summands(root: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= root.length; i++) {
    if (i === root.length || (root[i] === '+' && depth === 0)) {
      parts.push(root.slice(start, i));
      start = i + 1;
    } else if ('(['.includes(root[i])) depth++;
    else if (')]'.includes(root[i])) depth--;
  }
  return parts;
}

/** Formula of eight bytes loaded from `address`, without the number of the store that it sees. */
export const loadOf = (address: Formula): string => `mov8([${formulaText(address)}:8@`;
/** The value that was there at the start. */
const UNCHANGED = '-1])';

/** Bounds and addresses followed through a stretch of code. */
class Tracker {
  private readonly state = new SymbolicState();
  private readonly sources: (Source | undefined)[] = [0, 1, 2, 3].map((number) => ({ kind: 'register', number }));

  /** What `insn` uses bounds for: the formula of the pointer, and the bounds' source if that is known. */
  use(insn: Insn): { pointer: Formula; source: Source | undefined } | undefined {
    const operand = checkOperand(insn);
    if (isCheck(insn) && insn.a?.kind === 'bnd' && operand)
      return { pointer: this.state.address(operand), source: this.sources[insn.a.number] };
    // BNDSTX stores the bounds of the pointer in its index register.
    if (insn.op === 'bndstx' && insn.a?.kind === 'mem' && insn.b?.kind === 'bnd' && insn.a.index >= 0)
      return { pointer: this.state.register(insn.a.index), source: this.sources[insn.b.number] };
    return undefined;
  }

  step(insn: Insn): void {
    const { a, b } = insn;
    if (isMpx(insn) && a?.kind === 'bnd' && !isCheck(insn)) {
      this.sources[a.number] =
        insn.op !== 'bndmov'
          ? undefined
          : b?.kind === 'bnd'
            ? this.sources[b.number]
            : b?.kind === 'mem'
              ? { kind: 'memory', address: this.state.address(b) }
              : undefined;
    }
    // Bounds stored to memory make earlier knowledge of that memory void.
    if (insn.op === 'bndmov' && a?.kind === 'mem') this.written.push(formulaText(this.state.address(a)));
    this.state.step(insn);
  }

  private readonly written: string[] = [];

  /** Whether the code has stored bounds at an address. */
  hasWritten(address: Formula): boolean {
    return this.written.includes(formulaText(address));
  }
}

/** For each stack slot of a pointer the slot of its bounds, by distance from RBP; undefined where the code disagrees. */
interface FrameSlots {
  boundsOf: ReadonlyMap<bigint, bigint | undefined>;
  /** Address behind the first store into each slot of bounds. */
  filledAt: ReadonlyMap<bigint, bigint>;
}

export class BoundsInCode {
  private readonly slots = new Map<bigint, FrameSlots>();

  constructor(
    private readonly code: CodeReader,
    private readonly memory: Memory,
    private readonly symbols: ProgramSymbols,
  ) {}

  /** The bounds kept for the pointer in `object`, which is a variable of `frame`; undefined if the code does not tell. */
  of(object: CObject, frame: UserFrame, cpu: Vcpu): KeptBounds | undefined {
    const ahead = frame.origin === 'registers' ? this.ahead(object, frame, cpu) : undefined;
    const found = ahead && !isNarrowed(object, ahead.bounds) ? ahead : this.inFrame(object, frame);
    return found && !isNarrowed(object, found.bounds) ? found : undefined;
  }

  /** By the checks that the task comes to next: on every way the same bounds. */
  private ahead(object: CObject, frame: UserFrame, cpu: Vcpu): KeptBounds | undefined {
    const wanted = variableFormulas(object, frame);
    if (wanted.length === 0) return undefined;
    let found: { key: string; source: Source } | undefined;
    for (const path of paths(this.code, frame.pc)) {
      const tracker = new Tracker();
      for (const insn of path) {
        const use = tracker.use(insn);
        if (use && summands(use.pointer.root).some((part) => wanted.includes(part))) {
          const { source } = use;
          if (!source || (source.kind === 'memory' && tracker.hasWritten(source.address))) return undefined;
          const key = source.kind === 'register' ? `bnd${source.number}` : formulaText(source.address);
          if (found && found.key !== key) return undefined;
          found = { key, source };
          break;
        }
        tracker.step(insn);
      }
    }
    if (!found) return undefined;
    const { source } = found;
    if (source.kind === 'register') return { bounds: boundsOf(cpu, source.number), where: `BND${source.number}` };
    const base = /^r(\d+)$/.exec(source.address.root);
    if (!base && source.address.root !== '') return undefined;
    return this.read(BigInt.asUintN(64, (base ? cpu.gpr(Number(base[1])) : 0n) + source.address.offset));
  }

  private read(at: bigint): KeptBounds | undefined {
    const lower = this.memory.readUint(at, 8);
    const upperRaw = this.memory.readUint(at + 8n, 8);
    if (lower === undefined || upperRaw === undefined) return undefined;
    return { bounds: { lower, upperRaw }, where: `kept at ${hex(at)}` };
  }

  /** By all checks of the function: unoptimised code has a slot for the bounds of each pointer variable. */
  private inFrame(object: CObject, frame: UserFrame): KeptBounds | undefined {
    const { address } = object;
    if (address === undefined) return undefined;
    const slots = this.slotsOf(frame);
    const slot = slots?.boundsOf.get(BigInt.asIntN(64, address - frame.rbp));
    const filled = slot === undefined ? undefined : slots?.filledAt.get(slot);
    // Before the first store there is what an earlier function left.
    if (slot === undefined || filled === undefined || frame.pc < filled) return undefined;
    return this.read(BigInt.asUintN(64, frame.rbp + slot));
  }

  private slotsOf(frame: UserFrame): FrameSlots | undefined {
    const symbol = this.symbols.symbolAt(frame.afterCall ? frame.pc - 1n : frame.pc)?.symbol;
    if (!symbol || symbol.size === 0n) return undefined;
    let slots = this.slots.get(symbol.address);
    if (!slots) {
      slots = pairSlots(this.code, symbol.address, symbol.address + symbol.size);
      this.slots.set(symbol.address, slots);
    }
    return slots.boundsOf.size || slots.filledAt.size ? slots : undefined;
  }
}

/** Whether bounds are those of a member of what the pointer points to: made for one access, they are not the pointer's own. */
function isNarrowed(object: CObject, bounds: Bounds): boolean {
  const { plain, frame } = object;
  if (plain.kind !== 'pointer') return false;
  const part = partAt(frame, plain.target(), bounds.lower - object.number, boundsSize(bounds));
  return part !== undefined && part.path !== '';
}

/** Formulas that the value of a variable has where the frame stands: its register, or a load of its slot. */
function variableFormulas(object: CObject, frame: UserFrame): string[] {
  const { register } = object.location;
  if (register !== undefined) {
    const number = frame.registers.numbers.general[register];
    return number === undefined ? [] : [`r${number}`];
  }
  const { address } = object;
  if (address === undefined) return [];
  const from = (base: number, value: bigint) =>
    `${loadOf({ root: `r${base}`, offset: BigInt.asIntN(64, address - value) })}${UNCHANGED}`;
  return [from(RBP, frame.rbp), from(RSP, frame.sp), `${loadOf({ root: '', offset: address })}${UNCHANGED}`];
}

/** Ways that control may take from `pc` on: up to calls and returns, both ways at conditional branches. */
function* paths(code: CodeReader, pc: bigint): Generator<Insn[]> {
  const open: { at: bigint; path: Insn[]; branches: number }[] = [{ at: pc, path: [], branches: 0 }];
  for (let one = open.pop(); one; one = open.pop()) {
    let { at, branches } = one;
    const { path } = one;
    while (path.length < PATH_LENGTH) {
      const insn = code.at(at);
      if (!insn || isCall(insn) || isReturn(insn)) break;
      path.push(insn);
      const behind = at + BigInt(insn.length);
      if (!isBranch(insn)) at = behind;
      else if (insn.target === 0n) break;
      else if (insn.op === 'jmp') at = insn.target;
      else {
        if (++branches > PATH_BRANCHES) break;
        open.push({ at: insn.target, path: [...path], branches });
        at = behind;
      }
    }
    yield path;
  }
}

function pairSlots(code: CodeReader, start: bigint, end: bigint): FrameSlots {
  const boundsOf = new Map<bigint, bigint | undefined>();
  const filledAt = new Map<bigint, bigint>();
  let tracker = new Tracker();
  for (const insn of code.between(start, end, MOST_INSTRUCTIONS)) {
    const use = tracker.use(insn);
    for (const part of use ? summands(use.pointer.root) : []) {
      const load = /^mov8\(\[r5\+(-?\d+):8@-?\d+\]\)$/.exec(part);
      if (!load || !use) continue;
      const pointer = BigInt(load[1]);
      const { source } = use;
      const slot = source?.kind === 'memory' && source.address.root === `r${RBP}` ? source.address.offset : undefined;
      const agrees = !boundsOf.has(pointer) || boundsOf.get(pointer) === slot;
      boundsOf.set(pointer, agrees ? slot : undefined);
    }
    const { a } = insn;
    if (insn.op === 'bndmov' && a?.kind === 'mem' && a.base === RBP && !filledAt.has(a.disp))
      filledAt.set(a.disp, insn.ip + BigInt(insn.length));
    tracker.step(insn);
    if (isBranch(insn)) tracker = new Tracker();
  }
  return { boundsOf, filledAt };
}
