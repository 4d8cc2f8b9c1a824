/** The guest code a region consists of: blocks reachable from its entry, calls and returns included, up to a limit. */
import type { Insn } from '../../isa/insn.ts';
import type { Definition, Semantics } from '../../isa/semantics/table.ts';
import { GuestFault } from '../host/context.ts';
import type { CodeFetcher } from '../interpreter/fetch.ts';
import type { Mode } from '../interpreter/mode.ts';
import type { Resolver } from '../interpreter/resolve.ts';

/** An instruction and what emits it. */
export interface Translatable {
  readonly insn: Insn;
  readonly emit: Semantics;
}

export interface FlowBlock {
  readonly index: number;
  readonly rip: number;
  readonly code: readonly Translatable[];
  /** Address behind the last instruction of `code`. */
  readonly end: number;
  /**
   * How it goes on: by its last instruction, at `end`, at `end` after the driver has done the instruction there, or at `end` in the
   * interpreter (or not at all: there may be a breakpoint).
   */
  readonly term: 'branch' | 'fall' | 'step' | 'stop';
  /** Successors in the region. */
  readonly next: number[];
  /** Addresses an indirect branch at its end is tried against, all in the region. */
  candidates: number[];
}

export interface Flow {
  readonly blocks: FlowBlock[];
  readonly indexOf: ReadonlyMap<number, number>;
  /** Blocks at which the region may be entered. */
  readonly entries: Set<number>;
  /** Numbers of the pages the code is in. */
  readonly pages: Set<number>;
}

export interface FlowSource {
  readonly fetcher: CodeFetcher;
  readonly resolver: Resolver;
  readonly breakpoints: ReadonlySet<number>;
  /** Where the indirect branch at an address was seen to go. */
  targetsOf(rip: number): Iterable<number>;
  /** Whether a region is to end before an address: another one is entered there. */
  endsBefore(rip: number, mode: Mode): boolean;
}

const MAX_BLOCKS = 160;
const MAX_BLOCK = 64;
/** Longer chains of comparisons cost more than leaving the region. */
const MAX_CANDIDATES = 12;

interface Decoded {
  code: Translatable[];
  end: number;
  term: FlowBlock['term'];
  pages: number[];
}

/** Instructions that only the interpreter does: they run an unknown number of iterations, or change how the machine runs. */
export function isTranslatable(u: Insn, { repeats }: Definition): boolean {
  return !(repeats && (u.rep || u.repne)) && u.op !== 'popf';
}

function decode(source: FlowSource, rip: number, mode: Mode): Decoded | undefined {
  const code: Translatable[] = [];
  let term: FlowBlock['term'] = 'fall';
  let end = rip;
  const visit = (u: Insn): boolean => {
    if (source.breakpoints.has(Number(u.ip))) {
      term = 'stop';
      return true;
    }
    const choice = source.resolver.resolve(u);
    if (choice.kind !== 'handler' || !isTranslatable(u, choice.definition)) {
      term = choice.kind === 'handler' ? 'stop' : 'step';
      return true;
    }
    code.push({ insn: u, emit: choice.definition.emit });
    end = Number(u.ip) + u.length;
    if (choice.endsBlock) term = 'branch';
    return choice.endsBlock;
  };
  try {
    const { pages, cacheable, insns } = source.fetcher.fetch(rip, mode, MAX_BLOCK, visit);
    if (!cacheable) return undefined;
    // What cannot be decoded ends a block without being asked about.
    if (term === 'fall' && insns.length > code.length) term = 'step';
    return { code, end, term, pages };
  } catch (error) {
    if (error instanceof GuestFault) return undefined;
    throw error;
  }
}

const isIndirect = (op: string): boolean => op === 'jmpi' || op === 'calli' || op === 'ret';
const isCall = (op: string): boolean => op === 'call' || op === 'calli';

