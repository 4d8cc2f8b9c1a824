/** Room for records in linear memory, and the guest address each record stands for. */
import { ARENA_END, ARENA_START } from '../layout.ts';
import { RECORD_BYTES } from './record.ts';

/** Below this many free records the decoded code is thrown away. */
const RESERVE = 512;

export class Arena {
  private next = ARENA_START;
  private addresses = new Float64Array(1 << 14);

  /** Whether a block may still be written. */
  get isFull(): boolean {
    return this.next + RESERVE * RECORD_BYTES > ARENA_END;
  }

  /** A record for the instruction at guest address `rip` (user addresses fit a number exactly). */
  take(rip: number): number {
    const record = this.next;
    this.next += RECORD_BYTES;
    const index = (record - ARENA_START) / RECORD_BYTES;
    if (index >= this.addresses.length) {
      const larger = new Float64Array(this.addresses.length * 2);
      larger.set(this.addresses);
      this.addresses = larger;
    }
    this.addresses[index] = rip;
    return record;
  }

  /** Guest address of a record. */
  ripOf(record: number): number {
    return this.addresses[(record - ARENA_START) / RECORD_BYTES];
  }

  reset(): void {
    this.next = ARENA_START;
  }
}
