/** From a region's blocks to a WebAssembly module: structured control flow around the instructions' code. */
import { pushUnsigned } from '../../isa/emit/bytes.ts';
import { type FlagKind, flagCode } from '../../isa/emit/flags.ts';
import { HELPERS, helperSignature } from '../../isa/emit/helpers.ts';
import { ModuleEncoder } from '../../isa/emit/module.ts';
import { Op } from '../../isa/emit/opcodes.ts';
import type { I64 } from '../../isa/emit/value.ts';
import type { Size } from '../../isa/insn.ts';
import type { Flow, FlowBlock } from './flow.ts';
import { RegionEmit, type Site, type Surroundings, TARGET_LOCAL } from './region-emit.ts';
import { budgetChecks, components } from './structure.ts';
import { REGION } from './trampoline.ts';

export interface CompiledEntry {
  /** First argument of the region's function. */
  readonly index: number;
  /** Instructions the budget must allow. */
  readonly need: number;
  /** Flag code the state must hold; −1 for any. */
  readonly flags: number;
}
export interface CompiledRegion {
  readonly bytes: Uint8Array;
  /** By guest address. */
  readonly entries: ReadonlyMap<number, CompiledEntry>;
}

interface StaticFlags {
  kind: FlagKind;
  size: Size;
}
/** What a block does to the kind of the flags, or what is known of it: `any` = nothing is. */
type Flags = StaticFlags | 'any';

interface Frame {
  kind: 'exit' | 'item' | 'loop';
  /** Blocks that a branch to the frame reaches. */
  nodes: ReadonlySet<number>;
  /** Whether the target's number is needed. */
  multi: boolean;
}

const NOWHERE: Surroundings = { goto: () => {}, gotoIndirect: () => {}, leaveRegion: () => {}, addSite: () => 0 };
const same = (a: Flags, b: Flags): boolean =>
  a === b || (a !== 'any' && b !== 'any' && a.kind === b.kind && a.size === b.size);

/** At the entries at `unsettled` addresses flags of any kind are to be expected. `addSite` gives sites their numbers. */
export function compileRegion(
  flow: Flow,
  unsettled: ReadonlySet<number>,
  addSite: (site: Site) => number,
): CompiledRegion {
  return new RegionCompiler(flow, unsettled, addSite).compile();
}

class RegionCompiler implements Surroundings {
  private readonly frames: Frame[] = [];
  private readonly checks: Map<number, number>;
  private readonly flagsIn: Flags[];
  private readonly e: RegionEmit;
  private block: FlowBlock;

  constructor(
    private readonly flow: Flow,
    private readonly unsettled: ReadonlySet<number>,
    readonly addSite: (site: Site) => number,
  ) {
    this.checks = budgetChecks(flow);
    this.flagsIn = this.flowOfFlags();
    this.e = new RegionEmit(this);
    this.block = flow.blocks[0];
  }

  compile(): CompiledRegion {
    const { e, flow } = this;
    e.begin();
    this.open(Op.block, { kind: 'exit', nodes: new Set(), multi: false });
    this.generate(new Set(flow.blocks.map(({ index }) => index)), flow.entries, new Set());
    e.code.push(Op.unreachable);
    this.close();
    e.begin();
    e.epilogue();
    const module = new ModuleEncoder();
    for (const name of HELPERS) {
      const { parameters, result } = helperSignature(name);
      module.import(name, { parameters, results: [result] });
    }
    module.export('run', module.add(REGION, e.body(e.prologue())));
    const entries = new Map<number, CompiledEntry>();
    for (const index of flow.entries) {
      const flags = this.flagsIn[index];
      entries.set(flow.blocks[index].rip, {
        index,
        need: this.checks.get(index) ?? 0,
        flags: flags === 'any' ? -1 : flagCode(flags.kind, flags.size),
      });
    }
    return { bytes: module.encode(), entries };
  }

  // ---- kinds of flags at block starts

  /** Static kinds by dataflow. An entry takes the kind that the region itself brings there: the driver enters only with that. */
  private flowOfFlags(): Flags[] {
    const { blocks, entries } = this.flow;
    const effects = blocks.map((block) => this.effect(block));
    const before: (Flags | undefined)[] = blocks.map(() => undefined);
    const meet = (node: number, flags: Flags): boolean => {
      const old = before[node];
      const met = old === undefined || same(old, flags) ? flags : 'any';
      before[node] = met;
      return old === undefined || !same(old, met);
    };
    const work: number[] = [];
    // Without an entry of a known kind nothing would start: first what does not depend on the way in.
    blocks.forEach(({ next }, i) => {
      const effect = effects[i];
      if (effect !== undefined) for (const to of next) if (meet(to, effect)) work.push(to);
    });
    const spread = () => {
      for (let node = work.pop(); node !== undefined; node = work.pop()) {
        const after = effects[node] ?? before[node];
        if (after !== undefined) for (const to of blocks[node].next) if (meet(to, after)) work.push(to);
      }
    };
    spread();
    for (const entry of entries) {
      const settled = before[entry] !== undefined && !this.unsettled.has(blocks[entry].rip);
      if (!settled && meet(entry, 'any')) work.push(entry);
    }
    spread();
    return before.map((flags) => flags ?? 'any');
  }

