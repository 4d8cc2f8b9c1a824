/**
 * Goes to any moment of the run: back to the last checkpoint before it, and forward by running again. The program does the same each time,
 * because everything that comes from outside is on the tape, and what the user did is repeated at its moment.
 */

import type { TaskView } from '../../kernel/api.ts';
import type { Tape } from '../../kernel/snapshot/tape.ts';
import { type SnapshotWorld, WorldSnapshots } from '../../kernel/snapshot/world-snapshots.ts';
import { UserError } from '../errors.ts';
import { Continue, type Plan } from '../plans.ts';
import type { RunControl } from '../run-control.ts';
import type { Outcome } from '../stop.ts';
import { Checkpoints } from './checkpoints.ts';
import { type Edit, Edits } from './edits.ts';
import { isBefore, type Moment, START } from './moment.ts';
import type { Scout } from './scout.ts';

/** Instructions between two checkpoints; more where there is so much to save that it would take long. */
const INTERVAL = 20_000_000n;
/** On the way to a moment checkpoints are left so far before it: whoever goes there often looks at what was shortly before. */
const NEARBY = [1_000_000n, 100_000n, 10_000n, 1_000n];
/** Instructions replayed before somebody may look whether to go on. */
const SLICE = 2_000_000;
/** Where no checkpoint can be taken, it is tried again after so many instructions. */
const RETRY = 10_000;
/** A replay that waits for what is not on the tape has gone astray. */
const MOST_WAITS = 3;

/** The user's own run; one only to arrive somewhere; one to find where the user would have been stopped. */
export type ReplayMode = 'live' | 'silent' | 'search';

/** Work that can be done in pieces; each `yield` is a place to pause. */
export type Work<T> = Generator<undefined, T, void>;

/** Does work that somebody waits for. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}

/** A moment as the user sees it. */
export interface Place {
  readonly moment: Moment;
  /** The thread that is looked at. */
  readonly tid: number;
  /** A trap was shown that the kernel had not acted on. */
  readonly trapped: boolean;
}

export interface TravelOptions {
  world: SnapshotWorld;
  tape: Tape;
  control: RunControl;
  /** Host memory for checkpoints, in bytes. */
  memory: number;
  /** What else belongs to the state of the program. */
  state: readonly object[];
  /** Does again what the user did. */
  redo(edit: Edit): void;
  /** The program stands where checkpoint `moment` was taken. */
  onRewound(moment: Moment): void;
  /** A checkpoint was taken at `moment`. */
  onCheckpoint(moment: Moment): void;
  onMode(mode: ReplayMode): void;
  /** A scout has come or gone. */
  onScout(): void;
}

export class TimeTravel {
  readonly checkpoints: Checkpoints;
  private readonly edits = new Edits();
  /** The furthest the program has come. */
  private furthest: Moment = START;
  mode: ReplayMode = 'live';
  /** Hears of what silent replays pass. */
  scout: Scout | undefined;
  /** Where to leave checkpoints besides the regular ones, ascending. */
  private marks: bigint[] = [];
  /** Told of every thread's last moments in user mode. */
  private watcher: ((task: TaskView) => void) | undefined;

  constructor(private readonly options: TravelOptions) {
    const { world, tape, control, state, memory } = options;
    this.checkpoints = new Checkpoints(new WorldSnapshots(world, tape, [...control.state, ...state]), memory);
  }

  get now(): Moment {
    return this.options.control.moment;
  }
  get end(): Moment {
    return this.furthest;
  }
  /** The earliest moment that can be gone to. */
  get start(): Moment {
    return this.checkpoints.start ?? this.now;
  }

  get inPast(): boolean {
    return isBefore(this.now, this.furthest);
  }

  /** The program has stopped, or has ended, after a run of the user's. */
  noteStop(): void {
    if (isBefore(this.furthest, this.now)) this.furthest = this.now;
  }

  /** Before a thread goes on in user mode: takes checkpoints. → instructions until it wants to be asked again */
  beforeUser(task: TaskView): number {
    this.watcher?.(task);
    const { now, marks, checkpoints } = this;
    const { instruction } = now;
    let due = checkpoints.due(INTERVAL);
    if (instruction >= due || instruction >= (marks[0] ?? instruction + 1n)) {
      if (!checkpoints.take(now, this.edits.done)) return RETRY;
      this.options.onCheckpoint(now);
      while (marks.length && marks[0] <= instruction) marks.shift();
      due = checkpoints.due(INTERVAL);
    }
    let next = marks.length && marks[0] < due ? marks[0] : due;
    const edit = this.edits.next?.moment.instruction;
    if (edit !== undefined && edit < next) next = edit;
    return Math.max(1, Number(next - instruction));
  }

  /** Repeats what the user did at this moment. */
  redo(): void {
    if (!this.edits.next) return;
    for (let edit = this.edits.take(this.now); edit; edit = this.edits.take(this.now)) this.options.redo(edit);
  }

  /** The user has changed something, in the present. */
  noteEdit(edit: Edit): void {
    this.edits.add(edit);
  }

  /** Forgets what came after this moment: the program will go on differently. */
  startNewFuture(): void {
    this.furthest = this.now;
    this.options.tape.cut();
    this.edits.cut();
  }

  // ---- going to places

