/** Announces stops and the end of the program to the client. */

import type { Debuggee } from '../debugger/debuggee.ts';
import { UserError } from '../debugger/errors.ts';
import { signalName } from '../debugger/signal-names.ts';
import type { FilterId, StopReason } from '../debugger/stop.ts';
import { finish } from '../debugger/time-travel/time-travel.ts';
import type { ExitStatus } from '../kernel/api.ts';
import type { SessionState } from './state.ts';

/** Short descriptions of the exception filters, behind “Paused on”. */
const EXCEPTION_NAMES: Record<FilterId, string> = {
  'bounds-violation': 'bounds violation',
  'missing-table': 'missing bounds table',
  'bounds-lost': 'lost bounds',
  'bndldx-mismatch': 'BNDLDX mismatch',
  'segmentation-fault': 'segmentation fault',
  signal: 'signal',
  'kernel-refused': 'refusal by the kernel',
};

export function exceptionName(filter: FilterId): string {
  return EXCEPTION_NAMES[filter];
}

interface StopTexts {
  reason: string;
  description: string;
  text?: string;
}

const asleepText = (at: string): string =>
  `The thread sleeps in ${at} and cannot go on alone: continue to let the other threads run.`;

function texts(reason: StopReason, kernelFunction: string | undefined): StopTexts {
  switch (reason.kind) {
    case 'entry':
      return { reason: 'entry', description: 'Paused on entry' };
    case 'pause':
      return { reason: 'pause', description: 'Paused' };
    case 'step':
      return { reason: 'step', description: 'Paused on step' };
    case 'kernel-step':
      return { reason: 'step', description: `In the kernel${kernelFunction ? `: ${kernelFunction}` : ''}` };
    case 'goto':
      return { reason: 'goto', description: 'Paused on jump' };
    case 'data':
      return { reason: 'data breakpoint', description: 'Paused on data breakpoint', text: reason.text };
    case 'recording-start':
      return { reason: 'entry', description: 'At the start of the recording' };
    case 'travelled':
      return { reason: 'goto', description: 'At another moment' };
    case 'asleep':
      return { reason: 'pause', description: `Paused: the thread sleeps in ${reason.at}`, text: asleepText(reason.at) };
    case 'limit':
      return { reason: 'pause', description: 'Paused on instruction limit', text: reason.text };
    case 'exception':
      return { reason: 'exception', description: `Paused on ${EXCEPTION_NAMES[reason.filter]}`, text: reason.text };
    case 'breakpoint': {
      const names = { source: 'breakpoint', function: 'function breakpoint', instruction: 'instruction breakpoint' };
      const name = names[reason.breakpoint];
      return { reason: name, description: `Paused on ${name}`, text: reason.problem };
    }
  }
}

/** The same, with how far back the program is. */
function inTime(state: SessionState, stop: StopTexts): StopTexts {
  const travel = state.program().debuggee.recorder?.travel;
  if (!travel?.inPast) return stop;
  const back = (travel.end.instruction - travel.now.instruction).toLocaleString('en-US');
  return { ...stop, description: `${stop.description}, in the past (−${back} instructions)` };
}

/** Tells the client that the program has stopped, and why. */
export function announceStop(state: SessionState, reason: StopReason): void {
  const { debuggee } = state.program();
  debuggee.recorder?.travel.noteStop();
  state.phase = 'stopped';
  state.reason = reason;
  if (reason.kind === 'exception') {
    if (reason.filter === 'bounds-violation') reason.details.push(...violationHistory(debuggee));
    announceDetails(state, reason.text, reason.details);
  }
  if (reason.kind === 'breakpoint' && reason.problem) state.console(reason.problem, 'important');
  if (reason.kind === 'asleep') state.console(asleepText(reason.at), 'important');
  if (reason.kind === 'data') state.console(reason.problem ?? reason.text, 'important');
  if (reason.kind === 'limit') state.console(reason.text, 'important');
  const kernelFunction = debuggee.control.kernelVisible ? debuggee.task.kernelFrames.at(-1)?.name : undefined;
  state.emit('stopped', {
    ...inTime(state, texts(reason, kernelFunction)),
    threadId: debuggee.task.tid,
    allThreadsStopped: true,
    hitBreakpointIds: 'ids' in reason ? reason.ids : undefined,
  });
  if (state.client.memoryEvents)
    for (const body of state.memoryWatch.changed(undefined, debuggee.memory)) state.emit('memory', body);
  state.changed('stopped');
}

/** How far back the bounds of a failed check are followed before the stop is told, in instructions. */
const REACH = 20_000_000n;

/** Where the bounds of the failed check came from, as far as that is found quickly. */
function violationHistory(debuggee: Debuggee): string[] {
  const violation = debuggee.violation();
  const provenance = debuggee.recorder?.provenance;
  if (!violation || !provenance) return [];
  try {
    const [, ...lines] = provenance.lines(finish(provenance.historyOf({ register: violation.register }, REACH)));
    return ['Where the bounds came from:', ...lines.map((line) => `  ${line}`)];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** What is known of an exception, as a group in the console. */
function announceDetails(state: SessionState, text: string, details: readonly string[]): void {
  const { debuggee } = state.program();
  state.emit('output', {
    category: 'important',
    output: `${text}\n`,
    group: details.length ? 'startCollapsed' : undefined,
    ...state.place(debuggee.symbols.locationOf(debuggee.task.cpu.rip)),
  });
  for (const line of details) state.emit('output', { category: 'console', output: `${line}\n` });
  if (details.length) state.emit('output', { category: 'console', output: '', group: 'end' });
}

/** The shell's number for how a program ended. */
export function exitCode(status: ExitStatus): number {
  return 'code' in status ? status.code : 128 + status.signal;
}

/** Tells the client that the program is gone. */
export function announceExit(state: SessionState, status: ExitStatus): void {
  const { debuggee } = state.program();
  debuggee.recorder?.travel.noteStop();
  state.phase = 'exited';
  state.exitStatus = status;
  const { oops } = debuggee.process;
  if (oops) state.console(`Kernel oops in ${oops.function}: ${oops.reason}`, 'important');
  if ('signal' in status) state.console(`The program was killed by ${signalName(status.signal)}.`, 'important');
  for (const { tid } of debuggee.process.tasks) state.emit('thread', { reason: 'exited', threadId: tid });
  state.emit('exited', { exitCode: exitCode(status) });
  state.changed('exited');
  state.emit('terminated', {});
}
