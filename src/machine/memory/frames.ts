/**
 * Physical page frames in linear memory. A frame's place is either the guest page's own low-32 address (direct: page tags can
 * serve it) or any free place of the overflow pool.
 */
import { PAGE_SIZE } from '../api.ts';
import { isGuestPlace, MAXIMUM_BYTES, POOL_START } from '../layout.ts';
import type { LinearMemory } from './linear.ts';

const PAGE_SHIFT = 12;
/** A direct page this far beyond the memory there is goes to the pool instead: memory must not grow for one stray page. */
const GROW_FOR_DIRECT = 0x0400_0000;

const FREE = 0;
const USED = 1;
/** Free, but holds old bytes. */
const DIRTY = 2;

export class Frames {
  private readonly places = new Uint8Array(2 ** 20);
  private readonly freePool: number[] = [];
  private nextPool = POOL_START;

  constructor(private readonly linear: LinearMemory) {}

  /** A zeroed frame at exactly `place`, or false if that is not to be had. */
  takeDirect(place: number): boolean {
    if (!isGuestPlace(place) || this.places[place >>> PAGE_SHIFT] === USED) return false;
    const end = place + PAGE_SIZE;
    if (end > this.linear.size + GROW_FOR_DIRECT || !this.linear.reserve(end)) return false;
    this.take(place);
    return true;
  }

  /** A zeroed frame anywhere; undefined when memory is exhausted. */
  takePool(): number | undefined {
    for (let place = this.freePool.pop(); place !== undefined; place = this.freePool.pop()) {
      if (this.places[place >>> PAGE_SHIFT] === USED) continue;
      this.take(place);
      return place;
    }
    while (this.nextPool + PAGE_SIZE <= MAXIMUM_BYTES && this.places[this.nextPool >>> PAGE_SHIFT] === USED)
      this.nextPool += PAGE_SIZE;
    const place = this.nextPool;
    if (place + PAGE_SIZE > MAXIMUM_BYTES || !this.linear.reserve(place + PAGE_SIZE)) return undefined;
    this.nextPool += PAGE_SIZE;
    this.take(place);
    return place;
  }

  release(place: number): void {
    this.places[place >>> PAGE_SHIFT] = DIRTY;
    if (place >= POOL_START) this.freePool.push(place);
  }

  private take(place: number): void {
    const index = place >>> PAGE_SHIFT;
    if (this.places[index] === DIRTY) this.linear.u8.fill(0, place, place + PAGE_SIZE);
    else if (this.places[index] !== FREE) throw new Error('frame taken twice');
    this.places[index] = USED;
  }
}
