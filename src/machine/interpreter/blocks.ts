/**
 * Decoded code: blocks of records, found by address, linked to each other, dropped when a page they came from changes. One cache for each MPX
 * mode, because branches and MPX instructions have other handlers in each.
 */
import { MAX_INSN_LENGTH } from '../../isa/decode/decoder.ts';
import { Shared } from '../../isa/emit/state.ts';
import type { Insn } from '../../isa/insn.ts';
import { PAGE_SIZE } from '../api.ts';
import { HOST_FUNCTIONS } from '../host/index.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import type { LinearMemory } from '../memory/linear.ts';
import type { Page } from '../memory/page.ts';
import { Arena } from './arena.ts';
import type { CodeFetcher } from './fetch.ts';
import { isObserving, MODES, type Mode } from './mode.ts';
import { Field, RECORD_BYTES } from './record.ts';
import type { Choice, Resolver } from './resolve.ts';
import { OBSERVE_HANDLER } from './special.ts';
import { RecordWriter } from './writer.ts';

export interface Block {
  readonly rip: number;
  readonly mode: Mode;
  /** First record, and how many instructions are charged on entry. */
  readonly record: number;
  readonly count: number;
  /** Numbers of the pages its bytes are in. */
  readonly pages: readonly number[];
  /** Records whose link leads here. */
  readonly incoming: Set<number>;
}

/** One instruction for the slow module, or for the host. */
export interface SingleStep {
  readonly insn: Insn;
  readonly choice: Choice;
  /** Record for the slow module; 0 without. */
  readonly record: number;
  readonly pages: readonly number[];
}

const MAX_BLOCK = 64;
const EMPTY_TAG = 0xffff_ffff_ffff_ffffn;

export class BlockCache {
  private readonly arena = new Arena();
  private readonly writer: RecordWriter;
  private readonly blocks: Map<number, Block>[];
  private readonly singles: Map<number, SingleStep>[];
  /** Starts of blocks and single steps by page, each with the greatest address behind what begins there. */
  private readonly byPage = new Map<number, Map<number, number>>();
  /** Instructions of records that the driver has to look at. */
  private readonly insns = new Map<number, Insn>();
  /** Numbers of the handlers that are not instructions, and of the plain jump. */
  private readonly special: Readonly<
    Record<'jump' | 'unlinked' | 'host' | 'invalid' | 'breakpoint' | 'observe', number>
  >;
  private jumpCacheMode: Mode = 0;
  breakpoints: ReadonlySet<number> = new Set();
  /** Where translated code may be entered: blocks end before these addresses and leave to the driver, as before breakpoints. */
  readonly entries = new Set<number>();
  /** Counts how often everything was forgotten: records of an earlier generation are void. */
  generation = 0;

  constructor(
    private readonly linear: LinearMemory,
    private readonly memory: PagedMemory,
    private readonly resolver: Resolver,
    private readonly fetcher: CodeFetcher,
  ) {
    this.writer = new RecordWriter(linear);
    this.blocks = Array.from({ length: MODES }, () => new Map());
    this.singles = Array.from({ length: MODES }, () => new Map());
    this.special = {
      jump: resolver.handler('jmp8:'),
      unlinked: resolver.handler('#unlinked'),
      host: resolver.handler('#host'),
      invalid: resolver.handler('#invalid'),
      breakpoint: resolver.handler('#breakpoint'),
      observe: resolver.handler(OBSERVE_HANDLER),
    };
    this.clearJumpCache();
  }

  ripOf(record: number): number {
    return this.arena.ripOf(record);
  }
  /** Guest address of the instruction behind the one at `record`, which is the last of its block. */
  ripAfter(record: number): number {
    return this.arena.ripOf(record + RECORD_BYTES);
  }
  /** Instructions of the block that had not been done when it was left at `record`. */
  left(record: number): number {
    return this.writer.left(record);
  }
  insnOf(record: number): Insn | undefined {
    return this.insns.get(record);
  }

  /** The block at `rip`; throws GuestFault if its first instruction cannot be fetched. Undefined where code is not to be kept. */
  find(rip: number, mode: Mode): Block | undefined {
    return this.blocks[mode].get(rip) ?? this.decode(rip, mode);
  }

  /** The instruction at `rip` alone. */
  single(rip: number, mode: Mode): SingleStep {
    return this.singles[mode].get(rip) ?? this.decodeSingle(rip, mode);
  }

