/** Requests that set breakpoints and exception filters. */
import { hex } from '../base/hex.ts';
import type { Breakpoint, BreakpointOptions } from '../debugger/breakpoints.ts';
import type { Arguments } from './arguments.ts';
import type { DebugProtocol } from './messages.ts';
import type { Handlers, SessionState } from './state.ts';

function options(args: Arguments): BreakpointOptions {
  return {
    condition: args.optionalString('condition'),
    hitCondition: args.optionalString('hitCondition'),
    logMessage: args.optionalString('logMessage'),
  };
}

/** A breakpoint as the client sees it. */
export function describeBreakpoint(state: SessionState, breakpoint: Breakpoint): DebugProtocol.Breakpoint {
  const { id, addresses, problem, location, pending } = breakpoint;
  const verified = addresses.length > 0;
  const hasColumn = breakpoint.target.kind === 'source' && breakpoint.target.column !== undefined;
  const launched = state.launched;
  return {
    id,
    verified,
    message: problem,
    reason: verified ? undefined : pending ? 'pending' : 'failed',
    source: location && launched?.sources.source(location.file),
    line: location && location.line + state.client.lineOffset,
    // Others are of the whole line, which clients show at its number.
    column: hasColumn && location?.column ? location.column + state.client.columnOffset : undefined,
    instructionReference: verified ? hex(addresses[0]) : undefined,
  };
}

/** A path as the debug information writes it. */
function originalPath(state: SessionState, source: Arguments): string {
  const path = source.optionalString('path') ?? source.optionalString('name') ?? '';
  const { sources, debuggee } = state.program();
  return sources.original(path, debuggee.symbols.sourceFiles());
}

function done(state: SessionState, breakpoints: readonly Breakpoint[]): { breakpoints: DebugProtocol.Breakpoint[] } {
  state.launched?.debuggee.control.breakpointsChanged();
  return { breakpoints: breakpoints.map((one) => describeBreakpoint(state, one)) };
}

/** Kernel sources are shown, but the kernel is not a program that breakpoints could be set in. */
const KERNEL_SOURCE =
  'The emulated kernel has no breakpoints: step into it with “Step Into Kernel” at a trap or a system call.';

function setBreakpoints(state: SessionState, args: Arguments): unknown {
  if (args.object('source').optionalInteger('sourceReference')) {
    const refused = { verified: false, reason: 'failed', message: KERNEL_SOURCE };
    return { breakpoints: args.objects('breakpoints').map(() => refused) };
  }
  const file = originalPath(state, args.object('source'));
  const wanted = args.objects('breakpoints').map((one) => {
    const column = one.optionalInteger('column');
    return {
      ...options(one),
      line: one.integer('line') - state.client.lineOffset,
      column: column === undefined ? undefined : column - state.client.columnOffset,
    };
  });
  return done(state, state.breakpoints.setSource(file, wanted));
}

function setFunctionBreakpoints(state: SessionState, args: Arguments): unknown {
  state.program();
  const wanted = args.objects('breakpoints').map((one) => ({ ...options(one), name: one.string('name') }));
  return done(state, state.breakpoints.setFunctions(wanted));
}

function setInstructionBreakpoints(state: SessionState, args: Arguments): unknown {
  state.program();
  const wanted = args.objects('breakpoints').map((one) => ({
    ...options(one),
    address: BigInt.asUintN(64, one.address('instructionReference') + BigInt(one.optionalInteger('offset') ?? 0)),
  }));
  return done(state, state.breakpoints.setInstructions(wanted));
}

function setExceptionBreakpoints(state: SessionState, args: Arguments): unknown {
  const wanted = [
    ...args.strings('filters').map((id) => ({ id })),
    ...args
      .objects('filterOptions')
      .map((one) => ({ id: one.string('filterId'), condition: one.optionalString('condition') })),
  ];
  const problems = state.filters.set(wanted);
  state.launched?.debuggee.filtersChanged();
  return { breakpoints: problems.map((message) => ({ verified: message === undefined, message })) };
}

function breakpointLocations(state: SessionState, args: Arguments): unknown {
  const file = originalPath(state, args.object('source'));
  const { lineOffset, columnOffset } = state.client;
  const line = args.integer('line') - lineOffset;
  const endLine = (args.optionalInteger('endLine') ?? line + lineOffset) - lineOffset;
  const { symbols } = state.program().debuggee;
  return {
    breakpoints: symbols.breakpointLines(file, line, endLine).flatMap((one) => {
      const columns = symbols.breakpointColumns(file, one);
      // Where there is one place on a line, it is the line.
      if (columns.length < 2) return [{ line: one + lineOffset }];
      return columns.map((column) => ({ line: one + lineOffset, column: column + columnOffset }));
    }),
  };
}

export const breakpointHandlers: Handlers = {
  setBreakpoints,
  setFunctionBreakpoints,
  setInstructionBreakpoints,
  setExceptionBreakpoints,
  breakpointLocations,
};
