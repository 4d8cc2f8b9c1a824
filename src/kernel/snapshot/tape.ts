/**
 * Everything that came from outside, in order: recorded on the first pass, played on the next. The kernel asks for the same things in the
 * same order each time, so an answer is found by its position alone.
 */
interface Entry {
  /** What was asked. */
  readonly what: string;
  /** The world's clock when it was asked. */
  readonly at: bigint;
  readonly answer: unknown;
}

/** Where a replay asked for something else than the recording has: a mistake of ours, which spoils no more than that replay. */
export interface Divergence {
  /** The world's clock in nanoseconds. */
  readonly at: bigint;
  readonly asked: string;
  readonly recorded: string;
}

export class Tape {
  private entries: Entry[] = [];
  private where = 0;
  /** The world's clock in nanoseconds; set once there is a world. */
  clock: () => bigint = () => 0n;
  /** Set once a replay has gone astray: what it does from there on is worth nothing. Nothing is recorded or played until `position` is set. */
  divergence: Divergence | undefined;

  get length(): number {
    return this.entries.length;
  }

  /** The next answer to be played, or the end of the tape. */
  get position(): number {
    return this.where;
  }
  set position(position: number) {
    this.where = position;
    this.divergence = undefined;
  }

  get playing(): boolean {
    return this.where < this.entries.length;
  }

  /** The recorded answer, or that of `ask`, which is recorded. `astray`: the answer where asking would have an effect outside. */
  answer<T>(what: string, ask: () => T, ...astray: [T?]): T {
    if (this.divergence) return astray.length ? (astray[0] as T) : ask();
    if (!this.playing) {
      const answer = ask();
      this.entries.push({ what, at: this.clock(), answer });
      this.where++;
      return answer;
    }
    const entry = this.entries[this.where];
    if (entry.what === what) {
      this.where++;
      // Written by the same call.
      return entry.answer as T;
    }
    this.divergence = { at: this.clock(), asked: what, recorded: entry.what };
    return this.answer(what, ask, ...astray);
  }

  /** The same for something that may not be there yet (undefined): played no earlier than it came. */
  answerWhenThere<T>(what: string, ask: () => T | undefined): T | undefined {
    if (this.divergence) return undefined;
    if (this.playing) {
      const { what: next, at } = this.entries[this.where];
      return next === what && at <= this.clock() ? this.answer(what, ask) : undefined;
    }
    const answer = ask();
    return answer === undefined ? undefined : this.answer(what, () => answer);
  }

  /** Forgets what lies ahead: from here on everything is asked anew. */
  cut(): void {
    this.entries.length = Math.min(this.entries.length, this.where);
  }
}
