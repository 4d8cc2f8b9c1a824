/** The bounds that protect a pointer now, as text: those of its table entry, or those that the code keeps for it. */
import { hex } from '../../base/hex.ts';
import type { Bounds } from '../../machine/api.ts';
import type { KeptBounds } from '../bounds-in-code.ts';
import type { BoundsLayout } from '../bounds-layout.ts';
import { directoryEntryOf, tableEntryOf } from '../directory.ts';
import { boundsText, count, isInit, isNull, upperOf } from '../format.ts';
import type { Memory } from '../memory.ts';
import type { CObject } from './object.ts';

/** What the bounds of a pointer are read from. */
export interface BoundsSources {
  memory: Memory;
  /** Geometry of the program's tables. */
  layout: BoundsLayout;
  /** Base of the bounds directory, if there is one. */
  directory: bigint | undefined;
  /** What code keeps for the variable beside tables. */
  kept(object: CObject): KeptBounds | undefined;
}

/** `→ [0x602010, 0x602019] 10 bytes, +0`: by its table entry or by what the code checks it with; undefined if neither tells. */
export function boundsOfPointer(
  object: CObject,
  { memory, layout, directory, kept }: BoundsSources,
): string | undefined {
  if (object.plain.kind !== 'pointer') return undefined;
  const stored = directory === undefined ? undefined : storedBounds(object, layout, memory, directory);
  if (stored) return stored;
  const found = kept(object);
  return found && `→ ${boundsText(found.bounds)}${offsetText(object.number, found.bounds)} (${found.where})`;
}

/** By the table entry for the slot that the pointer lies in. */
function storedBounds(object: CObject, layout: BoundsLayout, memory: Memory, directory: bigint): string | undefined {
  const slot = object.address;
  if (slot === undefined || slot % layout.slotBytes) return undefined;
  const pointer = memory.readUint(slot, layout.word);
  const entry = directoryEntryOf(layout, memory, directory, slot);
  const found = entry?.valid ? tableEntryOf(layout, memory, entry.table, slot) : undefined;
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