  /** Undefined if the block leaves the flags alone. What the last instruction that sets them leaves is what counts. */
  private effect({ code, term }: FlowBlock): Flags | undefined {
    for (let i = code.length - (term === 'branch' ? 2 : 1); i >= 0; i--) {
      const { insn, emit } = code[i];
      const e = new RegionEmit(NOWHERE);
      e.startBlock(undefined);
      e.startInsn(insn, 0);
      emit(e, insn, insn.op);
      if (!e.flagsTouched) continue;
      const known = e.knownFlags;
      return known ? { kind: known.kind, size: known.size } : 'any';
    }
    return undefined;
  }

  // ---- structure

  private open(op: number, frame: Frame): void {
    this.e.code.push(op, Op.void);
    this.frames.push(frame);
  }
  private close(): void {
    this.e.code.push(Op.end);
    this.frames.pop();
  }
  private depthOf(frame: Frame): number {
    return this.frames.length - 1 - this.frames.lastIndexOf(frame) + this.e.nesting;
  }
  private br(frame: Frame): void {
    this.e.code.push(Op.br);
    pushUnsigned(this.e.code, this.depthOf(frame));
  }

  /** Loops one inside the other; the rest as nested blocks that branches leave forwards. */
  private generate(nodes: ReadonlySet<number>, entries: ReadonlySet<number>, removed: ReadonlySet<number>): void {
    const { blocks } = this.flow;
    const items = components(blocks, nodes, removed).map((members) => {
      const [first] = members;
      const isLoop = members.size > 1 || blocks[first].next.some((to) => to === first && !removed.has(to));
      return { members, first, isLoop, heads: isLoop ? this.headsOf(members, nodes, entries, removed) : members };
    });
    const frames = items.map(({ members, isLoop, heads }): Frame => {
      return { kind: 'item', nodes: members, multi: isLoop && heads.size > 1 };
    });
    for (const frame of [...frames].reverse()) this.open(Op.block, frame);
    this.dispatch(entries, frames);
    for (const { members, first, isLoop, heads } of items) {
      this.close();
      if (!isLoop) this.emitBlock(blocks[first]);
      else {
        this.open(Op.loop, { kind: 'loop', nodes: heads, multi: heads.size > 1 });
        this.generate(members, heads, new Set([...removed, ...heads]));
        this.close();
      }
      this.e.code.push(Op.unreachable);
    }
  }

  /** Members of a loop that are reached from outside. */
  private headsOf(
    members: ReadonlySet<number>,
    nodes: ReadonlySet<number>,
    entries: ReadonlySet<number>,
    removed: ReadonlySet<number>,
  ): Set<number> {
    const heads = new Set([...members].filter((node) => entries.has(node)));
    for (const node of nodes) {
      if (members.has(node)) continue;
      for (const to of this.flow.blocks[node].next) if (members.has(to) && !removed.has(to)) heads.add(to);
    }
    return heads;
  }

  private dispatch(entries: ReadonlySet<number>, frames: readonly Frame[]): void {
    const { e } = this;
    const frameOf = (node: number) => {
      const frame = frames.find(({ nodes }) => nodes.has(node));
      if (!frame) throw new Error('an entry outside its loop');
      return frame;
    };
    const [first] = entries;
    if (entries.size === 1) {
      if (frames[0] !== frameOf(first)) this.br(frameOf(first));
      return;
    }
    const last = Math.max(...entries);
    e.code.push(Op.localGet, TARGET_LOCAL, Op.brTable);
    pushUnsigned(e.code, last);
    for (let node = 0; node <= last; node++)
      pushUnsigned(e.code, this.depthOf(frameOf(entries.has(node) ? node : first)));
  }

  // ---- blocks

  private emitBlock(block: FlowBlock): void {
    const { e } = this;
    const { code, rip, end, term } = block;
    this.block = block;
    const flags = this.flagsIn[block.index];
    e.startBlock(flags === 'any' ? undefined : flags);
    const need = this.checks.get(block.index);
    if (need !== undefined) e.if(e.cmp('ltS', e.budget, e.i32(need)), () => e.leaveAt('budget', rip, 0));
    e.charge(code.length);
    code.forEach(({ insn, emit }, i) => {
      e.startInsn(insn, code.length - i);
      emit(e, insn, insn.op);
    });
    if (term === 'branch') return;
    e.begin();
    if (term === 'fall') this.goto(end);
    else e.leaveAt(term === 'step' ? 'step' : 'jump', end, 0);
  }

  // ---- Surroundings

  goto(rip: number): void {
    const index = this.flow.indexOf.get(rip);
    if (index === undefined) {
      this.e.leaveAt('jump', rip, 0);
      return;
    }
    for (let i = this.frames.length - 1; i >= 0; i--) {
      const frame = this.frames[i];
      if (!frame.nodes.has(index)) continue;
      if (frame.multi) this.e.setTarget(index);
      this.br(frame);
      return;
    }
    throw new Error('a branch to a block that is not around');
  }
  gotoIndirect(target: I64): void {
    const { e, block } = this;
    for (const rip of block.candidates) e.if(e.cmp('eq', target, e.i64(rip)), () => this.goto(rip));
    e.storeRip(target);
    e.leaveAt('indirect', Number(block.code[block.code.length - 1].insn.ip), 0);
  }
  leaveRegion(): void {
    this.br(this.frames[0]);
  }
}
