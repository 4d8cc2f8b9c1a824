/** The calls of a source line, as targets to step into. */
import { hex } from '../base/hex.ts';
import type { SourceLocation } from '../symbols/api.ts';
import { type CodeReader, isCall } from './code.ts';
import { inlinedCopies, isDeeper } from './inlined-frames.ts';
import type { ProgramSymbols } from './symbols.ts';

export interface StepTarget {
  /** Function to step into, or an address in the inlined copy of one. */
  address: bigint;
  label: string;
}

/** Direct calls that the line at `pc` still has before it, and functions inlined into it, in order of address. */
export function stepTargets(pc: bigint, code: CodeReader, symbols: ProgramSymbols): StepTarget[] {
  const debug = symbols.debugAt(pc);
  const here = symbols.locationOf(pc);
  const owner = symbols.symbolAt(pc)?.symbol;
  if (!debug || !here || !owner) return [];
  const outer = inlinedCopies(pc, symbols);
  const isHere = (place: SourceLocation | undefined) => place?.line === here.line && place.file === here.file;
  const found = new Map<bigint, string>();
  const seen = new Set<number>();
  for (const insn of code.between(pc, owner.address + owner.size)) {
    const copies = inlinedCopies(insn.ip, symbols);
    if (isDeeper(copies, outer)) {
      const copy = copies[outer.length];
      const entry = seen.has(copy) ? undefined : debug.information.entries.at(copy);
      seen.add(copy);
      if (entry && isHere(debug.callLocation(entry)))
        found.set(insn.ip, `${debug.information.entries.name(entry) ?? '?'} (inlined)`);
    } else if (
      isCall(insn) &&
      insn.target !== 0n &&
      copies.length === outer.length &&
      isHere(symbols.locationOf(insn.ip))
    )
      found.set(insn.target, (symbols.nameAt(insn.target) ?? hex(insn.target)).replace(/@plt$/, ''));
  }
  return [...found].map(([address, label]) => ({ address, label }));
}
