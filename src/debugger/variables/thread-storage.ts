/** Where the thread-local variables of a module are for one thread (ELF Handling For TLS, 3.4.6: variant II). */
import { wrap64 } from '../../base/address.ts';
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import type { ModuleDebug } from '../../symbols/module-debug.ts';
import type { Memory } from '../memory.ts';
import type { ProgramSymbols } from '../symbols.ts';

/** The pointer to the thread's vector of blocks is the second word of its control block (glibc and musl). */
const VECTOR = 8n;
/** glibc keeps two words for each module, musl one. */
const GLIBC_STRIDE = 16n;
const MUSL_STRIDE = 8n;
/** glibc's mark for a block that is made when the thread first needs it. */
const UNALLOCATED = (1n << 64n) - 1n;

/** First address of the module's block in the thread with this thread pointer. @throws Unavailable */
export function threadStorage(
  debug: ModuleDebug,
  threadPointer: bigint,
  symbols: ProgramSymbols,
  memory: Pick<Memory, 'readUint'>,
): bigint {
  const { threadStorageSize, bias } = debug;
  if (threadStorageSize === undefined) throw new Unavailable('in thread storage, but its file has none');
  // The program's own block lies right below the thread pointer.
  if (symbols.modules[0]?.debug === debug) return wrap64(threadPointer - threadStorageSize);
  const { distances, moduleNumbers } = debug.threadRelocations;
  const word = (address: bigint) => memory.readUint(wrap64(address), 8) ?? 0n;
  for (const { at, offset } of distances) {
    const distance = word(bias + at);
    if (distance) return wrap64(threadPointer + distance - offset);
  }
  const number = moduleNumbers.map((at) => word(bias + at)).find((found) => found !== 0n);
  if (number === undefined)
    throw new Unavailable('in thread storage that cannot be found: nothing in its library uses it, or not yet');
  const stride = symbols.byName('gnu_get_libc_version').length > 0 ? GLIBC_STRIDE : MUSL_STRIDE;
  const block = word(word(threadPointer + VECTOR) + number * stride);
  if (block === 0n || block === UNALLOCATED)
    throw new Unavailable('in thread storage that this thread has not made yet: it is made at the first use');
  return block;
}
