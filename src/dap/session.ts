/**
 * A debug session without any input or output of its own (docs/ARCHITECTURE.md):
 *
 *     on a message:   for (const m of session.handle(message)) send(m)
 *     while !idle:    for (const m of session.slice(budget)) send(m)
 *
 * `handle` never throws, whatever comes in. Events follow the response of the request that caused them.
 */
import { UserError } from '../debugger/errors.ts';
import type { StopReason } from '../debugger/stop.ts';
import { finish, type Place } from '../debugger/time-travel/time-travel.ts';
import { Arguments } from './arguments.ts';
import { boundsHandlers } from './bounds-requests.ts';
import { breakpointHandlers } from './breakpoint-requests.ts';
import { dataBreakpointHandlers } from './data-breakpoint-requests.ts';
import { evaluateHandlers } from './evaluate-requests.ts';
import { executionHandlers } from './execution-requests.ts';
import { NotStopped } from './failure.ts';
import type { SessionHost } from './host.ts';
import { lifecycleHandlers } from './lifecycle-requests.ts';
import { memoryHandlers } from './memory-requests.ts';
import { asRequest, type IncomingRequest, type OutgoingMessage } from './messages.ts';
import { tellRemarks } from './modules.ts';
import { mpxHandlers } from './mpx-requests.ts';
import { Progress } from './progress.ts';
import { provenanceHandlers } from './provenance-requests.ts';
import { sourceHandlers } from './source-requests.ts';
import { stackHandlers } from './stack-requests.ts';
import { type Handlers, SessionState } from './state.ts';
import { announceExit, announceStop } from './stops.ts';
import { timeTravelHandlers } from './time-travel-requests.ts';
import { variableHandlers } from './variable-requests.ts';

const HANDLERS: Handlers = {
  ...lifecycleHandlers,
  ...breakpointHandlers,
  ...executionHandlers,
  ...stackHandlers,
  ...variableHandlers,
  ...evaluateHandlers,
  ...memoryHandlers,
  ...sourceHandlers,
  ...mpxHandlers,
  ...timeTravelHandlers,
  ...dataBreakpointHandlers,
  ...provenanceHandlers,
  ...boundsHandlers,
};

/** Requests that make sense before `initialize`, or whose failure must not keep a client from ending the session. */
const ALWAYS = new Set(['initialize', 'disconnect', 'terminate', 'cancel']);

export class Session {
  private readonly state: SessionState;
  private readonly progress: Progress;
  private seq = 0;
  /** Every task waits for input. */
  private waiting = false;

  constructor(host: SessionHost) {
    this.state = new SessionState(host);
    this.progress = new Progress(this.state);
  }

  /** Whether there is nothing to run: `slice` need not be called until the next message. */
  get idle(): boolean {
    return this.state.phase !== 'running' || this.waiting;
  }

  /** The client has said goodbye; the host may close the connection. */
  get over(): boolean {
    return this.state.disconnected;
  }

  /** Handles a message of the client, which may be anything. → response and events, in order. */
  handle(message: unknown): OutgoingMessage[] {
    const request = asRequest(message);
    if (!request) return [];
    const response = this.respond(request);
    this.waiting = false;
    if (this.state.wantsPause) this.pause();
    tellRemarks(this.state);
    return [response, ...this.events()];
  }

  /** Runs the program for about `budget` instructions. → events. Does nothing when idle. */
  slice(budget: number): OutgoingMessage[] {
    try {
      this.run(budget);
    } catch (error) {
      // A mistake of ours must not take the connection with it: the session ends and says why.
      this.state.console(internalError(error), 'important');
      this.progress.end();
      this.state.phase = 'exited';
      this.state.emit('terminated', {});
    }
    return this.events();
  }

  private run(budget: number): void {
    const { state } = this;
    const { launched } = state;
    if (state.phase !== 'running' || !launched) return;
    if (state.work) {
      this.travel(state.work);
      return;
    }
    const outcome = launched.debuggee.control.slice(budget);
    launched.output.flush(outcome.kind === 'exited');
    this.waiting = outcome.kind === 'waiting';
    if (outcome.kind === 'running') this.progress.update();
    else if (outcome.kind !== 'waiting') this.progress.end();
    if (outcome.kind === 'stopped') announceStop(state, outcome.reason);
    else if (outcome.kind === 'exited') announceExit(state, outcome.status);
  }

  /** One piece of the way to another moment. */
  private travel({ steps, title, origin }: NonNullable<SessionState['work']>): void {
    const { state } = this;
    let reason: StopReason;
    try {
      const next = steps.next();
      if (!next.done) {
        this.progress.update(title);
        return;
      }
      reason = next.value;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      state.console(error.message, 'important');
      this.comeBack(origin);
      reason = { kind: 'travelled' };
    }
    this.arrive(reason);
  }

  /** The program stands at another moment. */
  private arrive(reason: StopReason): void {
    const { state } = this;
    state.work = undefined;
    this.progress.end();
    state.launched?.refreshModules();
    announceStop(state, reason);
  }

  /** Gives up going somewhere: the program stands where it stood. */
  private comeBack(origin: Place): void {
    const travel = this.state.launched?.debuggee.recorder?.travel;
    if (!travel) return;
    try {
      finish(travel.comeBack(origin));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      travel.fallBack(origin.moment);
      this.state.console(
        `${error.message} The program stands at a moment before; it goes on anew from there.`,
        'important',
      );
    }
  }

  private pause(): void {
    const { state } = this;
    state.wantsPause = false;
    if (state.work) {
      this.comeBack(state.work.origin);
      this.arrive({ kind: 'pause' });
      return;
    }
    const outcome = state.launched?.debuggee.control.pause();
    if (outcome?.kind !== 'stopped') return;
    state.launched?.output.flush();
    this.progress.end();
    announceStop(state, outcome.reason);
  }

  private respond(request: IncomingRequest): OutgoingMessage {
    const base = { seq: ++this.seq, type: 'response', request_seq: request.seq, command: request.command };
    try {
      const handler = Object.hasOwn(HANDLERS, request.command) ? HANDLERS[request.command] : undefined;
      if (!handler) throw new UserError(`The request “${request.command}” is not supported.`);
      if (this.state.phase === 'new' && !ALWAYS.has(request.command))
        throw new UserError(`The request “${request.command}” came before “initialize”.`);
      const body = handler(this.state, new Arguments(request.arguments, request.command));
      return { ...base, success: true, body };
    } catch (error) {
      return { ...base, success: false, ...failure(error) };
    }
  }

  private events(): OutgoingMessage[] {
    return this.state.takeEvents().map(({ event, body }) => ({ seq: ++this.seq, type: 'event', event, body }));
  }
}

/** Numbers of error messages: mistakes of the user, and our own. */
const USER_ERROR = 1;
const INTERNAL_ERROR = 2;

function failure(error: unknown): {
  message: string;
  body: { error: { id: number; format: string; showUser: boolean } };
} {
  if (error instanceof UserError) {
    const message = error instanceof NotStopped ? 'notStopped' : error.message;
    return { message, body: { error: { id: USER_ERROR, format: braced(error.message), showUser: true } } };
  }
  const text = internalError(error);
  return { message: text, body: { error: { id: INTERNAL_ERROR, format: braced(text), showUser: true } } };
}

function internalError(error: unknown): string {
  return `The debugger failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** In DAP's format strings braces name variables; ours have none. */
function braced(text: string): string {
  return text.replaceAll('{', '(').replaceAll('}', ')');
}
