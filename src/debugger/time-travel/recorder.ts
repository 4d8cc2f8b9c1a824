/** Connects time travel with a program under the debugger: what belongs to a moment besides the computer, and how the user's changes are repeated. */

import type { ProcessView, TaskView } from '../../kernel/api.ts';
import type { Tape } from '../../kernel/snapshot/tape.ts';
import type { SnapshotWorld } from '../../kernel/snapshot/world-snapshots.ts';
import type { Bounds } from '../../machine/api.ts';
import type { Unwinder } from '../backtrace.ts';
import type { BreakpointTable } from '../breakpoints.ts';
import type { CodeReader } from '../code.ts';
import type { DataBreakpointTable } from '../data-breakpoints.ts';
import { UserError } from '../errors.ts';
import type { Memory } from '../memory.ts';
import { Provenance } from '../provenance/provenance.ts';
import type { Rescheduling, RunControl } from '../run-control.ts';
import type { ProgramSymbols } from '../symbols.ts';
import type { TableLedger } from '../tables.ts';
import type { Timeline } from '../timeline.ts';
import type { Edit } from './edits.ts';
import { compareMoments, type Moment } from './moment.ts';
import { Reverse } from './reverse.ts';
import { StepBack } from './step-back.ts';
import { type ReplayMode, TimeTravel } from './time-travel.ts';

export interface RecordingOptions {
  world: SnapshotWorld;
  tape: Tape;
  /** Host memory for checkpoints, in bytes. */
  memory: number;
}

/** The program that is recorded. */
interface Recorded {
  readonly process: ProcessView;
  readonly task: TaskView;
  readonly control: RunControl;
  readonly memory: Memory;
  readonly ledger: TableLedger;
  readonly unwinder: Unwinder;
  readonly code: CodeReader;
  readonly symbols: ProgramSymbols;
  readonly timeline: Timeline;
  readonly breakpoints: BreakpointTable;
  readonly data: DataBreakpointTable;
  replaying(mode: ReplayMode): void;
  scoutChanged(): void;
  readonly directoryBase: bigint | undefined;
  instructionText(address: bigint): string;
  objectOf(bounds: Bounds): string | undefined;
  rewound(): void;
}

interface Counts {
  moment: Moment;
  breakpoints: ReadonlyMap<number, number>;
  data: ReadonlyMap<number, number>;
}

export class Recorder {
  readonly travel: TimeTravel;
  readonly reverse: Reverse;
  readonly stepBack: StepBack;
  readonly provenance: Provenance;
  /** Hits of breakpoints at each checkpoint, by time. */
  private counts: Counts[] = [];
  /** The user has agreed to lose what came after this moment. */
  private agreed: Moment | undefined;

  constructor(
    private readonly debuggee: Recorded,
    options: RecordingOptions,
  ) {
    const { control, ledger, unwinder, code, symbols } = debuggee;
    this.travel = new TimeTravel({
      world: options.world,
      tape: options.tape,
      control,
      memory: options.memory,
      state: [ledger],
      redo: (edit) => this.redo(edit),
      onRewound: (moment) => this.rewound(moment),
      onCheckpoint: (moment) => this.noteCounts(moment),
      onMode: (mode) => debuggee.replaying(mode),
      onScout: () => debuggee.scoutChanged(),
    });
    this.reverse = new Reverse(this.travel, control);
    this.provenance = new Provenance(debuggee, this.travel);
    this.stepBack = new StepBack(this.travel, control, unwinder, code, symbols);
  }

  private noteCounts(moment: Moment): void {
    const { breakpoints, data } = this.debuggee;
    this.counts = this.counts.filter((one) => compareMoments(one.moment, moment) < 0);
    this.counts.push({ moment, breakpoints: breakpoints.hitCounts(), data: data.hitCounts() });
  }

  private rewound(moment: Moment): void {
    const { breakpoints, data } = this.debuggee;
    const counts = this.counts.find((one) => compareMoments(one.moment, moment) === 0);
    breakpoints.setHitCounts(counts?.breakpoints ?? new Map());
    data.setHitCounts(counts?.data ?? new Map());
    this.debuggee.rewound();
  }

  private redo(edit: Edit): void {
    const { control, memory, process } = this.debuggee;
    if (edit.kind === 'schedule') {
      control.reschedule(edit);
      return;
    }
    if (edit.memory) memory.write(edit.memory.address, edit.memory.bytes);
    process.tasks.find(({ tid }) => tid === edit.tid)?.cpu.restore(edit.registers);
  }

  /** Throws UserError while the program is in the past and the user has not agreed to a new future. */
  requireMayChange(): void {
    const { travel } = this;
    if (!travel.inPast || (this.agreed && compareMoments(this.agreed, travel.now) === 0)) return;
    throw new UserError(
      'The program is in the past: a change here starts a new future, and what was recorded after this moment is lost. Use “MPX: Start a New Future Here” (the request mpx/startNewFuture), then change it.',
    );
  }

  /** The user agrees that what came after this moment is lost once something is changed. */
  agree(): void {
    this.agreed = this.travel.now;
  }

  /** The user has changed registers or memory. → whether a future was lost by that */
  noteChange(changed?: { address: bigint; length: number }): boolean {
    const { travel, debuggee } = this;
    const lost = travel.inPast;
    if (lost) this.loseFuture();
    const { cpu, tid } = debuggee.task;
    const memory = changed && {
      address: changed.address,
      bytes: debuggee.memory.read(changed.address, changed.length),
    };
    travel.noteEdit({ kind: 'state', moment: travel.now, tid, registers: cpu.save(), memory });
    return lost;
  }

  /** The user changes the order in which threads run. Throws UserError as `requireMayChange`. */
  noteSchedule(change: Rescheduling): void {
    this.requireMayChange();
    if (this.travel.inPast) this.loseFuture();
    this.travel.noteEdit({ kind: 'schedule', moment: this.travel.now, ...change });
  }

  private loseFuture(): void {
    this.agreed = undefined;
    this.travel.startNewFuture();
    this.debuggee.timeline.cut(this.travel.now.instruction);
  }
}