  private decode(rip: number, mode: Mode): Block | undefined {
    if (this.arena.isFull) this.clear();
    const choices: Choice[] = [];
    const fetched = this.fetcher.fetch(rip, mode, MAX_BLOCK, (u) => {
      const choice = this.choose(u, mode);
      choices.push(choice);
      return choice.kind !== 'handler' || choice.endsBlock;
    });
    if (!fetched.cacheable) return undefined;
    const stop = fetched.insns.findIndex((u) => this.stopsAt(Number(u.ip)));
    const insns = stop < 0 ? fetched.insns : fetched.insns.slice(0, stop);
    const breakpoint = stop < 0 ? undefined : Number(fetched.insns[stop].ip);
    // The decoder stops by itself at what cannot be decoded, without asking.
    for (const u of insns.slice(choices.length)) choices.push(this.choose(u, mode));
    choices.length = insns.length;
    const first = this.writeBlock(rip, insns, choices, breakpoint, isObserving(mode));
    const block: Block = { rip, mode, ...first, pages: fetched.pages, incoming: new Set() };
    this.blocks[mode].set(rip, block);
    this.register(rip, fetched.insns[fetched.insns.length - 1], fetched.pages);
    return block;
  }

  private stopsAt(rip: number): boolean {
    return this.breakpoints.has(rip) || this.entries.has(rip);
  }

  /** Whether some CPU model has `u`, which was decoded for it. */
  implements(u: Insn): boolean {
    return u.op !== 'ud' && this.resolver.resolve(u).kind !== 'invalid';
  }

  /** What runs `u`: while the MPX unit is observed, table loads always go to the host, which reports mismatches. */
  private choose(u: Insn, mode: Mode): Choice {
    return isObserving(mode) && u.op === 'bndldx' ? { kind: 'host' } : this.resolver.resolve(u);
  }

  /** Notes what was decoded from `rip` to `last`; what an instruction is may depend on as many bytes as one can have. */
  private register(rip: number, last: Insn, pages: readonly number[]): void {
    const end = Number(last.ip) + MAX_INSN_LENGTH;
    for (const number of pages) {
      const page = this.memory.page(number);
      const from = Math.max(rip - number * PAGE_SIZE, 0);
      if (page) this.memory.markCode(page, from, Math.min(end - number * PAGE_SIZE, PAGE_SIZE) - from);
      const starts = this.byPage.get(number);
      if (starts) starts.set(rip, Math.max(starts.get(rip) ?? 0, end));
      else this.byPage.set(number, new Map([[rip, end]]));
    }
  }

  private writeBlock(
    rip: number,
    insns: readonly Insn[],
    choices: readonly Choice[],
    breakpoint: number | undefined,
    observing: boolean,
  ) {
    // A block that ends at an instruction for the driver does not charge it: the driver does.
    const count = choices.filter(({ kind }) => kind === 'handler').length;
    let first = 0;
    let end = rip;
    let open = true;
    // Stubs come behind the block: a record that falls through goes on at the next one.
    const links: [record: number, target: number][] = [];
    for (let i = 0; i < insns.length; i++) {
      const u = insns[i];
      const choice = choices[i];
      if (observing && u.initialisesBounds) {
        const observer = this.arena.take(Number(u.ip));
        first ||= observer;
        this.writer.begin(observer, this.special.observe, count - i);
      }
      const record = this.arena.take(Number(u.ip));
      first ||= record;
      end = Number(u.ip) + u.length;
      if (choice.kind !== 'handler') {
        this.writer.begin(record, this.special[choice.kind], 0);
        this.insns.set(record, u);
        open = false;
        break;
      }
      const next = choices[i + 1];
      const observed = observing && insns[i + 1]?.initialisesBounds;
      const fused = next?.kind === 'handler' && !observed ? this.resolver.fused(choice, next) : undefined;
      this.writer.begin(record, fused ?? choice.fast, count - i);
      this.writer.operands(record, u, choice.form);
      if (this.mayCallHost(u)) this.insns.set(record, u);
      const last = fused === undefined ? u : insns[++i];
      end = Number(last.ip) + last.length;
      const direct = last.op === 'jmp' || last.op === 'call';
      if (direct || last.op === 'jcc' || last.op.startsWith('loop') || last.op === 'jrcxz')
        links.push([record, Number(BigInt.asUintN(64, last.target))]);
      if (direct) open = false;
    }
    const tail = open ? this.arena.take(breakpoint ?? end) : 0;
    first ||= tail;
    if (tail && breakpoint !== undefined) this.writer.begin(tail, this.special.breakpoint, 0);
    else if (tail) {
      this.writer.begin(tail, this.special.jump, 0);
      links.push([tail, end]);
    }
    for (const [record, target] of links) this.linkLater(record, target);
    return { record: first, count };
  }