  /** To `target`, as if the program had just come there; `tid` is the thread to look at. Throws UserError. */
  *goTo(target: Moment, tid?: number): Work<void> {
    const { control } = this.options;
    this.restoreBefore(target);
    const from = this.now.instruction;
    this.marks = NEARBY.map((distance) => target.instruction - distance).filter((mark) => mark > from);
    try {
      yield* this.replay(target, 'silent');
    } finally {
      this.marks = [];
    }
    this.redo();
    control.show(tid ?? control.task.tid);
  }

  /** To where the world has retired `instruction` instructions, and out of the kernel. */
  *goToInstruction(instruction: bigint): Work<void> {
    const { control } = this.options;
    const last = this.furthest.instruction;
    yield* this.goTo({ instruction: instruction > last ? last : instruction, step: 0 });
    while (control.task.inKernel && !control.task.asleep && isBefore(this.now, this.furthest)) {
      const { instruction: at, step } = this.now;
      yield* this.replay({ instruction: at, step: step + 1 }, 'silent');
    }
    control.show(control.task.tid);
  }

  /** Does `work` while `scout` hears of what its silent replays pass. */
  *scouting<T>(scout: Scout, work: Work<T>): Work<T> {
    this.scout = scout;
    this.options.onScout();
    try {
      return yield* work;
    } finally {
      this.scout = undefined;
      this.options.onScout();
    }
  }

  /** Where the program stands for the user. */
  get place(): Place {
    const { control } = this.options;
    return { moment: this.now, tid: control.task.tid, trapped: control.pendingTrap !== undefined };
  }

  /** To a place where the user was before, with the trap that was shown there. Throws UserError. */
  *comeBack({ moment, tid, trapped }: Place): Work<void> {
    yield* this.goTo(moment, tid);
    if (trapped) yield* this.replay({ ...moment, step: moment.step + 1 }, 'search');
  }

  /** Looks at other moments by `work`, and comes back. */
  *aside<T>(work: Work<T>): Work<T> {
    const { place } = this;
    try {
      return yield* work;
    } finally {
      yield* this.comeBack(place);
    }
  }

  /** Brings back the last checkpoint that lies before `moment`. */
  restoreEarlier(moment: Moment): void {
    const { checkpoints } = this;
    let index = checkpoints.indexBefore(moment);
    if (index > 0 && !isBefore(checkpoints.at(index).moment, moment)) index--;
    this.restore(index);
  }

  private restoreBefore(target: Moment): number {
    const index = this.checkpoints.indexBefore(target);
    if (index < 0)
      throw new UserError(
        `The recording begins at instruction ${this.start.instruction.toLocaleString('en-US')}: what was before has been given up to save memory.`,
      );
    this.restore(index);
    return index;
  }

  /** Brings checkpoint `index` back. */
  restore(index: number): void {
    const { moment, edits } = this.checkpoints.restore(index);
    this.edits.done = edits;
    this.options.control.rewound(moment);
    this.options.onRewound(moment);
  }

  private setMode(mode: ReplayMode): void {
    this.mode = mode;
    this.options.onMode(mode);
  }

  /** Runs on to `target`, or to a stop before it. `planned`: the thread whose run `plan` is about. */
  *replay(target: Moment, mode: ReplayMode, plan: Plan = new Continue(), planned?: number): Work<Outcome> {
    const { control } = this.options;
    control.replay(plan, target, planned);
    for (let waits = 0; waits < MOST_WAITS; ) {
      this.setMode(mode);
      const outcome = control.slice(SLICE);
      this.setMode('live');
      this.requireTruth();
      if (outcome.kind === 'waiting') waits++;
      else if (outcome.kind === 'running') yield;
      else return outcome;
    }
    throw new UserError('The run could not be repeated: it waits for input that the recording does not have.');
  }

  /** Throws UserError if the replay has gone astray. */
  private requireTruth(): void {
    const { divergence } = this.options.tape;
    if (!divergence) return;
    const { asked, recorded, at } = divergence;
    throw new UserError(
      `The run could not be repeated: at ${at.toLocaleString('en-US')} ns of its time the program asked for ${asked}, where the recording has ${recorded}.`,
    );
  }

  /** Where a replay has gone astray: to the last checkpoint before `moment`, which needs none. What was recorded after it is lost. */
  fallBack(moment: Moment): void {
    this.restoreBefore(moment);
    this.startNewFuture();
    this.options.control.show(this.options.control.task.tid);
  }

  /** The last moment before `origin` at which thread `tid` was about to retire its instruction number `count`. */
  *beforeRetired(tid: number, count: bigint, origin: Moment): Work<Moment | undefined> {
    const { control } = this.options;
    for (let index = this.checkpoints.indexBefore(origin); index >= 0; index--) {
      this.restore(index);
      const task = control.process.tasks.find((one) => one.tid === tid);
      if (!task || task.cpu.retired > count) continue;
      const remaining = () => Number(count - task.cpu.retired);
      if (remaining() > 0) yield* this.replay(origin, 'silent', new UntilRetired(remaining), tid);
      let last: Moment | undefined;
      this.watcher = (user) => {
        if (user.tid === tid && user.cpu.retired === count) last = this.now;
      };
      try {
        yield* this.replay(origin, 'silent', new UntilRetired(() => remaining() + 1), tid);
      } finally {
        this.watcher = undefined;
      }
      return last;
    }
    return undefined;
  }
}

/** Until a thread has retired so many more instructions. */
class UntilRetired extends Continue {
  override readonly title = 'Running again';
  constructor(private readonly remaining: () => number) {
    super();
  }
  override quantum(): number {
    return Math.max(1, this.remaining());
  }
  override reached(): boolean {
    return this.remaining() <= 0;
  }
}
