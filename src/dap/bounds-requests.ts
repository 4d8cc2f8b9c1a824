/** Custom requests about bound registers: what they hold, and what the checks of a line compare with. */
import { hex } from '../base/hex.ts';
import { isCheck } from '../debugger/code.ts';
import { UserError } from '../debugger/errors.ts';
import { boundsText } from '../debugger/format.ts';
import type { ChecksResponse, DisassemblyView, RegistersResponse } from '../protocol/panel.ts';
import type { Arguments } from './arguments.ts';
import type { Handlers, SessionState } from './state.ts';

const REGISTERS = [0, 1, 2, 3];

function registers(state: SessionState): RegistersResponse {
  const { cpu } = state.stopped().debuggee.task;
  return {
    registers: REGISTERS.map((index) => {
      const bounds = cpu.bnd(index);
      return { name: `BND${index}`, text: boundsText(bounds), lower: hex(bounds.lower) };
    }),
  };
}

/**
 * The bounds that the checks of a frame's line go by, as the registers hold them now. Of the innermost frame only: what bound
 * registers held in callers nobody knows.
 */
function checks(state: SessionState, args: Arguments): ChecksResponse {
  const { debuggee, sources } = state.stopped();
  const frame = state.frames.find(args.integer('frameId'));
  if (frame?.kind !== 'user' || frame.afterCall || frame.pc !== debuggee.task.cpu.rip) return { checks: [] };
  const location = debuggee.symbols.locationOf(frame.pc);
  const range = debuggee.symbols.lineRange(frame.pc);
  const path = location && sources.found(location.file);
  if (!location || !range || path === undefined) return { checks: [] };
  const used = new Set<number>();
  for (const insn of debuggee.code.between(range.start, range.end))
    if (isCheck(insn) && insn.a?.kind === 'bnd') used.add(insn.a.number);
  const line = location.line + state.client.lineOffset;
  return {
    checks: [...used]
      .sort()
      .map((register) => ({ path, line, text: `BND${register}: ${boundsText(debuggee.task.cpu.bnd(register))}` })),
  };
}

function disassembly(state: SessionState, args: Arguments): DisassemblyView {
  const { debuggee } = state.program();
  const flavor = args.optionalString('flavor') ?? debuggee.codeView.flavor;
  if (flavor !== 'att' && flavor !== 'intel') throw new UserError('Code is shown as “att” or “intel”.');
  const view = { flavor, mpx: args.has('mpx') ? args.boolean('mpx') : debuggee.codeView.mpx } as const;
  debuggee.showCode(view);
  return view;
}

export const boundsHandlers: Handlers = {
  'mpx/registers': registers,
  'mpx/checks': checks,
  'mpx/disassembly': disassembly,
};