  /** Instructions whose generated handler may leave to the host. */
  private mayCallHost(u: Insn): boolean {
    return Object.hasOwn(HOST_FUNCTIONS, u.op);
  }

  /** Gives a branch record a stub that asks for its target. */
  private linkLater(record: number, target: number): void {
    const stub = this.arena.take(target);
    this.writer.begin(stub, this.special.unlinked, 0);
    this.writer.immediate(stub, BigInt(record));
    this.writer.link(record, stub, 0);
  }

  /** The branch whose stub was reached now leads to `block`. */
  link(stub: number, block: Block): void {
    const source = this.linear.view.getUint32(stub + Field.IMMEDIATE, true);
    this.writer.link(source, block.record, block.count);
    block.incoming.add(source);
  }

  private decodeSingle(rip: number, mode: Mode): SingleStep {
    if (this.arena.isFull) this.clear();
    const { insns, pages, cacheable } = this.fetcher.fetch(rip, mode, 1, () => true);
    const [insn] = insns;
    const choice = this.choose(insn, mode);
    let record = 0;
    if (choice.kind === 'handler') {
      record = this.arena.take(rip);
      this.writer.begin(record, choice.slow, 1);
      this.writer.operands(record, insn, choice.form);
      if (insn.target) this.writer.displacement(record, insn.target);
    }
    const single: SingleStep = { insn, choice, record, pages };
    if (cacheable) {
      this.singles[mode].set(rip, single);
      this.register(rip, insn, pages);
    }
    return single;
  }

  // ---- indirect jumps

  /** Lets generated code jump to `block` without asking. */
  predict({ rip, record, count }: Block): void {
    const entry = jumpCacheEntry(rip);
    const { view } = this.linear;
    view.setBigUint64(entry, BigInt(rip), true);
    view.setUint32(entry + 8, record, true);
    view.setUint32(entry + 12, count, true);
  }

  /** The jump cache holds blocks of one mode only. */
  useMode(mode: Mode): void {
    if (mode === this.jumpCacheMode) return;
    this.jumpCacheMode = mode;
    this.clearJumpCache();
  }

  private clearJumpCache(): void {
    const start = Shared.JUMP_CACHE;
    this.linear.u8.fill(0xff, start, start + Shared.JUMP_CACHE_ENTRIES * 16);
  }

  // ---- dropping

  dropPage(page: Page): void {
    const starts = this.byPage.get(page.number);
    if (!starts) return;
    this.byPage.delete(page.number);
    for (const rip of starts.keys()) this.dropAt(rip);
  }

  private dropAt(rip: number): void {
    for (const singles of this.singles) singles.delete(rip);
    for (const blocks of this.blocks) {
      const block = blocks.get(rip);
      if (!block) continue;
      blocks.delete(rip);
      for (const source of block.incoming) {
        // Room for a stub is part of the arena's reserve; if even that is used up, everything goes.
        if (this.arena.isFull) {
          this.clear();
          return;
        }
        this.linkLater(source, rip);
      }
    }
    const entry = jumpCacheEntry(rip);
    if (this.linear.view.getBigUint64(entry, true) === BigInt(rip))
      this.linear.view.setBigUint64(entry, EMPTY_TAG, true);
  }

  /** Blocks that contain one of `addresses` are to be decoded anew (breakpoints changed). */
  dropContaining(addresses: Iterable<number>): void {
    for (const address of addresses) {
      const number = Math.floor(address / 4096);
      // A block may begin in the page before.
      for (const near of [number, number - 1]) {
        const starts = this.byPage.get(near);
        for (const [rip, end] of starts ?? []) if (rip <= address && address < end) this.dropAt(rip);
      }
    }
  }

  /** Forgets everything decoded. */
  clear(): void {
    this.generation++;
    this.arena.reset();
    this.insns.clear();
    for (const map of [...this.blocks, ...this.singles]) map.clear();
    for (const number of this.byPage.keys()) {
      const page = this.memory.page(number);
      if (!page) continue;
      page.codeLines = 0n;
      this.memory.retag(page);
    }
    this.byPage.clear();
    this.clearJumpCache();
  }
}

function jumpCacheEntry(rip: number): number {
  return Shared.JUMP_CACHE + (rip % Shared.JUMP_CACHE_ENTRIES) * 16;
}
