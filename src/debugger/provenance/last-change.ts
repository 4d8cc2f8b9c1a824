/** Quests for the last change of a bound register or of memory before a moment. */
import type { Insn } from '../../isa/insn.ts';
import type { TaskView } from '../../kernel/api.ts';
import type { MpxEvent, WatchHit, WatchRange } from '../../machine/api.ts';
import type { CodeReader } from '../code.ts';
import { isInit } from '../format.ts';
import type { RunControl } from '../run-control.ts';
import type { Moment } from '../time-travel/moment.ts';
import type { Scout } from '../time-travel/scout.ts';
import type { Quest, Search } from '../time-travel/search.ts';
import type { TimeTravel, Work } from '../time-travel/time-travel.ts';
import { boundWriters, changesBounds } from './bound-writers.ts';

/** What changed something, and when: before the instruction, or behind the step of the kernel. */
export type Change = { readonly moment: Moment; readonly tid: number } & (
  | { readonly kind: 'instruction'; readonly insn: Insn }
  | { readonly kind: 'kernel'; readonly function: string }
);

/** What is searched in. */
export interface Past {
  readonly travel: TimeTravel;
  readonly control: RunControl;
  readonly code: CodeReader;
  readonly search: Search;
}

/** A thread's bound register is looked at before each step of the kernel and behind it. */
class KernelChanges implements Scout {
  private before = '';
  private running = '';

  constructor(
    private readonly tid: number,
    private readonly register: number,
    private readonly changed: (name: string) => void,
  ) {}

  entersKernel(task: TaskView): void {
    if (task.tid !== this.tid) return;
    this.before = this.value(task);
    this.running = 'entry';
  }

  kernelStep(task: TaskView): void {
    if (task.tid !== this.tid) return;
    const now = this.value(task);
    if (this.running !== '' && now !== this.before) this.changed(this.running);
    this.before = now;
    this.running = task.kernelFrames.at(-1)?.name ?? '';
  }

  private value({ cpu }: TaskView): string {
    const { lower, upperRaw } = cpu.bnd(this.register);
    return `${lower} ${upperRaw}`;
  }
}

class RegisterQuest implements Quest<Change> {
  latest: Change | undefined;
  readonly scout: Scout;

  constructor(
    private readonly past: Past,
    readonly tid: number,
    private readonly register: number,
    readonly addresses: ReadonlySet<bigint>,
    /** Branches that reset bounds: they count only where there is something to lose. */
    private readonly branches: ReadonlySet<bigint>,
  ) {
    this.scout = new KernelChanges(tid, register, (name) => {
      this.latest = { kind: 'kernel', function: name, moment: past.control.moment, tid };
    });
  }

  visit({ cpu }: TaskView): void {
    const insn = this.past.code.at(cpu.rip);
    if (!insn) return;
    const counts = this.branches.has(cpu.rip) ? !isInit(cpu.bnd(this.register)) : changesBounds(insn, this.register);
    if (counts) this.latest = { kind: 'instruction', insn, moment: this.past.control.moment, tid: this.tid };
  }
}

/** Learns which branches have lost bounds; ends with the first window in which there were any. */
class LossQuest implements Quest<ReadonlySet<bigint>> {
  readonly branches = new Set<bigint>();
  readonly scout: Scout;

  constructor(
    readonly tid: number,
    readonly addresses: ReadonlySet<bigint>,
    private readonly writes: (task: TaskView) => boolean,
  ) {
    this.scout = {
      observed: (task: TaskView, event: MpxEvent) => {
        if (task.tid === tid && event.kind === 'bounds-lost') this.branches.add(event.pc);
      },
    };
  }
  private written = false;
  visit(task: TaskView): void {
    this.written ||= this.writes(task);
  }
  get latest(): ReadonlySet<bigint> | undefined {
    return this.written || this.branches.size > 0 ? this.branches : undefined;
  }
}

/** The last change of bound register `register` of thread `tid` before `moment`; undefined if the recording has none. */
export function* lastRegisterChange(
  past: Past,
  tid: number,
  register: number,
  moment: Moment,
): Work<Change | undefined> {
  const { travel, control, code, search } = past;
  yield* travel.goTo(moment, tid);
  const { process, task } = control;
  const isLost = isInit(task.cpu.bnd(register));
  const candidates = boundWriters(code, process.machine.memory, process.vmas());
  const addresses = new Set<bigint>();
  for (const [address, insn] of candidates) if (changesBounds(insn, register)) addresses.add(address);
  const writes = ({ cpu }: TaskView) => addresses.has(cpu.rip);
  // Only bounds that are gone can have been lost by a branch.
  const branches: ReadonlySet<bigint> = isLost
    ? ((yield* search.lastBefore(moment, new LossQuest(tid, addresses, writes))) ?? new Set())
    : new Set();
  return yield* search.lastBefore(
    moment,
    new RegisterQuest(past, tid, register, new Set([...addresses, ...branches]), branches),
  );
}

interface Hit {
  tid: number;
  pc: bigint | undefined;
  function: string;
  retired: bigint;
  moment: Moment;
}

class MemoryQuest implements Quest<Hit> {
  latest: Hit | undefined;
  readonly scout: Scout;

  constructor(
    readonly tid: number,
    range: WatchRange,
    control: RunControl,
  ) {
    this.scout = {
      ranges: [range],
      accessed: (task: TaskView, hits: readonly WatchHit[], pc?: bigint) => {
        if (!hits.some(({ write }) => write)) return;
        const name = task.kernelFrames.at(-1)?.name ?? 'entry';
        this.latest = { tid: task.tid, pc, function: name, retired: task.cpu.retired, moment: control.moment };
      },
    };
  }
}

/** The last write to [address, address + size) before `moment`; undefined if the recording has none. */
export function* lastWrite(
  past: Past,
  tid: number,
  address: bigint,
  size: number,
  moment: Moment,
): Work<Change | undefined> {
  const { travel, control, code, search } = past;
  const range: WatchRange = { start: address, end: address + BigInt(size), access: 'write' };
  const hit = yield* search.lastBefore(moment, new MemoryQuest(tid, range, control));
  if (!hit) return undefined;
  if (hit.pc === undefined) return { kind: 'kernel', function: hit.function, moment: hit.moment, tid: hit.tid };
  const before = yield* travel.beforeRetired(hit.tid, hit.retired - 1n, hit.moment);
  if (!before) return undefined;
  yield* travel.goTo(before, hit.tid);
  const insn = code.at(hit.pc);
  return insn && { kind: 'instruction', insn, moment: before, tid: hit.tid };
}
