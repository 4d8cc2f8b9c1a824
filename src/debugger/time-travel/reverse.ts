/** Running backwards: what the last stop before now was, found by running again from ever earlier checkpoints. */
import type { StopReason } from '../stop.ts';
import { isBefore, type Moment } from './moment.ts';
import type { TimeTravel, Work } from './time-travel.ts';

interface Found {
  moment: Moment;
  tid: number;
  reason: StopReason;
}

export class Reverse {
  constructor(
    private readonly travel: TimeTravel,
    private readonly control: {
      readonly task: { readonly tid: number; readonly cpu: { readonly retired: bigint } };
      readonly moment: Moment;
      show(tid: number): void;
    },
  ) {}

  /** To the last place before now where the user wants to be stopped, or to the start of the recording. */
  *continue(): Work<StopReason> {
    const { travel } = this;
    const origin = travel.now;
    const found = yield* this.lastStop(origin);
    if (!found) {
      yield* travel.goTo(travel.start);
      return { kind: 'recording-start' };
    }
    if (found.reason.kind === 'data') {
      // Before the access, where the old value still is.
      const before = yield* this.beforeLast(found, origin);
      yield* travel.goTo(before ?? found.moment, found.tid);
      return found.reason;
    }
    yield* travel.goTo(found.moment, found.tid);
    if (found.reason.kind !== 'exception') return found.reason;
    // Once more into it: what the processor and the kernel have done up to the stop belongs to it.
    const outcome = yield* travel.replay(origin, 'search');
    return outcome.kind === 'stopped' ? outcome.reason : found.reason;
  }

  /** The moment before the instruction that led to `found`. */
  private *beforeLast({ moment, tid }: Found, origin: Moment): Work<Moment | undefined> {
    yield* this.travel.goTo(moment, tid);
    return yield* this.travel.beforeRetired(tid, this.control.task.cpu.retired - 1n, origin);
  }

  private *lastStop(origin: Moment): Work<Found | undefined> {
    const { travel, control } = this;
    const { checkpoints } = travel;
    let until = origin;
    for (let index = checkpoints.indexBefore(origin); index >= 0; index--) {
      travel.restore(index);
      const from = travel.now;
      let found: Found | undefined;
      for (;;) {
        const outcome = yield* travel.replay(until, 'search');
        if (outcome.kind !== 'stopped' || !isBefore(control.moment, origin)) break;
        found = { moment: control.moment, tid: control.task.tid, reason: outcome.reason };
      }
      if (found) return found;
      until = from;
    }
    return undefined;
  }

  /** One instruction of the thread back, whatever it was. False at the start of the recording. */
  *instruction(): Work<boolean> {
    const { travel, control } = this;
    const origin = travel.now;
    const { tid, cpu } = control.task;
    const before = cpu.retired > 0n ? yield* travel.beforeRetired(tid, cpu.retired - 1n, origin) : undefined;
    yield* travel.goTo(before ?? travel.start, tid);
    return before !== undefined;
  }
}
