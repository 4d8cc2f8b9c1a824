/** How much memory all processes together may have: the host's protection (launch option `limits.memory`). */
import type { GuestMemory } from '../../machine/api.ts';

export class MemoryLimit {
  /** Most pages that may be present at once, and be mapped writable by one process. */
  max_pages = 1 << 18;
  /** The address spaces there are. */
  readonly memories = new Set<GuestMemory>();

  get presentPages(): number {
    let sum = 0;
    for (const { presentCount } of this.memories) sum += presentCount;
    return sum;
  }
}
