import type { Scope } from '../debugger/expressions/scope.ts';
import type { Arguments } from './arguments.ts';
import type { SessionState } from './state.ts';

/** What names mean in the frame the client has selected. */
export function scopeOf(state: SessionState, args: Arguments, mayWrite: boolean): Scope {
  const { debuggee } = state.program();
  const id = args.optionalInteger('frameId');
  const frame = id === undefined ? undefined : state.frames.find(id);
  return debuggee.scope(
    {
      mayWrite,
      kernelLocal:
        frame?.kind === 'kernel'
          ? (name) => (Object.hasOwn(frame.frame.locals, name) ? frame.frame.locals[name] : undefined)
          : undefined,
      onMemoryWritten: (address, length) => state.edited({ address, length }),
    },
    frame?.kind === 'user' ? frame : undefined,
  );
}
