/** C's words for a place inside an object: `->payload[4]`, `[10]`, `.corner.x`. */
import { type CType, strip } from '../../symbols/types.ts';
import type { ObjectFrame } from './frame.ts';
import { sizeIn } from './object.ts';

/** Records and arrays are nested no deeper unless somebody means harm. */
const MOST_DEPTH = 12;

/** The members and indices that lead to the innermost object at byte `offset` of a `type`; indices may lie outside of their array. */
export function pathInto(frame: ObjectFrame, type: CType, offset: bigint, depth = 0): string {
  const plain = strip(type);
  if (depth > MOST_DEPTH) return '';
  if (plain.kind === 'array') {
    const element = plain.element();
    const { index, rest } = divided(offset, sizeIn(frame, element));
    return index === undefined ? '' : `[${index}]${pathInto(frame, element, rest, depth + 1)}`;
  }
  if (plain.kind !== 'record') return '';
  const member = plain
    .members()
    .filter((one) => one.bitSize === undefined)
    .findLast((one) => BigInt(one.bitOffset) <= offset * 8n);
  if (!member) return '';
  const inner = pathInto(frame, member.type(), offset - BigInt(member.bitOffset / 8), depth + 1);
  return member.name === undefined ? inner : `.${member.name}${inner}`;
}

/** A part of an object that is exactly [start, start + size) of it: its path and type. The outermost of several. */
export function partAt(
  frame: ObjectFrame,
  type: CType,
  start: bigint,
  size: bigint,
  depth = 0,
): { path: string; type: CType } | undefined {
  const whole = sizeIn(frame, type);
  if (whole === undefined || depth > MOST_DEPTH || start < 0n || start + size > BigInt(whole)) return undefined;
  if (start === 0n && size === BigInt(whole)) return { path: '', type };
  const plain = strip(type);
  if (plain.kind === 'array') {
    const element = plain.element();
    const { index, rest } = divided(start, sizeIn(frame, element));
    const found = index === undefined ? undefined : partAt(frame, element, rest, size, depth + 1);
    return found && { path: `[${index}]${found.path}`, type: found.type };
  }
  if (plain.kind !== 'record') return undefined;
  for (const member of plain.members()) {
    const at = BigInt(Math.floor(member.bitOffset / 8));
    const found = member.bitSize === undefined ? partAt(frame, member.type(), start - at, size, depth + 1) : undefined;
    if (found)
      return { path: member.name === undefined ? found.path : `.${member.name}${found.path}`, type: found.type };
  }
  return undefined;
}

/** Whole elements before `offset` and the bytes behind them; downwards for what lies before. */
export function divided(offset: bigint, size: number | undefined): { index: bigint | undefined; rest: bigint } {
  if (!size) return { index: undefined, rest: 0n };
  const step = BigInt(size);
  const rest = ((offset % step) + step) % step;
  return { index: (offset - rest) / step, rest };
}

/** `p->x` for `p` and `.x`, `p[2].x` for the third, `*p` for the whole of the first. */
export function throughPointer(pointer: string, index: bigint, path: string): string {
  if (index !== 0n) return `${pointer}[${index}]${path}`;
  if (path.startsWith('.')) return `${pointer}->${path.slice(1)}`;
  return path === '' ? `*${pointer}` : `(*${pointer})${path}`;
}
