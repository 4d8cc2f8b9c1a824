/** Requests that begin and end a session. */

import { UserError } from '../debugger/errors.ts';
import { Continue } from '../debugger/plans.ts';
import type { Arguments } from './arguments.ts';
import { describeBreakpoint } from './breakpoint-requests.ts';
import { capabilities } from './capabilities.ts';
import { launch } from './launch.ts';
import { launchConfiguration } from './launch-arguments.ts';
import { moduleBody } from './modules.ts';
import type { Handlers, SessionState } from './state.ts';
import { announceStop } from './stops.ts';

function initialize(state: SessionState, args: Arguments): unknown {
  if (state.phase !== 'new') throw new UserError('“initialize” was already sent.');
  const startsAt1 = (name: string) => !args.has(name) || args.boolean(name);
  if (args.optionalString('pathFormat') === 'uri')
    throw new UserError('Only paths are supported as “pathFormat”, not URIs.');
  state.client = {
    memoryEvents: args.boolean('supportsMemoryEvent'),
    invalidatedEvents: args.boolean('supportsInvalidatedEvent'),
    progress: args.boolean('supportsProgressReporting'),
    lineOffset: startsAt1('linesStartAt1') ? 0 : -1,
    columnOffset: startsAt1('columnsStartAt1') ? 0 : -1,
  };
  state.phase = 'initialized';
  return capabilities();
}

/** Starts `state.launched` anew from its configuration and tells the client what is loaded. */
function start(state: SessionState, configuration: ReturnType<typeof launchConfiguration>): void {
  state.launched = launch(state, configuration);
  const { debuggee, profile } = state.launched;
  state.emit('process', { name: configuration.program, isLocalProcess: false, startMethod: 'launch', pointerSize: 64 });
  for (const module of debuggee.symbols.modules) state.emit('module', { reason: 'new', module: moduleBody(module) });
  state.emit('thread', { reason: 'started', threadId: debuggee.task.tid });
  state.console(`${configuration.program} on the emulated kernel ${profile}`);
}

function launchRequest(state: SessionState, args: Arguments): undefined {
  if (state.launched) throw new UserError('A program has already been launched in this session.');
  start(state, launchConfiguration(args));
  state.phase = 'configuring';
  state.emit('initialized');
}

/** Runs the program from its entry, or stops there. */
function begin(state: SessionState): void {
  const { configuration, debuggee } = state.program();
  state.phase = 'stopped';
  if (configuration.stopOnEntry && !configuration.noDebug) announceStop(state, debuggee.control.stopAtEntry());
  else state.resume(new Continue());
}

function configurationDone(state: SessionState): undefined {
  if (state.phase !== 'configuring') throw new UserError('“configurationDone” is only expected once, after “launch”.');
  begin(state);
}

function restart(state: SessionState, args: Arguments): undefined {
  const { configuration } = state.program();
  if (state.phase === 'configuring') throw new UserError('The program has not been started yet.');
  const changed = args.has('arguments') ? launchConfiguration(args.object('arguments')) : configuration;
  state.forget();
  state.memoryWatch.clear();
  const wasRunning = state.phase === 'running';
  state.phase = 'stopped';
  start(state, changed);
  for (const breakpoint of state.breakpoints.rebind(state.program().debuggee.symbols))
    state.emit('breakpoint', { reason: 'changed', breakpoint: describeBreakpoint(state, breakpoint) });
  begin(state);
  // A client that showed the program as stopped must learn that it runs.
  if (!wasRunning && (state.phase as string) === 'running')
    state.emit('continued', { threadId: state.program().debuggee.task.tid, allThreadsContinued: true });
}

/** The program is simply no longer run: nothing of it exists outside. */
function end(state: SessionState): void {
  const alive = state.launched && state.phase !== 'exited';
  state.launched?.output.flush(true);
  state.phase = 'exited';
  if (alive) {
    state.changed('exited');
    state.emit('terminated', {});
  }
}

export const lifecycleHandlers: Handlers = {
  initialize,
  launch: launchRequest,
  attach: () => {
    throw new UserError(
      'There is nothing to attach to: programs run inside the debugger, so use a “launch” configuration.',
    );
  },
  configurationDone,
  restart,
  terminate: (state) => end(state),
  disconnect: (state) => {
    end(state);
    state.disconnected = true;
  },
  cancel: (state, args) => {
    const progressId = args.optionalString('progressId');
    args.optionalInteger('requestId');
    // Requests are answered at once; what can be cancelled is a long run.
    if (progressId !== undefined && progressId === state.runProgressId && state.phase === 'running') {
      state.pauseRequested();
    }
    return undefined;
  },
};
