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
