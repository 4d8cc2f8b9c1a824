/** Requests that go back in time, or to any moment of the recording. */
import { UserError } from '../debugger/errors.ts';
import type { StopReason } from '../debugger/stop.ts';
import type { Moment } from '../debugger/time-travel/moment.ts';
import type { Recorder } from '../debugger/time-travel/recorder.ts';
import type { Work } from '../debugger/time-travel/time-travel.ts';
import type { Arguments } from './arguments.ts';
import { chooseThread, type Handlers, type SessionState } from './state.ts';

/** The recording of the program, which stands still. Throws UserError if there is none. */
export function recorderOf(state: SessionState, args: Arguments): Recorder {
  const launched = state.resumable();
  if (args.has('threadId')) chooseThread(launched, args);
  const { recorder } = launched.debuggee;
  if (!recorder)
    throw new UserError(
      'This run is not recorded: set “timeTravel.enabled” to true in the launch configuration and start again.',
    );
  return recorder;
}

/** Sets off for the moment that `find` finds; without one, a single instruction back. */
function* goBack(recorder: Recorder, tid: number, find: () => Work<Moment | undefined>): Work<StopReason> {
  const { travel, reverse } = recorder;
  const origin = travel.now;
  const found = yield* find();
  if (found) {
    yield* travel.goTo(found, tid);
    return { kind: 'step' };
  }
  yield* travel.goTo(origin, tid);
  return (yield* reverse.instruction()) ? { kind: 'step' } : { kind: 'recording-start' };
}

function stepBack(state: SessionState, args: Arguments): undefined {
  const recorder = recorderOf(state, args);
  const { travel, stepBack: steps } = recorder;
  const { control } = state.stopped().debuggee;
  const { tid } = control.task;
  const { instruction, step } = travel.now;
  const byInstruction = args.optionalString('granularity') === 'instruction';
  if (control.kernelVisible && step > 0)
    state.travel(toKernelStep(recorder, tid, { instruction, step: step - 1 }), 'Stepping back in the kernel');
  else
    state.travel(
      goBack(recorder, tid, () => (byInstruction ? steps.overCall() : steps.line())),
      'Stepping back',
    );
}

function* toKernelStep({ travel }: Recorder, tid: number, moment: Moment): Work<StopReason> {
  yield* travel.goTo(moment, tid);
  return { kind: 'step' };
}

function reverseContinue(state: SessionState, args: Arguments): undefined {
  state.travel(recorderOf(state, args).reverse.continue(), 'Running back');
}

/** mpx/stepBackInto: as stepBack by line, but into the function that returned last. */
function stepBackInto(state: SessionState, args: Arguments): undefined {
  const recorder = recorderOf(state, args);
  const { tid } = state.stopped().debuggee.task;
  state.travel(
    goBack(recorder, tid, () => recorder.stepBack.into()),
    'Stepping back into',
  );
}

/** mpx/stepBackOut: to the call of the present function. */
function stepBackOut(state: SessionState, args: Arguments): undefined {
  const recorder = recorderOf(state, args);
  const { tid } = state.stopped().debuggee.task;
  state.travel(
    goBack(recorder, tid, () => recorder.stepBack.out()),
    'Stepping back out',
  );
}

function* goToInstruction({ travel }: Recorder, instruction: bigint): Work<StopReason> {
  yield* travel.goToInstruction(instruction);
  return { kind: 'travelled' };
}

/** mpx/goToInstruction { instruction }: to where the program had retired so many instructions, a number or its text. */
function goTo(state: SessionState, args: Arguments): undefined {
  const recorder = recorderOf(state, args);
  const wanted = args.raw('instruction');
  const text = typeof wanted === 'number' ? String(wanted) : args.string('instruction');
  if (!/^\d+$/.test(text.replaceAll(',', ''))) throw new UserError(`“${text}” is not a number of instructions.`);
  const instruction = BigInt(text.replaceAll(',', ''));
  const { start, end } = recorder.travel;
  if (instruction < start.instruction || instruction > end.instruction)
    throw new UserError(
      `The recording has the instructions ${start.instruction.toLocaleString('en-US')} to ${end.instruction.toLocaleString('en-US')}.`,
    );
  state.travel(goToInstruction(recorder, instruction), 'Going to an instruction');
}

/** mpx/startNewFuture: the next change at this moment is allowed although it ends what was recorded after it. */
function startNewFuture(state: SessionState, args: Arguments): unknown {
  const recorder = recorderOf(state, args);
  if (!recorder.travel.inPast)
    throw new UserError('The program is at the end of what was recorded: it can be changed without asking.');
  recorder.agree();
  return { instruction: recorder.travel.now.instruction.toString() };
}

export const timeTravelHandlers: Handlers = {
  stepBack,
  reverseContinue,
  'mpx/stepBackInto': stepBackInto,
  'mpx/stepBackOut': stepBackOut,
  'mpx/goToInstruction': goTo,
  'mpx/startNewFuture': startNewFuture,
};
