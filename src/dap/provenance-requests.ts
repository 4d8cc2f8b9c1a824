/** Requests about where bounds and pointers come from, and going there. */
import { UserError } from '../debugger/errors.ts';
import { evaluateText } from '../debugger/expressions/evaluate.ts';
import { slotOf } from '../debugger/mpx-bound.ts';
import type { BoundsOf } from '../debugger/provenance/provenance.ts';
import type { StopReason } from '../debugger/stop.ts';
import type { Recorder } from '../debugger/time-travel/recorder.ts';
import { finish, type Work } from '../debugger/time-travel/time-travel.ts';
import type { BoundsHistoryResponse } from '../protocol/panel.ts';
import type { Arguments } from './arguments.ts';
import { scopeOf } from './selected-scope.ts';
import type { Handlers, SessionState } from './state.ts';
import { recorderOf } from './time-travel-requests.ts';
import { child } from './variable-requests.ts';

const POINTER_BYTES = 8;
const REGISTER = /^\$?bnd([0-3])$/i;

/** An expression of the user: a bound register, a pointer variable, or the address of one. */
function boundsOfText(state: SessionState, args: Arguments, text: string): BoundsOf {
  const register = REGISTER.exec(text.trim());
  if (register) return { register: Number(register[1]) };
  return { slot: slotOf(evaluateText(text, scopeOf(state, args, false))) };
}

/** Whose bounds a request means: `expression`, a row of the variables view, or the register of the failed check. Throws UserError. */
function boundsOf(state: SessionState, args: Arguments): BoundsOf {
  const text = args.optionalString('expression');
  if (text !== undefined) return boundsOfText(state, args, text);
  if (args.has('variablesReference')) {
    const { children, evaluateName, name } = child(state, args);
    if (children?.kind === 'bnd') return { register: children.index };
    if (children?.kind === 'table-entry') return { slot: children.slot };
    if (evaluateName === undefined) throw new UserError(`“${name}” has no bounds.`);
    return boundsOfText(state, args, evaluateName);
  }
  const violation = state.stopped().debuggee.violation();
  if (!violation) throw new UserError('Say whose bounds: bnd0 to bnd3, or a pointer variable.');
  return { register: violation.register };
}

/** Lines about where bounds come from, for the console. Throws UserError. */
export function historyText(state: SessionState, args: Arguments, text: string): string {
  const { provenance } = recorderOf(state, args);
  return provenance.lines(finish(provenance.historyOf(boundsOfText(state, args, text)))).join('\n');
}

function boundsHistory(state: SessionState, args: Arguments): BoundsHistoryResponse {
  const { provenance } = recorderOf(state, args);
  const history = finish(provenance.historyOf(boundsOf(state, args)));
  const [title, ...lines] = provenance.lines(history);
  return { title, lines, ending: history.links.at(-1)?.kind ?? 'start' };
}

/** Goes where `work` leads. */
function go(state: SessionState, title: string, work: Work<unknown>): void {
  function* steps(): Work<StopReason> {
    yield* work;
    return { kind: 'travelled' };
  }
  state.travel(steps(), title);
}

const toBounds =
  (title: string, way: (recorder: Recorder, of: BoundsOf) => Work<unknown>) =>
  (state: SessionState, args: Arguments): undefined => {
    go(state, title, way(recorderOf(state, args), boundsOf(state, args)));
  };

function goToPointerStored(state: SessionState, args: Arguments): undefined {
  const { provenance } = recorderOf(state, args);
  const of = boundsOf(state, args);
  if ('register' in of) throw new UserError('A register is stored nowhere: name a pointer variable, or its address.');
  go(state, 'Going to where the pointer was stored', provenance.goToStored(of.slot, POINTER_BYTES));
}

export const provenanceHandlers: Handlers = {
  'mpx/boundsHistory': boundsHistory,
  'mpx/goToBoundsMade': toBounds('Going to where the bounds were made', ({ provenance }, of) =>
    provenance.goToMade(of),
  ),
  'mpx/goToBoundsLost': toBounds('Going to where the bounds were lost', ({ provenance }, of) =>
    provenance.goToLost(of),
  ),
  'mpx/goToPointerStored': goToPointerStored,
};
