/** Inlined functions as frames of their own: one frame of the stack stands for a chain of calls. */
import { Tag } from '../symbols/dwarf/names.ts';
import type { UserFrame } from './backtrace.ts';
import type { ProgramSymbols } from './symbols.ts';

/** `frame` as the calls that were inlined into it, innermost first, and the function itself last. */
export function withInlined(frame: UserFrame, symbols: ProgramSymbols): UserFrame[] {
  const debug = frame.signalTrampoline ? undefined : symbols.debugAt(frame.pc);
  if (!debug) return [frame];
  const pc = frame.afterCall ? frame.pc - 1n : frame.pc;
  const { information } = debug;
  const owner = information.functionAt(pc);
  if (!owner) return [frame];
  const copies = information
    .scopesAt(owner, pc)
    .filter(({ tag }) => tag === Tag.inlined)
    .reverse();
  if (copies.length === 0) return [frame];
  return [...copies, owner].map((scope, depth) => {
    const called = copies[depth - 1];
    return {
      ...frame,
      inlined: {
        depth,
        isCopy: scope !== owner,
        name: information.entries.name(scope),
        // The innermost is where the line table says; the others stand at the calls within them.
        location: called && debug.callLocation(called),
      },
    };
  });
}

/** Inlined copies that the code at `pc` is in, outermost first, each by a number of its own. */
export function inlinedCopies(pc: bigint, symbols: ProgramSymbols): number[] {
  const information = symbols.debugAt(pc)?.information;
  const owner = information?.inlinedCopyAt(pc) === undefined ? undefined : information.functionAt(pc);
  if (!information || !owner) return [];
  return information
    .scopesAt(owner, pc)
    .filter(({ tag }) => tag === Tag.inlined)
    .map(({ offset }) => offset);
}

/** Whether all of `outer` are around what `inner` is in, and more: code within an inlined call. */
export function isDeeper(inner: readonly number[], outer: readonly number[]): boolean {
  return inner.length > outer.length && outer.every((copy, i) => inner[i] === copy);
}
