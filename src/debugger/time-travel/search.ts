/** The last time that something happened before a moment: ever larger windows of the past are run again, each where the one before did not look. */
import type { TaskView } from '../../kernel/api.ts';
import { UserError } from '../errors.ts';
import { Continue } from '../plans.ts';
import type { RunControl } from '../run-control.ts';
import { isBefore, type Moment } from './moment.ts';
import type { Scout } from './scout.ts';
import type { TimeTravel, Work } from './time-travel.ts';

/** Ends of the windows, in instructions before the moment; further back it goes checkpoint by checkpoint. */
const WINDOWS = [1_000n, 10_000n, 100_000n, 1_000_000n];

/** What is looked for. */
export interface Quest<T> {
  /** Thread whose instructions at `addresses` are visited. */
  readonly tid: number;
  readonly addresses?: ReadonlySet<bigint>;
  /** The thread is about to execute the instruction at one of the addresses. */
  visit?(task: TaskView): void;
  readonly scout?: Scout;
  /** The last of it so far; undefined if there was none. */
  readonly latest: T | undefined;
}

export class Search {
  constructor(
    private readonly travel: TimeTravel,
    private readonly control: RunControl,
    /** How far back it looks, in instructions. */
    private readonly reach: bigint = 1n << 62n,
  ) {}

  /** Throws UserError where the search would go further back than it may. */
  *lastBefore<T>(origin: Moment, quest: Quest<T>): Work<T | undefined> {
    const work = this.windows(origin, quest);
    return yield* quest.scout ? this.travel.scouting(quest.scout, work) : work;
  }

  private *windows<T>(origin: Moment, quest: Quest<T>): Work<T | undefined> {
    const { travel } = this;
    let until = origin;
    while (isBefore(travel.start, until)) {
      const distance = WINDOWS.find((window) => origin.instruction - window < until.instruction);
      const start = { instruction: origin.instruction - (distance ?? 0n), step: 0 };
      if (distance !== undefined && isBefore(travel.start, start)) {
        yield* travel.goTo(start, quest.tid);
      } else {
        travel.restoreEarlier(until);
        if (origin.instruction - travel.now.instruction > this.reach)
          throw new UserError(`It is more than ${this.reach.toLocaleString('en-US')} instructions ago.`);
      }
      const from = travel.now;
      yield* travel.replay(
        until,
        'silent',
        new Visits(quest.addresses, (task) => this.visit(task, until, quest)),
        quest.tid,
      );
      if (quest.latest !== undefined) return quest.latest;
      until = from;
    }
    return undefined;
  }

  private visit<T>(task: TaskView, until: Moment, quest: Quest<T>): void {
    if (isBefore(this.control.moment, until)) quest.visit?.(task);
  }
}

/** Past every moment at which the thread is at one of some addresses. */
export class Visits extends Continue {
  override readonly title = 'Looking back';

  constructor(
    private readonly addresses: ReadonlySet<bigint> = new Set(),
    private readonly visit: (task: TaskView) => void,
  ) {
    super();
  }
  override temporaryBreakpoints(): readonly bigint[] {
    return [...this.addresses];
  }
  override reached(task: TaskView): boolean {
    if (this.addresses.has(task.cpu.rip)) this.visit(task);
    return false;
  }
}
