/**
 * Saves the state of a graph of objects and brings it back into the same objects, so that whoever holds one of them sees the old state
 * again. For plain data: fields, arrays, maps, sets and typed arrays. Functions and generators are left alone: what they hold must not matter.
 * Objects whose state cannot be reached (weak maps, promises, views of buffers) are refused.
 */

type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Own state of one object. */
type State =
  | { kind: 'fields'; object: Record<PropertyKey, unknown>; entries: [string, unknown][] }
  | { kind: 'array'; object: unknown[]; items: unknown[] }
  | { kind: 'map'; object: Map<unknown, unknown>; entries: [unknown, unknown][] }
  | { kind: 'set'; object: Set<unknown>; items: unknown[] }
  | { kind: 'bytes'; object: TypedArray; bytes: Uint8Array };

/** Kinds of objects with state that is not their own properties. */
const HIDDEN = new Set([
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'Promise',
  'DataView',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Date',
]);

/** Whether an object is not part of the state: neither saved nor looked into. */
export type IsOpaque = (object: object) => boolean;

export class Memento {
  private constructor(
    private readonly states: readonly State[],
    /** Bytes of typed arrays that it holds and the previous one did not. */
    readonly copied: number,
  ) {}

  /** Objects saved. */
  get size(): number {
    return this.states.length;
  }

  /** The state of everything that can be reached from `roots`. `previous`: copies of bytes that have not changed since are shared with it. */
  static of(roots: readonly object[], isOpaque: IsOpaque, previous?: Memento): Memento {
    const known = new Map<object, Uint8Array>();
    for (const state of previous?.states ?? []) if (state.kind === 'bytes') known.set(state.object, state.bytes);
    const states: State[] = [];
    let copied = 0;
    const seen = new Set<object>();
    const queue: object[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return;
      seen.add(value);
      if (!isOpaque(value)) queue.push(value);
    };
    for (const root of roots) visit(root);
    for (let object = queue.pop(); object; object = queue.pop()) {
      const state = stateOf(object, known);
      if (!state) continue;
      if (state.kind === 'bytes' && known.get(object) !== state.bytes) copied += state.bytes.length;
      states.push(state);
      eachReference(state, visit);
    }
    return new Memento(states, copied);
  }

  restore(): void {
    for (const state of this.states) bringBack(state);
  }
}

function stateOf(object: object, known: ReadonlyMap<object, Uint8Array>): State | undefined {
  if (Array.isArray(object)) return { kind: 'array', object, items: object.slice() };
  if (object instanceof Map) return { kind: 'map', object, entries: [...object] };
  if (object instanceof Set) return { kind: 'set', object, items: [...object] };
  const tag = Object.prototype.toString.call(object).slice('[object '.length, -1);
  if (ArrayBuffer.isView(object) && tag !== 'DataView') {
    const array = object as TypedArray;
    const now = bytesOf(array);
    const before = known.get(object);
    const bytes = before && sameBytes(before, now) ? before : now.slice();
    return { kind: 'bytes', object: array, bytes };
  }
  if (tag === 'Generator') return undefined;
  if (HIDDEN.has(tag)) throw new Error(`a ${tag} cannot be part of a saved state`);
  const record = object as Record<PropertyKey, unknown>;
  const entries: [string, unknown][] = Object.keys(record).map((key) => [key, record[key]]);
  return { kind: 'fields', object: record, entries };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function eachReference(state: State, visit: (value: unknown) => void): void {
  if (state.kind === 'fields') for (const [, value] of state.entries) visit(value);
  else if (state.kind === 'array' || state.kind === 'set') state.items.forEach(visit);
  else if (state.kind === 'map') {
    for (const [key, value] of state.entries) {
      visit(key);
      visit(value);
    }
  }
}

function bringBack(state: State): void {
  switch (state.kind) {
    case 'fields': {
      const { object, entries } = state;
      const keys = new Set(entries.map(([key]) => key));
      for (const key of Object.keys(object)) if (!keys.has(key)) delete object[key];
      for (const [key, value] of entries) if (object[key] !== value) object[key] = value;
      return;
    }
    case 'array':
      state.object.length = 0;
      for (const item of state.items) state.object.push(item);
      return;
    case 'map':
      state.object.clear();
      for (const [key, value] of state.entries) state.object.set(key, value);
      return;
    case 'set':
      state.object.clear();
      for (const item of state.items) state.object.add(item);
      return;
    case 'bytes':
      bytesOf(state.object).set(state.bytes);
  }
}
