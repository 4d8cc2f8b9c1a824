/** The snapshots of a run: every so many instructions, and fewer of the distant past, so that memory stays within a limit. */
import type { WorldSnapshot, WorldSnapshots } from '../../kernel/snapshot/world-snapshots.ts';
import { isBefore, type Moment } from './moment.ts';

export interface Checkpoint {
  readonly moment: Moment;
  readonly snapshot: WorldSnapshot;
  /** Edits by the user that had been made. */
  readonly edits: number;
}

/** Whatever the memory: a snapshot has a price of its own. */
const MOST = 200;
/** Objects of the kernel and bytes of pages that are saved in a time that does not count. */
const OBJECTS = 4000;
const BYTES = 1 << 20;

export class Checkpoints {
  private readonly list: Checkpoint[] = [];
  /** Bytes of all but the last, which still grows. */
  private settled: number[] = [];

  /** `limit`: host memory for all of them, in bytes. */
  constructor(
    private readonly snapshots: WorldSnapshots,
    private readonly limit: number,
  ) {}

  get count(): number {
    return this.list.length;
  }

  /** Host memory held, in bytes. */
  get bytes(): number {
    return this.settled.reduce((sum, bytes) => sum + bytes, this.list.at(-1)?.snapshot.bytes ?? 0);
  }

  /** The earliest moment that can be gone back to. */
  get start(): Moment | undefined {
    return this.list[0]?.moment;
  }

  /** When the next one is due, if there is to be one every `interval` instructions: fewer where there is much to be saved. */
  due(interval: bigint): bigint {
    const last = this.list.at(-1);
    if (!last) return 0n;
    const effort = 1 + Math.floor(last.snapshot.memento.size / OBJECTS + (this.settled.at(-1) ?? 0) / BYTES);
    return last.moment.instruction + interval * BigInt(effort);
  }

  /** Index of the last checkpoint that is not after `moment`; −1 if that lies before all of them. */
  indexBefore(moment: Moment): number {
    return this.list.findLastIndex((one) => !isBefore(moment, one.moment));
  }

  at(index: number): Checkpoint {
    return this.list[index];
  }

  /** Takes one now, if the program stands where one can be taken. */
  take(moment: Moment, edits: number): boolean {
    if (!this.snapshots.possible) return false;
    const last = this.list.at(-1);
    this.list.push({ moment, snapshot: this.snapshots.take(), edits });
    if (last) this.settled.push(last.snapshot.bytes);
    this.thin();
    return true;
  }

  /** Brings back the state of a checkpoint; later ones are gone. */
  restore(index: number): Checkpoint {
    const checkpoint = this.list[index];
    this.snapshots.restore(checkpoint.snapshot);
    this.list.length = index + 1;
    this.settled.length = index;
    return checkpoint;
  }

  private thin(): void {
    while (this.list.length > 2 && (this.list.length > MOST || this.bytes > this.limit)) this.drop(this.leastMissed());
    // All that remains is from the last one to now: the beginning is given up.
    if (this.list.length > 1 && this.bytes > this.limit) this.drop(0);
  }

  /** The one without which the way to any moment grows least, as seen from now: the past may be coarse, the present may not. */
  private leastMissed(): number {
    const { list } = this;
    const time = (index: number) => Number(list[index].moment.instruction);
    const now = time(list.length - 1);
    let best = 1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < list.length - 1; i++) {
      const price = (time(i + 1) - time(i - 1)) / (now - time(i) + 1);
      if (price >= least) continue;
      least = price;
      best = i;
    }
    return best;
  }

  private drop(index: number): void {
    const [{ snapshot }] = this.list.splice(index, 1);
    this.snapshots.drop(snapshot);
    this.settled.splice(index, 1);
    // The one before has taken over what only the dropped one had.
    if (index > 0) this.settled[index - 1] = this.list[index - 1].snapshot.bytes;
  }
}
