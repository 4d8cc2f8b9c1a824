import { PAGE_SIZE } from '../api.ts';

/** Bytes of one allocation. */
const SLAB = 64 * PAGE_SIZE;

/** Copies of pages, many in one allocation: a buffer for each would cost several times the copying. */
export class PageCopies {
  private slab = new Uint8Array(0);
  private used = 0;

  /** A copy of `page`, a page's bytes. */
  of(page: Uint8Array): Uint8Array {
    if (this.used === this.slab.length) {
      this.slab = new Uint8Array(SLAB);
      this.used = 0;
    }
    const copy = this.slab.subarray(this.used, this.used + PAGE_SIZE);
    this.used += PAGE_SIZE;
    copy.set(page);
    return copy;
  }
}
