/** The emulated computer: one address space, its CPUs, and the loop that drives generated code. */
import { interpreterHandlers } from 'generated:interpreter';
import { Flag } from '../isa/emit/flags.ts';
import { Shared, State } from '../isa/emit/state.ts';
import { Segment } from '../isa/insn.ts';
import {
  type CpuFeatures,
  type Machine,
  type MachineOptions,
  type MpxEvent,
  PF_INSTR,
  PF_USER,
  type Stop,
  type Unimplemented,
  Vector,
  type WatchHit,
  type WatchRange,
} from './api.ts';
import { GuestFault } from './host/context.ts';
import { isCode32Selector } from './host/segments.ts';
import { EngineHostContext } from './host-context.ts';
import { type Block, BlockCache } from './interpreter/blocks.ts';
import { CodeFetcher } from './interpreter/fetch.ts';
import { type InterpreterInstance, instantiate } from './interpreter/instance.ts';
import { Mode, modeOf } from './interpreter/mode.ts';
import { Exit } from './interpreter/record.ts';
import { Resolver } from './interpreter/resolve.ts';
import { SlowAccess } from './interpreter/slow-access.ts';
import { KERNEL_START, USER_END } from './layout.ts';
import { PagedMemory } from './memory/guest-memory.ts';
import { LinearMemory } from './memory/linear.ts';
import { EngineSnapshot } from './snapshot/engine-snapshot.ts';
import { MemorySnapshots } from './snapshot/memory-snapshots.ts';
import { faultStop, Stepper, type StepResult } from './stepper.ts';
import type { Entry } from './translator/regions.ts';
import { Translator } from './translator/translator.ts';
import { Cpu, type RegisterHome } from './vcpu.ts';
import { supportedXcr0, XFEATURE_MPX } from './xsave/layout.ts';

/** Generated code is left this often, so that the engine can replace it by optimised code and a pause is seen. */
const SLICE = 1_500_000;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;

class EmulatedMachine implements Machine, RegisterHome {
  readonly linear = new LinearMemory();
  readonly paged = new PagedMemory(this.linear);
  readonly memory = this.paged;
  readonly access = new SlowAccess(this.linear, this.paged);
  readonly features: CpuFeatures;
  entropy: ((count: number) => Uint8Array) | undefined;
  private mpxObserver: ((event: MpxEvent) => void) | undefined;
  /** An MPX event was reported: `run` comes back early. */
  private observed = false;
  private xcr0Value: bigint;
  private readonly snapshots = new MemorySnapshots(this.paged);
  private readonly instance: InterpreterInstance;
  private readonly cache: BlockCache;
  private readonly stepper: Stepper;
  private readonly translator: Translator;
  private current: Cpu | undefined;
  private retiredCount = 0;
  private pauseRequested = false;
  /** The instruction that a CPU has begun and not finished: it faulted, or has iterations left. */
  private unfinished: { cpu: Cpu; rip: bigint; retired: bigint } | undefined;

  constructor(private readonly options: MachineOptions) {
    this.features = { model: 'x86-64-v2', mpx: true, mawau: 0, ...options.features };
    this.xcr0Value = supportedXcr0(this.features);
    const { view } = this.linear;
    view.setBigUint64(Shared.ONES, ALL_ONES, true);
    view.setBigUint64(Shared.LOW32, 0xffff_ffffn, true);
    view.setBigUint64(Shared.LOW16, 0xffffn, true);
    view.setBigUint64(Shared.LINEAR_MASK, ALL_ONES, true);
    this.instance = instantiate(this.linear.memory, this.access.translate, this.features.model);
    const fetcher = new CodeFetcher(this.paged, this.features.model);
    const resolver = new Resolver(interpreterHandlers);
    this.cache = new BlockCache(this.linear, this.paged, resolver, fetcher);
    const { helpers } = this.instance;
    this.translator = new Translator(
      this.linear,
      this.paged,
      this.cache,
      fetcher,
      resolver,
      helpers,
      options.translate ?? 'hot',
    );
    this.paged.observer = {
      dropCode: (page) => {
        this.cache.dropPage(page);
        this.translator.dropPage(page);
      },
    };
    const context = new EngineHostContext(this);
    this.stepper = new Stepper(this.linear, this.paged, this.access, this.cache, this.instance, context);
  }

