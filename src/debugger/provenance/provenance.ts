/** Questions about where bounds and pointers come from. Answers are found by running the past again; the program stands where it stood afterwards. */
import type { TaskView } from '../../kernel/api.ts';
import type { Bounds } from '../../machine/api.ts';
import type { Unwinder } from '../backtrace.ts';
import type { CodeReader } from '../code.ts';
import { UserError } from '../errors.ts';
import type { Memory } from '../memory.ts';
import type { RunControl } from '../run-control.ts';
import type { ProgramSymbols } from '../symbols.ts';
import { Search } from '../time-travel/search.ts';
import type { TimeTravel, Work } from '../time-travel/time-travel.ts';
import { type BoundsHistory, HistoryWriter, type Link, type Witness } from './history.ts';
import { type HistoryWords, historyLines, linkText } from './history-text.ts';
import { type Change, lastWrite } from './last-change.ts';

/** Callers named where bounds were made. */
const CALLERS = 2;

/** The program, as it stands at the moment that is looked at. */
export interface Subject {
  readonly task: TaskView;
  readonly control: RunControl;
  readonly memory: Memory;
  readonly code: CodeReader;
  readonly symbols: ProgramSymbols;
  readonly unwinder: Unwinder;
  readonly directoryBase: bigint | undefined;
  instructionText(address: bigint): string;
  objectOf(bounds: Bounds): string | undefined;
}

/** Whose bounds are meant: a bound register's, or those of the pointer that lies in `slot`. */
export type BoundsOf = { readonly register: number } | { readonly slot: bigint };

export class Provenance {
  constructor(
    private readonly subject: Subject,
    private readonly travel: TimeTravel,
  ) {}

  /** Throws UserError if nothing is stored for the slot, or the answer lies more than `reach` instructions back. */
  *historyOf(of: BoundsOf, reach?: bigint): Work<BoundsHistory> {
    return yield* this.travel.aside(this.write(of, reach));
  }

  private *write(of: BoundsOf, reach?: bigint): Work<BoundsHistory> {
    const { travel, subject } = this;
    const { tid } = subject.task;
    const writer = new HistoryWriter(this.witness(reach));
    if ('register' in of) return yield* writer.ofRegister(tid, of.register, travel.now);
    const history = yield* writer.ofSlot(tid, of.slot, travel.now);
    if (!history) throw new UserError('There is no bounds table for this pointer, so no bounds are stored for it.');
    return history;
  }

  /** One line each, for `history`, as seen from now. */
  lines(history: BoundsHistory): string[] {
    return historyLines(this.words, history);
  }

  /** Goes to where the bounds were made. Throws UserError if they were not. */
  *goToMade(of: BoundsOf): Work<Link> {
    const history = yield* this.historyOf(of);
    const last = history.links.at(-1);
    if (last?.kind !== 'made') throw new UserError(`No BNDMK made these bounds. ${this.story(history)}`);
    yield* this.travel.goTo(last.moment, last.tid);
    return last;
  }

  /** Goes to where the bounds were lost: the branch, or the code that stored the pointer without them. Throws UserError if they were not. */
  *goToLost(of: BoundsOf): Work<void> {
    const history = yield* this.historyOf(of);
    const last = history.links.at(-1);
    if (!last || !['branch', 'mismatch', 'empty', 'overwritten', 'kernel'].includes(last.kind))
      throw new UserError(`These bounds were not lost. ${this.story(history)}`);
    const { moment, tid } = history.pointerStored ?? last;
    yield* this.travel.goTo(moment, tid);
  }

  /** Goes to before the last store to [address, address + size). Throws UserError if the recording has none. */
  *goToStored(address: bigint, size: number): Work<Change> {
    const { travel, subject } = this;
    const change = yield* lastWrite(this.witness(), subject.task.tid, address, size, travel.now);
    if (!change) throw new UserError('It has not been stored since the start of the recording.');
    yield* travel.goTo(change.moment, change.tid);
    return change;
  }

  private story({ links }: BoundsHistory): string {
    const last = links.at(-1);
    return last ? `Their history ends with: ${linkText(this.words, last)}.` : '';
  }

  private get words(): HistoryWords {
    const { subject, travel } = this;
    return {
      instruction: (pc) => subject.instructionText(pc),
      place: (pc) => subject.symbols.describe(pc),
      now: travel.now.instruction,
    };
  }

  private witness(reach?: bigint): Witness {
    const { subject, travel } = this;
    return {
      travel,
      control: subject.control,
      code: subject.code,
      memory: subject.memory,
      search: new Search(travel, subject.control, reach),
      get directoryBase() {
        return subject.directoryBase;
      },
      objectOf: (bounds) => subject.objectOf(bounds),
      callers: () =>
        subject.unwinder
          .userFrames(subject.task, CALLERS + 1)
          .slice(1)
          .map(({ pc }) => subject.symbols.describe(pc - 1n)),
    };
  }
}
