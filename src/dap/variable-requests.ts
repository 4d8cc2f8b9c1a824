/** Requests of the variables view: children of a container, and changing one. */
import { UserError } from '../debugger/errors.ts';
import type { Arguments } from './arguments.ts';
import type { Container } from './containers.ts';
import type { Item, ItemContext } from './items.ts';
import type { DebugProtocol } from './messages.ts';
import { directoryItems, tableEntryItems, tableItems } from './scope-directory.ts';
import { kernelItems, kernelLocalItems, siginfoItems, vmaItems } from './scope-kernel.ts';
import { bndcfguItems, bndHistoryItems, bndItems, bndstatusItems, mpxItems } from './scope-mpx.ts';
import { flagItems, frameItems, registerItems, segmentItems, sseItems, x87Items } from './scope-registers.ts';
import { elementItems, objectItems, variableItems } from './scope-variables.ts';
import { referenceTo } from './scopes.ts';
import type { Handlers, SessionState } from './state.ts';

function items(container: Container, context: ItemContext): Item[] {
  switch (container.kind) {
    case 'registers':
      return registerItems(context);
    case 'flags':
      return flagItems(context);
    case 'segments':
      return segmentItems(context);
    case 'sse':
      return sseItems(context);
    case 'x87':
      return x87Items(context);
    case 'mpx':
      return mpxItems(context);
    case 'bnd':
      return bndItems(context, container.index);
    case 'bnd-history':
      return bndHistoryItems(context, container.index);
    case 'bndcfgu':
      return bndcfguItems(context);
    case 'bndstatus':
      return bndstatusItems(context);
    case 'directory':
      return directoryItems(context);
    case 'table':
      return tableItems(context, container);
    case 'table-entry':
      return tableEntryItems(context, container);
    case 'kernel':
      return kernelItems(context);
    case 'vmas':
      return vmaItems(context);
    case 'siginfo':
      return siginfoItems(container.info);
    case 'frame':
      return frameItems(context, container.frame);
    case 'variables':
      return variableItems(context, container.frame, container.which);
    case 'object':
      return objectItems(context, container);
    case 'array':
      return elementItems(context, container);
    case 'kernel-locals':
      return kernelLocalItems(context, container.frame);
  }
}

/** Containers whose children are numbered and fetched in pages. */
const INDEXED = new Set<Container['kind']>(['directory', 'table', 'vmas', 'array']);

function describeItem(state: SessionState, item: Item): DebugProtocol.Variable {
  return {
    name: item.name,
    value: item.value,
    type: item.type,
    evaluateName: item.evaluateName,
    memoryReference: item.memoryReference,
    variablesReference: item.children ? referenceTo(state, item.children) : 0,
    indexedVariables: item.indexed,
    presentationHint: item.set ? undefined : { attributes: ['readOnly'] },
  };
}

function variables(state: SessionState, args: Arguments): unknown {
  const launched = state.stopped();
  const container = state.containers.get(args.integer('variablesReference'));
  const filter = args.optionalString('filter');
  const indexed = INDEXED.has(container.kind);
  if ((filter === 'indexed' && !indexed) || (filter === 'named' && indexed)) return { variables: [] };
  const start = args.optionalCount('start') ?? 0;
  const count = args.optionalCount('count') || Number.MAX_SAFE_INTEGER;
  const context = { state, launched, hex: args.object('format').boolean('hex'), start, count };
  const all = items(container, context);
  // Indexed containers have made the page themselves.
  const page = indexed ? all : all.slice(start, start + count);
  return { variables: page.map((item) => describeItem(state, item)) };
}

/** The child called `name`; for indexed containers all children are looked through. */
export function child(state: SessionState, args: Arguments): Item {
  const container = state.containers.get(args.integer('variablesReference'));
  const name = args.string('name');
  const context = {
    state,
    launched: state.stopped(),
    hex: args.object('format').boolean('hex'),
    start: 0,
    count: Number.MAX_SAFE_INTEGER,
  };
  const found = items(container, context).find((item) => item.name === name);
  if (!found) throw new UserError(`There is no variable “${name}” here.`);
  return found;
}

function setVariable(state: SessionState, args: Arguments): unknown {
  state.changeable();
  const item = child(state, args);
  if (!item.set) throw new UserError(`“${item.name}” cannot be changed.`);
  item.set(args.string('value'));
  state.edited();
  const { value, type, variablesReference, memoryReference } = describeItem(state, child(state, args));
  return { value, type, variablesReference, memoryReference };
}

export const variableHandlers: Handlers = { variables, setVariable };