/** Addresses control is known to go to from a block, and where a call in it returns to. */
function successors(source: FlowSource, block: Decoded): { next: number[]; returnsTo: number | undefined } {
  if (block.term === 'fall') return { next: [block.end], returnsTo: undefined };
  if (block.term !== 'branch') return { next: [], returnsTo: undefined };
  const { insn } = block.code[block.code.length - 1];
  const returnsTo = isCall(insn.op) ? block.end : undefined;
  if (isIndirect(insn.op)) return { next: [...source.targetsOf(Number(insn.ip))], returnsTo };
  const target = Number(BigInt.asUintN(64, insn.target));
  const falls = insn.op !== 'jmp' && insn.op !== 'call';
  return { next: falls ? [target, block.end] : [target], returnsTo };
}

/** Finds the region at `rip`, of not many more instructions than `most`; undefined if nothing there can be translated. */
export function discover(source: FlowSource, rip: number, mode: Mode, most: number): Flow | undefined {
  const decoded = new Map<number, Decoded>();
  const work = [rip];
  let instructions = 0;
  for (let i = 0; i < work.length && decoded.size < MAX_BLOCKS && instructions < most; i++) {
    const at = work[i];
    if (decoded.has(at) || source.breakpoints.has(at) || (at !== rip && source.endsBefore(at, mode))) continue;
    const block = decode(source, at, mode);
    if (!block) continue;
    decoded.set(at, block);
    instructions += block.code.length;
    const { next, returnsTo } = successors(source, block);
    work.push(...next);
    if (returnsTo !== undefined) work.push(returnsTo);
  }
  if (!decoded.get(rip)?.code.length) return undefined;
  return connect(source, decoded, rip);
}

/** A block ends where another begins. */
function cut(block: Decoded, starts: ReadonlyMap<number, Decoded>): Decoded {
  const at = block.code.findIndex(({ insn }, i) => i > 0 && starts.has(Number(insn.ip)));
  if (at < 0) return block;
  return { ...block, code: block.code.slice(0, at), end: Number(block.code[at].insn.ip), term: 'fall' };
}

function connect(source: FlowSource, decoded: ReadonlyMap<number, Decoded>, rip: number): Flow {
  const addresses = [...decoded.keys()].sort((a, b) => a - b);
  const indexOf = new Map(addresses.map((address, i) => [address, i]));
  const pages = new Set<number>();
  const entries = new Set<number>();
  const returnSites = new Set<number>();
  const enter = (address: number) => {
    const index = indexOf.get(address);
    if (index !== undefined && decoded.get(address)?.code.length) entries.add(index);
  };
  enter(rip);
  const blocks = addresses.map((address, index): FlowBlock => {
    const whole = decoded.get(address);
    if (!whole) throw new Error('a block without code');
    for (const page of whole.pages) pages.add(page);
    const block = cut(whole, decoded);
    const { next, returnsTo } = successors(source, block);
    if (returnsTo !== undefined && indexOf.has(returnsTo)) {
      returnSites.add(returnsTo);
      enter(returnsTo);
    }
    const inside = next.filter((target) => indexOf.has(target));
    const { code, end, term } = block;
    const last = term === 'branch' ? code[code.length - 1].insn.op : '';
    const candidates = isIndirect(last) ? inside.slice(0, MAX_CANDIDATES) : [];
    return { index, rip: address, code, end, term, next: indexes(isIndirect(last) ? candidates : inside), candidates };
  });
  function indexes(list: readonly number[]): number[] {
    return list.map((address) => indexOf.get(address) ?? -1).filter((index) => index >= 0);
  }
  for (const block of blocks) {
    const last = block.term === 'branch' ? block.code[block.code.length - 1].insn.op : '';
    if (last !== 'ret' || returnSites.size > MAX_CANDIDATES) continue;
    block.candidates = [...new Set([...block.candidates, ...returnSites])].slice(0, MAX_CANDIDATES);
    block.next.splice(0, block.next.length, ...indexes(block.candidates));
  }
  return { blocks, indexOf, entries, pages };
}