  get unimplemented(): readonly Unimplemented[] {
    return this.stepper.unimplemented;
  }

  get observeMpx(): ((event: MpxEvent) => void) | undefined {
    const { mpxObserver } = this;
    if (!mpxObserver) return undefined;
    return (event) => {
      this.observed = true;
      mpxObserver(event);
    };
  }
  set observeMpx(observer: ((event: MpxEvent) => void) | undefined) {
    // Observed code is interpreted: no block is to end for translated code then.
    if (!observer !== !this.mpxObserver) this.translator.clear();
    this.mpxObserver = observer;
  }

  get xcr0(): bigint {
    return this.xcr0Value;
  }
  set xcr0(value: bigint) {
    this.xcr0Value = value;
  }

  newVcpu(): Cpu {
    return new Cpu(this);
  }

  sibling(): Machine {
    const sibling = new EmulatedMachine(this.options);
    sibling.xcr0 = this.xcr0;
    sibling.entropy = this.entropy;
    return sibling;
  }

  get retired(): bigint {
    return BigInt(this.retiredCount);
  }

  requestPause(): void {
    this.pauseRequested = true;
  }

  setBreakpoints(addresses: Iterable<bigint>): void {
    const next = new Set([...addresses].map(Number));
    const changed = [...next, ...this.cache.breakpoints].filter(
      (address) => next.has(address) !== this.cache.breakpoints.has(address),
    );
    this.cache.breakpoints = next;
    this.cache.dropContaining(changed);
    this.translator.dropContaining(changed);
  }

  setWatchpoints(ranges: Iterable<WatchRange>): void {
    this.paged.watch(ranges);
  }
  takeWatchHits(): WatchHit[] {
    return this.paged.watchpoints.take();
  }

  // ---- snapshots

  takeSnapshot(cpus: Iterable<Cpu>): EngineSnapshot {
    const registers = new Map([...cpus].map((cpu) => [cpu, cpu.save().bytes]));
    const { retiredCount: retired, unfinished, xcr0 } = this;
    return new EngineSnapshot(this.snapshots.take(), registers, { retired, unfinished, xcr0 });
  }

  restoreSnapshot(snapshot: EngineSnapshot): void {
    this.snapshots.restore(snapshot.changes);
    this.retiredCount = snapshot.progress.retired;
    this.unfinished = snapshot.progress.unfinished;
    this.xcr0 = snapshot.progress.xcr0;
    for (const [cpu, bytes] of snapshot.registers) cpu.rewind(bytes);
    this.paged.watchpoints.begin();
  }

  dropSnapshot(snapshot: EngineSnapshot): void {
    this.paged.undo.forget(snapshot.changes);
  }

  // ---- where registers are

  blockOf(cpu: Cpu): DataView {
    return cpu === this.current ? this.linear.view : new DataView(cpu.own.buffer);
  }
  flagsWord(kind: number, a: bigint, b: bigint, c: bigint): number {
    return this.instance.flagsWord(kind, a, b, c);
  }
  boundsConfigurationChanged(cpu: Cpu): void {
    if (cpu === this.current) this.paged.dropBoundsSlots();
  }

  private switchTo(cpu: Cpu): void {
    const { current } = this;
    if (current === cpu) return;
    const block = this.linear.u8.subarray(0, State.SIZE);
    current?.own.set(block);
    block.set(cpu.own);
    this.current = cpu;
    // Each thread has its own BNDCFGU.
    this.paged.dropBoundsSlots();
  }

  // ---- running

  run(cpu: Cpu, budget: number, options: { ignoreBreakpointAtStart?: boolean } = {}): Stop {
    this.switchTo(cpu);
    this.observed = false;
    let remaining = Math.max(0, Math.floor(budget));
    let ignoreBreakpoint = options.ignoreBreakpointAtStart ?? false;
    for (;;) {
      if (remaining <= 0 || this.observed) {
        this.observed = false;
        return { kind: 'budget' };
      }
      if (this.pauseRequested) {
        this.pauseRequested = false;
        return { kind: 'pause' };
      }
      const { view } = this.linear;
      const address = view.getBigUint64(State.RIP, true);
      if (address >= USER_END) return fetchFault(address);
      const rip = Number(address);
      const stopHere = this.cache.breakpoints.has(rip);
      if (stopHere && !ignoreBreakpoint && !this.isUnfinished(cpu)) return { kind: 'breakpoint', address };
      ignoreBreakpoint = false;
      const before = this.retiredCount;
      const tracing = (view.getInt32(State.RFLAGS_REST, true) & Flag.TF) !== 0;
      const stop = stopHere || tracing ? this.runSingle(rip) : this.runBlocks(rip, remaining);
      remaining -= this.retiredCount - before;
      if (stop?.kind === 'trap' && !stop.software) this.noteUnfinished();
      if (stop) return stop;
      if (tracing && this.retiredCount > before) return { kind: 'trap', vector: Vector.DB, errorCode: 0, address: 0n };
    }
  }

