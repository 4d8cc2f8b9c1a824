/** Data breakpoints: what can be watched of a variable, a register or an address, and setting them. */
import { hex } from '../base/hex.ts';
import type { DataBreakpoint, WatchedData } from '../debugger/data-breakpoints.ts';
import { tableEntryOf } from '../debugger/directory.ts';
import { UserError } from '../debugger/errors.ts';
import { evaluateText } from '../debugger/expressions/evaluate.ts';
import { bndTranslate, tableEntryAddress } from '../machine/mpx/translate.ts';
import type { Arguments } from './arguments.ts';
import { scopeOf } from './selected-scope.ts';
import type { Handlers, SessionState } from './state.ts';
import { child } from './variable-requests.ts';

interface Place {
  address: bigint;
  size: number;
}

const ACCESS = { read: 'read', write: 'write', readWrite: 'access' } as const;
const ACCESS_TYPES = Object.keys(ACCESS) as (keyof typeof ACCESS)[];
/** Most bytes of one range: enough for any object, and a mistake is noticed. */
const MOST_BYTES = 1 << 30;

const dataIdOf = ({ address, size }: Place, name: string): string => `${hex(address)}/${size}/${name}`;

function placeOf(dataId: string): Place & { name: string } {
  const match = /^(0x[0-9a-f]+)\/(\d+)\/(.*)$/.exec(dataId);
  if (!match) throw new UserError(`“${dataId}” is not a data id of this debugger.`);
  return { address: BigInt(match[1]), size: Number(match[2]), name: match[3] };
}

/** The table entry that belongs to the pointer in `slot`; undefined while there is no table for it. */
function entryOf(state: SessionState, slot: bigint): Place | undefined {
  const { debuggee } = state.stopped();
  const { directoryBase, memory, boundsLayout, process } = debuggee;
  const { bits } = process;
  if (directoryBase === undefined) return undefined;
  const mawau = bits === 64 ? process.machine.features.mawau : 0;
  const { directoryEntry, tableIndex } = bndTranslate(slot, directoryBase, mawau, bits);
  const value = memory.readUint(directoryEntry, boundsLayout.word);
  if (value === undefined || !(value & 1n)) return undefined;
  return { address: tableEntryAddress(value, tableIndex, bits), size: 3 * boundsLayout.word };
}

/** Where the object that `text` names lies. */
function objectPlace(state: SessionState, args: Arguments, text: string): Place | string {
  const value = evaluateText(text, scopeOf(state, args, false));
  if (value.kind === 'object') {
    const { address, size } = value.object;
    return address === undefined || !size ? 'It is not in memory, so it cannot be watched.' : { address, size };
  }
  const isRegister = value.kind === 'bounds' || (value.kind === 'integer' && value.place !== undefined);
  return isRegister
    ? 'Registers cannot be watched: step back to find what has changed one.'
    : 'It is a value without a place in memory.';
}

function dataBreakpointInfo(state: SessionState, args: Arguments): unknown {
  state.stopped();
  const name = args.string('name');
  const refuse = (description: string) => ({ dataId: null, description });
  try {
    const found = findPlace(state, args, name);
    if (typeof found === 'string') return refuse(found);
    const wantsBounds = args.optionalString('mode') === 'bounds';
    const place = wantsBounds ? entryOf(state, found.address) : found;
    if (!place) return refuse(`There is no bounds table for the pointer in ${hex(found.address)} yet.`);
    if (place.size <= 0 || place.size > MOST_BYTES) return refuse(`${place.size} bytes cannot be watched.`);
    const title = wantsBounds ? `the bounds of ${name}` : name;
    const { size, address } = place;
    const bytes = size === 1 ? '1 byte' : `${size} bytes`;
    const description = `${title} (${bytes} at ${hex(address)})`;
    return { dataId: dataIdOf(place, title), description, accessTypes: ACCESS_TYPES, canPersist: false };
  } catch (error) {
    if (error instanceof UserError) return refuse(error.message);
    throw error;
  }
}

function findPlace(state: SessionState, args: Arguments, name: string): Place | string {
  if (args.boolean('asAddress')) {
    const value = evaluateText(name, scopeOf(state, args, false));
    if (value.kind !== 'integer') throw new UserError(`“${name}” is not an address.`);
    return { address: value.value, size: args.optionalInteger('bytes') ?? 1 };
  }
  const bytes = args.optionalInteger('bytes');
  let place: Place | string;
  if (args.has('variablesReference') && args.integer('variablesReference') > 0) {
    const item = child(state, args);
    if (item.children?.kind === 'table-entry') {
      const { slot, table } = item.children;
      const { memory, boundsLayout } = state.stopped().debuggee;
      const entry = tableEntryOf(boundsLayout, memory, table, slot);
      return entry ? { address: entry.address, size: 3 * boundsLayout.word } : 'The table is no longer mapped.';
    }
    if (!item.evaluateName) return `“${name}” cannot be watched.`;
    place = objectPlace(state, args, item.evaluateName);
  } else place = objectPlace(state, args, name);
  return typeof place === 'string' || bytes === undefined ? place : { address: place.address, size: bytes };
}

function describe({ id, problem, range, name }: DataBreakpoint): object {
  const message = problem ?? `${name}: ${hex(range.start)} to ${hex(range.end - 1n)}`;
  return { id, verified: problem === undefined, message, reason: problem === undefined ? undefined : 'failed' };
}

function setDataBreakpoints(state: SessionState, args: Arguments): unknown {
  const { debuggee } = state.program();
  const wanted = args.objects('breakpoints').map((one): WatchedData => {
    const { address, size, name } = placeOf(one.string('dataId'));
    const access = one.optionalString('accessType') ?? 'write';
    if (!Object.hasOwn(ACCESS, access))
      throw new UserError(`“${access}” is not an access type: use ${ACCESS_TYPES.join(', ')}.`);
    const range = { start: address, end: address + BigInt(size), access: ACCESS[access as keyof typeof ACCESS] };
    return {
      range,
      name,
      condition: one.optionalString('condition'),
      hitCondition: one.optionalString('hitCondition'),
    };
  });
  const made = state.data.set(wanted, debuggee.memory);
  debuggee.watchData();
  return { breakpoints: made.map(describe) };
}

export const dataBreakpointHandlers: Handlers = { dataBreakpointInfo, setDataBreakpoints };
