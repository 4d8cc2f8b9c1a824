/** Requests that run the program: continue, pause, steps, jumps. */
import { hex } from '../base/hex.ts';
import { UserError } from '../debugger/errors.ts';
import { inlinedCopies } from '../debugger/inlined-frames.ts';
import { Continue, EnterKernel, KernelStep, RunTo } from '../debugger/plans.ts';
import { stepTargets } from '../debugger/step-targets.ts';
import { StepInstruction, StepLine, type StepOptions, StepOutInlined } from '../debugger/stepping.ts';
import type { ProgramSymbols } from '../debugger/symbols.ts';
import type { Arguments } from './arguments.ts';
import { chooseThread, type Handlers, type SessionState } from './state.ts';
import { announceStop } from './stops.ts';

/** DAP's singleThread: the others stand still meanwhile. */
const isAlone = (args: Arguments): { alone: boolean } => ({ alone: args.boolean('singleThread') });

function continueRequest(state: SessionState, args: Arguments): unknown {
  chooseThread(state.resumable(), args);
  const { alone } = isAlone(args);
  state.resume(new Continue(), { alone });
  return { allThreadsContinued: !alone };
}

/** A step over or into, by line or by instruction; inside a handler, by kernel step. */
function step(state: SessionState, args: Arguments, into: boolean): undefined {
  const launched = state.resumable();
  chooseThread(launched, args);
  const { debuggee, configuration } = launched;
  const { task, control } = debuggee;
  if (control.kernelVisible) {
    state.resume(new KernelStep(into ? 'into' : 'over', task.kernelFrames.length), isAlone(args));
    return;
  }
  const targetId = into ? args.optionalInteger('targetId') : undefined;
  const options: StepOptions = {
    into,
    target: targetId === undefined ? undefined : state.gotoTargets.get(targetId),
    intoUnknown: into && (configuration.stepIntoUnknown ?? false),
    intoKernel: into && (configuration.stepIntoKernel ?? false),
    handlerDepth: () => control.handlerDepth(task),
  };
  const byInstruction = args.optionalString('granularity') === 'instruction';
  state.resume(
    byInstruction
      ? new StepInstruction(task, debuggee.code, options)
      : new StepLine(task, debuggee.code, debuggee.symbols, options),
    isAlone(args),
  );
}

function stepOut(state: SessionState, args: Arguments): undefined {
  const launched = state.resumable();
  chooseThread(launched, args);
  const { task, control, unwinder, symbols, code } = launched.debuggee;
  if (control.kernelVisible) {
    state.resume(new KernelStep('out', task.kernelFrames.length), isAlone(args));
    return;
  }
  if (inlinedCopies(task.cpu.rip, symbols).length > 0) {
    state.resume(
      new StepOutInlined(task, code, symbols, {
        into: false,
        intoKernel: false,
        handlerDepth: () => control.handlerDepth(task),
      }),
    );
    return;
  }
  const [, caller] = unwinder.userFrames(task, 2);
  if (!caller)
    throw new UserError('There is no caller to step out to: this is the outermost function that could be found.');
  state.resume(new RunTo(caller.pc, caller.sp, 'Stepping out'), isAlone(args));
}

function pause(state: SessionState): undefined {
  state.program();
  if (state.phase !== 'running') throw new UserError('The program is not running.');
  state.pauseRequested();
}

function gotoTargets(state: SessionState, args: Arguments): unknown {
  const { debuggee, sources } = state.stopped();
  const path = args.object('source').optionalString('path') ?? '';
  const line = args.integer('line') - state.client.lineOffset;
  const found = debuggee.symbols.addressesOf(sources.original(path, debuggee.symbols.sourceFiles()), line);
  if (!found) throw new UserError(`There is no code at line ${line} or behind it.`);
  return {
    targets: found.addresses.map((address) => ({
      id: state.gotoTargets.add(address, hex(address)),
      label: debuggee.symbols.describe(address),
      line: found.line + state.client.lineOffset,
      instructionPointerReference: hex(address),
    })),
  };
}

/** Functions that the line of a frame is about to call. Only the innermost frame has any. */
function stepInTargets(state: SessionState, args: Arguments): unknown {
  const { debuggee } = state.stopped();
  const frame = state.frames.get(args.integer('frameId'));
  if (frame.kind !== 'user' || frame.origin !== 'registers' || (frame.inlined?.depth ?? 0) > 0) return { targets: [] };
  return {
    targets: stepTargets(frame.pc, debuggee.code, debuggee.symbols).map(({ address, label }) => ({
      id: state.gotoTargets.add(address, `step ${hex(address)}`),
      label,
    })),
  };
}

/** What a jump leaves as it is. */
function jumpWarning(from: bigint, to: bigint, symbols: ProgramSymbols): string {
  const [here, there] = [symbols.symbolAt(from)?.symbol, symbols.symbolAt(to)?.symbol];
  const kept =
    'Only the instruction pointer was moved: registers, bound registers, the stack and variables stay as they are.';
  if (here && there && here.address !== there.address)
    return `${kept} ${symbols.nameAt(to)} is another function than ${here.name}: its frame is not set up, and its return will go astray.`;
  return `${kept} What the skipped code would have computed, bounds too, is missing.`;
}

/** Moves the instruction pointer without running anything. */
function goto(state: SessionState, args: Arguments): undefined {
  const launched = state.changeable();
  chooseThread(launched, args);
  const { debuggee } = launched;
  if (debuggee.task.inKernel)
    throw new UserError('The program is inside the kernel: step out of the handler before jumping elsewhere.');
  const target = state.gotoTargets.get(args.integer('targetId'));
  const warning = jumpWarning(debuggee.task.cpu.rip, target, debuggee.symbols);
  debuggee.task.cpu.rip = target;
  debuggee.control.jumped();
  state.edited();
  state.console(warning, 'important');
  state.forget();
  announceStop(state, { kind: 'goto' });
}

/** mpx/runTo { address }: to an instruction, as “run to cursor” in the disassembly does. */
function runTo(state: SessionState, args: Arguments): undefined {
  state.resumable();
  state.resume(new RunTo(args.address('address')), { announce: true });
}

/** mpx/stepIntoKernel: into the handler of the trap the program stands at, else of the next trap or system call. */
function stepIntoKernel(state: SessionState): undefined {
  const { debuggee } = state.resumable();
  const { control, task } = debuggee;
  state.resume(task.inKernel ? new KernelStep('into', task.kernelFrames.length) : new EnterKernel(), {
    announce: true,
  });
  if (task.inKernel) control.showKernel();
}

/** mpx/skipCheck: past the failed check, without the kernel hearing of it, and on. */
function skipCheck(state: SessionState, args: Arguments): unknown {
  const { debuggee } = state.changeable();
  const skipped = debuggee.skipCheck();
  state.edited();
  state.console(`Skipped ${skipped}; the access behind it is not checked.`);
  if (args.boolean('stay')) {
    state.forget();
    announceStop(state, { kind: 'goto' });
  } else state.resume(new Continue(), { announce: true });
  return { skipped };
}

export const executionHandlers: Handlers = {
  continue: continueRequest,
  pause,
  next: (state, args) => step(state, args, false),
  stepIn: (state, args) => step(state, args, true),
  stepOut,
  stepInTargets,
  gotoTargets,
  goto,
  'mpx/runTo': runTo,
  'mpx/stepIntoKernel': stepIntoKernel,
  'mpx/skipCheck': skipCheck,
};
