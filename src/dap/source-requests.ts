/** Requests about sources and modules. */
import { kernelSources } from 'generated:kernel-sources';
import { UserError } from '../debugger/errors.ts';
import type { Arguments } from './arguments.ts';
import { moduleBody } from './modules.ts';
import type { Handlers, SessionState } from './state.ts';

function modules(state: SessionState, args: Arguments): unknown {
  const all = state.program().debuggee.symbols.modules.map(moduleBody);
  const start = args.optionalCount('startModule') ?? 0;
  const count = args.optionalCount('moduleCount') || all.length;
  return { modules: all.slice(start, start + count), totalModules: all.length };
}

function loadedSources(state: SessionState): unknown {
  const { debuggee, sources } = state.program();
  return {
    sources: [
      ...debuggee.symbols.sourceFiles().map((file) => sources.source(file)),
      ...Object.keys(kernelSources).map((file) => sources.kernelSource(file)),
    ],
  };
}

function source(state: SessionState, args: Arguments): unknown {
  const { sources } = state.program();
  const reference = args.object('source').optionalInteger('sourceReference') || args.optionalInteger('sourceReference');
  if (reference) return { content: sources.content(reference), mimeType: 'text/x-typescript' };
  const path = args.object('source').string('path');
  const known = state.program().debuggee.symbols.sourceFiles();
  if (!known.some((file) => sources.source(file).path === path))
    throw new UserError(`${path} is not a source of the program.`);
  const bytes = state.host.files.read(path);
  if ('error' in bytes) throw new UserError(bytes.error);
  return { content: new TextDecoder().decode(bytes) };
}

export const sourceHandlers: Handlers = { modules, loadedSources, source };
