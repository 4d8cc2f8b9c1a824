/** The program and its libraries as modules of the client, and what follows when some come or go. */
import { hex } from '../base/hex.ts';
import type { ModuleChanges } from '../debugger/loaded-modules.ts';
import type { LoadedModule } from '../debugger/symbols.ts';
import { describeBreakpoint } from './breakpoint-requests.ts';
import type { DebugProtocol } from './messages.ts';
import type { SessionState } from './state.ts';

/** A module as the client sees it. */
export function moduleBody(module: LoadedModule): DebugProtocol.Module & { lines: string } {
  const { id, name, path, start, end, symbols } = module;
  const files = symbols.sourceFiles().length;
  return {
    id,
    name,
    path,
    isUserCode: files > 0,
    symbolStatus: files > 0 ? 'Symbols and lines loaded' : 'Symbols loaded, no line information',
    addressRange: `${hex(start)}-${hex(end)}`,
    lines: files > 0 ? `${files} source files` : 'none',
  };
}

/** Tells the client of modules, and of their sources. */
function announce(state: SessionState, reason: 'new' | 'removed', modules: readonly LoadedModule[]): void {
  for (const module of modules) {
    state.emit('module', { reason, module: moduleBody(module) });
    for (const file of module.symbols.sourceFiles())
      state.emit('loadedSource', { reason, source: state.program().sources.source(file) });
  }
}

/** Code was mapped or unmapped while the program runs: breakpoints find their places, or lose them. */
export function announceModules(state: SessionState, { added, removed }: ModuleChanges): void {
  const { debuggee } = state.program();
  announce(state, 'removed', removed);
  announce(state, 'new', added);
  for (const breakpoint of state.breakpoints.refresh())
    state.emit('breakpoint', { reason: 'changed', breakpoint: describeBreakpoint(state, breakpoint) });
  debuggee.control.breakpointsChanged();
}

/**
 * Tells what of the debug information is damaged or missing, once, when it has been found out. What the system's own libraries lack is no
 * news: they are loaded without.
 */
export function tellRemarks(state: SessionState): void {
  const { launched } = state;
  if (!launched) return;
  const [program] = launched.debuggee.symbols.modules;
  for (const { path, symbols } of launched.debuggee.symbols.modules) {
    if (path !== program?.path && /^\/(usr\/)?lib/.test(path)) continue;
    for (const remark of symbols.remarks ?? []) {
      if (launched.toldRemarks.has(remark)) continue;
      launched.toldRemarks.add(remark);
      state.console(remark, 'important');
    }
  }
}
