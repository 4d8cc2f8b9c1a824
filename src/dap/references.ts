/** Numbers for frames and variable containers. They only grow, so that a stale one is never taken for a live one. */
import { UserError } from '../debugger/errors.ts';

/** Gives out numbers for several tables. */
export class ReferenceCounter {
  private last = 0;

  next(): number {
    return ++this.last;
  }
}

/** Which thread is looked at: what is given out stands for something of that thread. */
export interface ThreadFocus {
  current(): number;
  choose(thread: number): void;
}

export class References<T> {
  private readonly live = new Map<number, { value: T; thread: number }>();
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly counter: ReferenceCounter,
    /** What a reference stands for, in messages: `stack frame`. */
    private readonly what: string,
    /** Looking something up makes its thread the one that is looked at. */
    private readonly focus: ThreadFocus = { current: () => 0, choose: () => {} },
  ) {}

  /** A number for `value`; the same one for the same `key` of the same thread while the program stands still. */
  add(value: T, key: string): number {
    const thread = this.focus.current();
    const full = `${thread} ${key}`;
    const id = this.numbers.get(full) ?? this.counter.next();
    this.live.set(id, { value, thread });
    this.numbers.set(full, id);
    return id;
  }

  get(id: number): T {
    const value = this.find(id);
    if (value === undefined) throw new UserError(`This ${this.what} is gone: the program has run on since.`);
    return value;
  }

  find(id: number): T | undefined {
    const found = this.live.get(id);
    if (found) this.focus.choose(found.thread);
    return found?.value;
  }

  /** The program runs on: all numbers are void. */
  clear(): void {
    this.live.clear();
    this.numbers.clear();
  }
}
