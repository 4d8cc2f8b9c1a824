/** Numbers for frames and variable containers. They only grow, so that a stale one is never taken for a live one. */
import { UserError } from '../debugger/errors.ts';

/** Gives out numbers for several tables. */
export class ReferenceCounter {
  private last = 0;

  next(): number {
    return ++this.last;
  }
}

export class References<T> {
  private readonly live = new Map<number, T>();
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly counter: ReferenceCounter,
    /** What a reference stands for, in messages: `stack frame`. */
    private readonly what: string,
  ) {}

  /** A number for `value`; the same one for the same `key` while the program stands still. */
  add(value: T, key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) {
      this.live.set(known, value);
      return known;
    }
    const id = this.counter.next();
    this.live.set(id, value);
    this.numbers.set(key, id);
    return id;
  }

  get(id: number): T {
    const value = this.live.get(id);
    if (value === undefined) throw new UserError(`This ${this.what} is gone: the program has run on since.`);
    return value;
  }

  find(id: number): T | undefined {
    return this.live.get(id);
  }

  /** The program runs on: all numbers are void. */
  clear(): void {
    this.live.clear();
    this.numbers.clear();
  }
}
