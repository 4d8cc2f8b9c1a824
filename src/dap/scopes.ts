/** Scopes of a frame (docs/MANUAL.md). */
import type { StackFrame } from '../debugger/backtrace.ts';
import { type Container, containerKey } from './containers.ts';
import type { DebugProtocol } from './messages.ts';
import { directorySize } from './scope-directory.ts';
import { variableKinds } from './scope-variables.ts';
import type { Launched, SessionState } from './state.ts';

export function referenceTo(state: SessionState, container: Container): number {
  return state.containers.add(container, containerKey(container));
}

export function scopesOf(state: SessionState, launched: Launched, frame: StackFrame): DebugProtocol.Scope[] {
  const scope = (name: string, container: Container, more: Partial<DebugProtocol.Scope> = {}): DebugProtocol.Scope => ({
    name,
    variablesReference: referenceTo(state, container),
    expensive: false,
    ...more,
  });
  const shared = [
    scope('MPX', { kind: 'mpx' }),
    scope('Bounds Directory', { kind: 'directory' }, { indexedVariables: directorySize(launched) }),
    scope('Kernel', { kind: 'kernel' }),
  ];
  if (frame.kind === 'kernel')
    return [scope('Locals', { kind: 'kernel-locals', frame: frame.frame }, { presentationHint: 'locals' }), ...shared];
  const registers =
    frame.origin === 'registers'
      ? scope('Registers', { kind: 'registers' }, { presentationHint: 'registers' })
      : scope('Frame', { kind: 'frame', frame }, { presentationHint: 'registers' });
  const kinds = variableKinds(launched.debuggee, frame);
  const variables = (which: 'arguments' | 'locals' | 'globals', name: string): DebugProtocol.Scope =>
    scope(name, { kind: 'variables', which, frame }, which === 'globals' ? {} : { presentationHint: which });
  return [
    ...(kinds.hasArguments ? [variables('arguments', 'Arguments')] : []),
    ...(kinds.hasLocals ? [variables('locals', 'Locals')] : []),
    ...(kinds.hasGlobals ? [variables('globals', 'Globals')] : []),
    registers,
    ...shared,
  ];
}
