/** What the user changed in the program, so that a replay changes it at the same moment. */
import type { VcpuState } from '../../machine/api.ts';
import type { Rescheduling } from '../run-control.ts';
import { isBefore, type Moment } from './moment.ts';

export type Edit = { readonly moment: Moment } & (
  | {
      readonly kind: 'state';
      readonly tid: number;
      /** All registers of the thread, as they were then. */
      readonly registers: VcpuState;
      readonly memory?: { readonly address: bigint; readonly bytes: Uint8Array };
    }
  | ({ readonly kind: 'schedule' } & Rescheduling)
);

export class Edits {
  private readonly list: Edit[] = [];
  /** How many have been made at the moment the program stands at. */
  done = 0;

  /** The next one to be made again. */
  get next(): Edit | undefined {
    return this.list[this.done];
  }

  /** Notes what has just been done. */
  add(edit: Edit): void {
    this.list.push(edit);
    this.done++;
  }

  /** Forgets those that lie ahead. */
  cut(): void {
    this.list.length = this.done;
  }

  /** Takes the next one if its time has come. */
  take(now: Moment): Edit | undefined {
    const { next } = this;
    if (!next || isBefore(now, next.moment)) return undefined;
    this.done++;
    return next;
  }
}