  /** The breakpoint at RIP has been passed: when the instruction is resumed (its page is there now), it must not stop again. */
  private noteUnfinished(): void {
    const cpu = this.current;
    this.unfinished = cpu && { cpu, rip: cpu.rip, retired: cpu.retired };
  }
  private isUnfinished(cpu: Cpu): boolean {
    const { unfinished } = this;
    return unfinished?.cpu === cpu && unfinished.rip === cpu.rip && unfinished.retired === cpu.retired;
  }

  /** The mode that the registers mean; where the code segment has changed, addresses are of the other width from here on. */
  private enterMode(): Mode {
    const { view } = this.linear;
    const code32 = isCode32Selector(view.getUint16(State.SELECTORS + 2 * Segment.CS, true));
    const addressBits = code32 ? 32 : 64;
    if (this.access.addressBits !== addressBits) {
      this.access.addressBits = addressBits;
      view.setBigUint64(Shared.LINEAR_MASK, BigInt.asUintN(addressBits, ALL_ONES), true);
    }
    return this.unitMode() + (code32 ? Mode.CODE32 : 0);
  }

  private unitMode(): Mode {
    if (!this.features.mpx || (this.xcr0Value & XFEATURE_MPX) !== XFEATURE_MPX) return Mode.OFF;
    return modeOf(this.linear.view.getBigUint64(State.BNDCFGU, true), this.mpxObserver !== undefined);
  }

  private setRip(rip: number): void {
    this.linear.view.setBigUint64(State.RIP, BigInt(rip), true);
  }

  private retire(count: number): void {
    this.retiredCount += count;
    const { view } = this.linear;
    view.setFloat64(State.RETIRED, view.getFloat64(State.RETIRED, true) + count, true);
  }

  /** Runs generated code from `rip` until it comes back once; a stop if the caller of `run` has to know. */
  private runBlocks(rip: number, remaining: number): Stop | undefined {
    const { cache, linear } = this;
    const mode = this.enterMode();
    const entry = this.enterable(rip, mode, remaining);
    if (entry) return this.runRegions(entry, mode, remaining);
    // The interpreter's block ends before it begins: translated code is meant to be here.
    if (cache.entries.has(rip)) return this.runSingle(rip);
    cache.useMode(mode);
    let block: Block | undefined;
    try {
      block = cache.find(rip, mode);
    } catch (error) {
      if (error instanceof GuestFault) return faultStop(error);
      throw error;
    }
    if (!block || block.count > remaining) return this.runSingle(rip);
    const slice = Math.min(remaining, SLICE, this.translator.quantum);
    if (block.count > slice) return this.runSingle(rip);
    linear.view.setInt32(Shared.BUDGET, slice - block.count, true);
    let record = block.record;
    for (;;) {
      const exit = this.instance.run(record);
      const { view } = linear;
      record = view.getUint32(Shared.EXIT_RECORD, true);
      const left = view.getInt32(Shared.BUDGET, true);
      if (exit === Exit.UNLINKED || exit === Exit.INDIRECT) {
        // Within the slice: find the target, remember it, go on.
        const target = exit === Exit.UNLINKED ? cache.ripOf(record) : Number(view.getBigUint64(State.RIP, true));
        const { generation } = cache;
        const next = target < Number(USER_END) ? this.findQuietly(target, mode) : undefined;
        if (next && next.count <= left) {
          if (exit === Exit.INDIRECT) cache.predict(next);
          else if (cache.generation === generation) cache.link(record, next);
          view.setInt32(Shared.BUDGET, left - next.count, true);
          record = next.record;
          continue;
        }
        if (exit === Exit.UNLINKED) this.setRip(target);
        this.retire(slice - left);
        return undefined;
      }
      const stop = this.leave(exit, record, slice - left, remaining);
      if (exit === Exit.BUDGET) this.translator.sample(Number(linear.view.getBigUint64(State.RIP, true)), mode);
      return stop;
    }
  }

