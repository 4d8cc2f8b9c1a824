/** The bounds that MPX keeps for a pointer variable: those of the table entry of its slot. */
import { hex } from '../../base/hex.ts';
import type { Bounds } from '../../machine/api.ts';
import { directoryEntryOf, tableEntryOf } from '../directory.ts';
import { boundsText, count, isInit, isNull, upperOf } from '../format.ts';
import type { Memory } from '../memory.ts';
import type { CObject } from './object.ts';

/**
 * `→ [0x602010, 0x602019] 10 bytes, +0` for a pointer that lies in memory and has an entry; undefined for other objects.
 * `directory` is the base of the bounds directory.
 */
export function boundsOfPointer(object: CObject, memory: Memory, directory: bigint | undefined): string | undefined {
  const slot = object.address;
  if (directory === undefined || slot === undefined || slot % 8n || object.plain.kind !== 'pointer') return undefined;
  const pointer = memory.readUint(slot, 8);
  const entry = directoryEntryOf(memory, directory, slot);
  const found = entry?.valid ? tableEntryOf(memory, entry.table, slot) : undefined;
  if (pointer === undefined || !found || (!found.pointer && !found.lower && !found.upperRaw)) return undefined;
  const bounds = { lower: found.lower, upperRaw: found.upperRaw };
  if (found.pointer !== pointer)
    return `→ no bounds: its entry is for another pointer, ${hex(found.pointer)} (${boundsText(bounds)})`;
  return `→ ${boundsText(bounds)}${offsetText(pointer, bounds)}`;
}

/** Where the pointer stands in its bounds. */
function offsetText(pointer: bigint, bounds: Bounds): string {
  if (isInit(bounds) || isNull(bounds)) return '';
  const upper = upperOf(bounds);
  if (pointer < bounds.lower) return `, OUTSIDE: ${count(bounds.lower - pointer, 'byte')} below`;
  // One past the end is where C lets a pointer stand that is not followed.
  if (pointer === upper + 1n) return ', at its end';
  return pointer > upper
    ? `, OUTSIDE: ${count(pointer - upper - 1n, 'byte')} past the end`
    : `, +${pointer - bounds.lower}`;
}
