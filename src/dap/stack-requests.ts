/** Requests about where the program stands: threads, frames, scopes, the exception. */
import { hex } from '../base/hex.ts';
import type { StackFrame, UserFrame } from '../debugger/backtrace.ts';
import { UserError } from '../debugger/errors.ts';
import { withInlined } from '../debugger/inlined-frames.ts';
import { kernelLocation } from '../debugger/kernel-source.ts';
import type { TaskView } from '../kernel/api.ts';
import type { KernelFrame } from '../kernel/steps.ts';
import { demangle } from '../symbols/demangle.ts';
import type { Arguments } from './arguments.ts';
import type { DebugProtocol } from './messages.ts';
import { scopesOf } from './scopes.ts';
import { chooseThread, type Handlers, type Launched, type SessionState } from './state.ts';
import { exceptionName } from './stops.ts';

function threads(state: SessionState): unknown {
  const { debuggee } = state.program();
  const tasks = state.phase === 'exited' ? [] : debuggee.process.tasks;
  return { threads: tasks.map((task) => ({ id: task.tid, name: `${task.name}${whereabouts(task)}` })) };
}

/** Where a thread is if it is not in user mode. */
function whereabouts({ asleep, inKernel, kernelFrames }: TaskView): string {
  if (asleep) return `: sleeping in ${kernelFrames.at(-1)?.name ?? 'the kernel'}`;
  return inKernel ? `: in ${kernelFrames.at(-1)?.name ?? 'the kernel'}` : '';
}

/** Kernel functions innermost first, if the handler is being stepped; the trap's origin in user mode below them. */
export function stackFrames(launched: Launched, userLimit: number): StackFrame[] {
  const { control, task, unwinder, symbols } = launched.debuggee;
  const kernel = control.kernelVisible ? [...task.kernelFrames].reverse() : [];
  const user = unwinder.userFrames(task, userLimit).flatMap((frame) => withInlined(frame, symbols));
  return [...kernel.map((frame): StackFrame => ({ kind: 'kernel', frame })), ...user];
}

function describeKernelFrame(state: SessionState, frame: KernelFrame, depth: number): DebugProtocol.StackFrame {
  const place = kernelLocation(frame.label, frame.name);
  const id = state.frames.add({ kind: 'kernel', frame }, `kernel ${depth}`);
  const step = frame.label.slice(frame.label.indexOf(':') + 1).trim();
  return {
    id,
    name: step ? `${frame.name}: ${step}` : frame.name,
    line: place ? place.line + state.client.lineOffset : 0,
    column: place ? 1 + state.client.columnOffset : 0,
    source: place && state.program().sources.kernelSource(place.file),
    // Not 'subtle': clients fold several such frames into one line, and these are what the user has stepped into.
    presentationHint: 'normal',
    moduleId: 'kernel',
  };
}

/** How a frame was found, where that may be wrong. */
function doubt({ origin }: UserFrame): string {
  return origin === 'stack scan' ? ' (found by scanning the stack)' : '';
}

/** The function's name; with an offset where no line says the place. */
function userFrameName(launched: Launched, frame: UserFrame, hasLine: boolean): string {
  if (frame.signalTrampoline) return '<signal handler called>';
  if (frame.inlined?.isCopy) return `${frame.inlined.name ?? '?'} (inlined)${doubt(frame)}`;
  const { symbols } = launched.debuggee;
  const here = frame.afterCall ? frame.pc - 1n : frame.pc;
  const place = symbols.placeAt(here);
  const qualified = place && demangle(place.name);
  // The name in the source: symbols of clones have suffixes (`keep.constprop.0`).
  const information = hasLine ? symbols.debugAt(here)?.information : undefined;
  const source = qualified ?? information?.entries.name(information.functionAt(here));
  if (hasLine && source) return source + doubt(frame);
  const name = place && (hasLine ? place.name : symbols.nameAt(frame.pc));
  const shown = qualified && name?.startsWith(place.name) ? qualified + name.slice(place.name.length) : name;
  return (shown ?? hex(frame.pc)) + doubt(frame);
}

function describeUserFrame(state: SessionState, frame: UserFrame, depth: number): DebugProtocol.StackFrame {
  const launched = state.program();
  const { symbols } = launched.debuggee;
  // Behind a call the return address may already belong to the next line.
  const here = frame.afterCall ? frame.pc - 1n : frame.pc;
  const location = frame.signalTrampoline ? undefined : (frame.inlined?.location ?? symbols.locationOf(here));
  const { lineOffset, columnOffset } = state.client;
  return {
    id: state.frames.add(frame, `user ${depth}`),
    name: userFrameName(launched, frame, location !== undefined),
    line: location ? location.line + lineOffset : 0,
    column: location ? Math.max(1, location.column) + columnOffset : 0,
    source: location && launched.sources.source(location.file),
    instructionPointerReference: hex(frame.pc),
    moduleId: symbols.moduleAt(frame.pc)?.id,
    presentationHint: frame.signalTrampoline ? 'label' : location ? 'normal' : 'subtle',
  };
}

/** Frames beyond those asked for are only counted up to here. */
const LOOK_AHEAD = 1000;

function stackTrace(state: SessionState, args: Arguments): unknown {
  const launched = state.stopped();
  chooseThread(launched, args);
  const start = args.optionalCount('startFrame') ?? 0;
  const levels = args.optionalCount('levels') || LOOK_AHEAD;
  const frames = stackFrames(launched, Math.min(LOOK_AHEAD, start + levels + 1));
  const kernelDepth = frames.filter(({ kind }) => kind === 'kernel').length;
  const described = frames
    .slice(start, start + levels)
    .map((frame, i) =>
      frame.kind === 'kernel'
        ? describeKernelFrame(state, frame.frame, kernelDepth - start - i)
        : describeUserFrame(state, frame, start + i - kernelDepth),
    );
  return { stackFrames: described, totalFrames: frames.length };
}

function scopes(state: SessionState, args: Arguments): unknown {
  const launched = state.stopped();
  const frame = state.frames.get(args.integer('frameId'));
  return { scopes: scopesOf(state, launched, frame) };
}

function exceptionInfo(state: SessionState, args: Arguments): unknown {
  state.stopped();
  args.integer('threadId');
  const { reason } = state;
  if (reason?.kind !== 'exception') throw new UserError('The program is not stopped at an exception.');
  return {
    exceptionId: exceptionName(reason.filter),
    description: reason.text,
    breakMode: 'always',
    details: { message: reason.details.join('\n'), typeName: reason.filter, stackTrace: reason.details.join('\n') },
  };
}

export const stackHandlers: Handlers = { threads, stackTrace, scopes, exceptionInfo };