  /** Translated code that may be entered now. */
  private enterable(rip: number, mode: Mode, budget: number): Entry | undefined {
    const entry = this.translator.find(rip, mode);
    if (!entry || entry.need > budget) return undefined;
    if (entry.flags < 0 || this.linear.view.getInt32(State.FLAG_KIND, true) === entry.flags) return entry;
    this.translator.refused(entry, rip);
    return undefined;
  }

  /** Runs translated code from `entry`, one region after the other, until there is something else to do. */
  private runRegions(entry: Entry, mode: Mode, remaining: number): Stop | undefined {
    let budget = Math.min(remaining, SLICE);
    for (let next: Entry | undefined = entry; next; ) {
      const leaving = this.translator.run(next, mode, budget);
      const { site } = leaving;
      const { view } = this.linear;
      const done = budget - view.getInt32(Shared.BUDGET, true) - site.left;
      budget -= done;
      this.retire(done);
      const rip = site.kind === 'indirect' ? Number(view.getBigUint64(State.RIP, true)) : site.rip;
      if (site.kind !== 'indirect') this.setRip(rip);
      if (site.kind === 'step') return budget > 0 ? this.runSingle(rip) : undefined;
      if (site.kind === 'budget') return undefined;
      this.translator.left(leaving, rip, mode);
      next = this.enterable(rip, mode, budget);
    }
    return undefined;
  }

  /** The block at `rip`, or undefined if it cannot be had: the main loop then finds out why. */
  private findQuietly(rip: number, mode: Mode): Block | undefined {
    try {
      return this.cache.find(rip, mode);
    } catch (error) {
      if (error instanceof GuestFault) return undefined;
      throw error;
    }
  }

  /** Brings RIP and the count up to date after generated code was left at `record`, and does what it was left for. */
  private leave(exit: number, record: number, charged: number, remaining: number): Stop | undefined {
    const { cache } = this;
    if (exit === Exit.BUDGET || exit === Exit.BREAKPOINT) {
      this.retire(charged);
      this.setRip(cache.ripOf(record));
      return undefined;
    }
    const done = charged - cache.left(record);
    if (exit === Exit.LEAVE) {
      this.retire(done + 1);
      this.setRip(cache.ripAfter(record));
      return undefined;
    }
    this.retire(done);
    const rip = cache.ripOf(record);
    this.setRip(rip);
    if (exit === Exit.AGAIN) this.noteUnfinished();
    if (exit === Exit.AGAIN || done >= remaining) return undefined;
    if (exit === Exit.MISS || exit === Exit.OBSERVE) return this.runSingle(rip);
    if (exit === Exit.TRAP) return faultStop(new GuestFault(this.linear.view.getInt32(Shared.EXIT_DETAIL, true)));
    const insn = cache.insnOf(record);
    if (!insn) throw new Error(`generated code was left with code ${exit} at a record without an instruction`);
    return exit === Exit.HOST ? this.finish(rip, this.stepper.host(insn)) : this.stepper.invalid(insn);
  }

  /** Runs the one instruction at `rip`. */
  private runSingle(rip: number): Stop | undefined {
    return this.finish(rip, this.stepper.step(rip, this.enterMode()));
  }

  private finish(pc: number, { retired, again, stop }: StepResult): Stop | undefined {
    if (retired) this.retire(1);
    if (again) this.noteUnfinished();
    const { watchpoints } = this.paged;
    if (retired && !stop && watchpoints.any) return { kind: 'watchpoint', pc: BigInt(pc), hits: watchpoints.take() };
    return stop;
  }
}

/** Instruction fetch above the user half: #PF where the address is canonical, otherwise #GP(0). */
function fetchFault(address: bigint): Stop {
  const canonical = address >= KERNEL_START;
  return faultStop(canonical ? new GuestFault(Vector.PF, PF_USER | PF_INSTR, address) : new GuestFault(Vector.GP));
}

/** A machine with nothing mapped. */
export function createMachine(options: MachineOptions = {}): Machine {
  return new EmulatedMachine(options);
}
