/** Segment registers that the kernel loads for a 32-bit program. */
import type { Vcpu } from '../../machine/api.ts';
import { TLS_ENTRIES, TLS_MIN } from './tls.ts';

/** Index of the descriptor in a selector, without table and privilege bits. */
const INDEX = 0xfffc;
/** Entries every program may load: none, the code segments, the data segment. */
const FLAT = [0, 0x20, 0x28, 0x30];

/** Loads `name` with `selector`; one that is not there loads as none. */
export function loadDataSegment(cpu: Vcpu, name: 'ds' | 'es' | 'fs' | 'gs', selector: number): void {
  const index = selector & INDEX;
  const tls = index / 8 - TLS_MIN;
  const base = Number.isInteger(tls) && tls >= 0 && tls < TLS_ENTRIES ? cpu.tlsBase(tls) : undefined;
  cpu.setSelector(name, base !== undefined || FLAT.includes(index) ? selector : 0);
  if (name === 'fs') cpu.fsBase = BigInt(base ?? 0);
  if (name === 'gs') cpu.gsBase = BigInt(base ?? 0);
}
