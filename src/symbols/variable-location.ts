import { wrap64 } from '../base/address.ts';
import { Cursor, CursorError } from '../base/cursor.ts';
import type { DebugInformation, Variable } from './debug-information.ts';
import { type Entry, readLeb } from './dwarf/entries.ts';
import {
  type ExpressionContext,
  evaluateLocation,
  evaluateValue,
  type Piece,
  Unavailable,
} from './dwarf/expression.ts';
import type { FormValue } from './dwarf/forms.ts';
import { listedExpression } from './dwarf/location-lists.ts';
import { Attribute, Tag } from './dwarf/names.ts';
import { At } from './dwarf/unit-values.ts';
import { type ObjectContext, OPTIMISED_OUT } from './object-location.ts';
import { type ArrayCount, constantOf } from './types.ts';
import type { RegisterPlace } from './unwind/unwind.ts';

/** A frame of the call stack as the debug information sees it. */
export interface FrameContext extends ObjectContext {
  /** Where the frame stands; for outer frames the address behind the call. */
  readonly pc: bigint;
  /** An address that belongs to what is going on: in outer frames within the call. */
  readonly lookupPc: bigint;
  readonly cfa: bigint | undefined;
  /** How `cfa` is computed at this place, where that is simple. */
  readonly cfaPlace?: RegisterPlace;
  /** First address of the thread's block of the module's thread-local variables. @throws Unavailable */
  threadStorage(): bigint;
  /** The frame it returns to. */
  caller(): FrameContext | undefined;
}

const OP_REG0 = 0x50;
const OP_REG31 = 0x6f;
const OP_FBREG = 0x91;
const OP_CALL_FRAME_CFA = 0x9c;

/** Calls within calls are looked up no deeper for the value something had on entry. */
const MOST_ENTRY_DEPTH = 8;

/** Finds where variables are, in frames of one module. */
export class Locator {
  constructor(private readonly info: DebugInformation) {}

  /** Where a variable is. @throws Unavailable */
  locate(variable: Variable, frame: FrameContext): Piece[] {
    return this.guarded(variable.entry, () => this.pieces(variable.entry, frame, 0));
  }

  /** Where the variable that an entry describes is, by its offset in .debug_info. @throws Unavailable */
  locateEntry(offset: number, frame: FrameContext): { entry: Entry; pieces: Piece[] } {
    const entry = this.info.entries.at(offset);
    if (!entry) throw new Unavailable(OPTIMISED_OUT);
    return { entry, pieces: this.guarded(entry, () => this.pieces(entry, frame, 0)) };
  }

  /**
   * Where a variable is in every frame that stands at the same place as `frame`: compilers without optimisation keep it at a fixed distance
   * from the frame. Undefined where it takes more to tell.
   */
  fixedPlace(variable: Variable, frame: FrameContext): RegisterPlace | undefined {
    const { entries } = this.info;
    const location = entries.value(variable.entry, Attribute.location);
    const scope = this.info.functionAt(frame.lookupPc);
    const base = scope && entries.value(scope, Attribute.frameBase);
    if (location?.kind !== 'block' || base?.kind !== 'block' || base.value.length !== 1) return undefined;
    const distance = frameDistance(location.value);
    const [operation] = base.value;
    const isRegister = operation >= OP_REG0 && operation <= OP_REG31;
    const place = operation === OP_CALL_FRAME_CFA ? frame.cfaPlace : undefined;
    if (distance === undefined || (!place && !isRegister)) return undefined;
    const { register, offset } = place ?? { register: operation - OP_REG0, offset: 0n };
    return { register, offset: offset + distance };
  }

  /** Elements of an array; undefined if that is not known. */
  elements(count: ArrayCount, frame: FrameContext): number | undefined {
    if (count.kind !== 'computed') return count.kind === 'known' ? count.count : undefined;
    const { entry, attribute } = count;
    try {
      const bound = this.guarded(entry, () => this.bound(entry, attribute, frame));
      const lower = constantOf(entry.values.get(Attribute.lowerBound)) ?? 0n;
      const elements = attribute === Attribute.count ? bound : BigInt.asIntN(64, bound) - lower + 1n;
      return elements >= 0n && elements < 1n << 40n ? Number(elements) : undefined;
    } catch (error) {
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  private bound(entry: Entry, attribute: number, frame: FrameContext): bigint {
    const value = entry.values.get(attribute);
    if (value && (value.kind === 'block' || value.kind === 'offset' || value.kind === 'list-index')) {
      const expression = this.expression(value, entry, frame);
      if (!expression) throw new Unavailable(OPTIMISED_OUT);
      return evaluateValue(expression, this.context(entry, frame, 0));
    }
    const holder = this.info.entries.reference(entry, attribute);
    if (!holder) throw new Unavailable(OPTIMISED_OUT);
    const [piece] = this.pieces(holder, frame, 0);
    if (piece.place.kind === 'memory') return readWord(frame, piece.place.address, 8);
    if (piece.place.kind === 'value') return piece.place.value;
    const register = piece.place.kind === 'register' ? frame.register(piece.place.number) : undefined;
    if (register === undefined) throw new Unavailable(OPTIMISED_OUT);
    return register;
  }

  private guarded<T>(entry: Entry, work: () => T): T {
    const result = this.info.entries.guarded<{ value: T } | undefined>(
      entry.unit,
      () => ({ value: work() }),
      undefined,
    );
    if (!result) throw new Unavailable('not known: its debug information is damaged');
    return result.value;
  }

  private pieces(variable: Entry, frame: FrameContext, depth: number): Piece[] {
    const { entries } = this.info;
    const whole = (place: Piece['place']): Piece[] => [{ place, size: undefined, offset: 0 }];
    const owner = entries.owner(variable, Attribute.location);
    if (owner) {
      const value = owner.values.get(Attribute.location);
      const expression = value && this.expression(value, owner, frame);
      return expression ? evaluateLocation(expression, this.context(owner, frame, depth)) : whole({ kind: 'nowhere' });
    }
    const constant = entries.value(variable, Attribute.constValue);
    if (constant?.kind === 'block') return whole({ kind: 'bytes', bytes: constant.value });
    if (constant?.kind === 'string') return whole({ kind: 'bytes', bytes: constant.table.subarray(constant.value) });
    const number = constantOf(constant);
    if (number !== undefined) return whole({ kind: 'value', value: number });
    // `extern int x;` within a function: the definition is elsewhere.
    const name = variable.values.has(Attribute.declaration) ? entries.name(variable) : undefined;
    const definition = name === undefined ? undefined : this.info.global(name, frame.lookupPc);
    if (definition && definition.entry !== variable && depth < MOST_ENTRY_DEPTH)
      return this.pieces(definition.entry, frame, depth + 1);
    return whole({ kind: 'nowhere' });
  }

  /** The expression in an attribute: itself, or the one its list gives for the frame's place. */
  private expression(value: FormValue, entry: Entry, frame: FrameContext): Uint8Array | undefined {
    if (value.kind === 'block') return value.value;
    return listedExpression(value, entry.unit, wrap64(frame.lookupPc - this.info.bias));
  }

  /** What expressions of `entry` mean in `frame`. */
  private context(entry: Entry, frame: FrameContext, depth: number): ExpressionContext {
    const { info } = this;
    const { encoding, values } = entry.unit.entries;
    const cfa = () => {
      if (frame.cfa === undefined)
        throw new Unavailable('on the stack, but there is no unwind information for this code');
      return frame.cfa;
    };
    return {
      encoding,
      bias: info.bias,
      unitOffset: entry.unit.offset,
      register: (number) => frame.register(number),
      read: (address, size) => frame.read(address, size),
      cfa,
      addressAt: (index) => values.addressAt(index),
      frameBase: () => this.frameBase(frame, depth),
      entryValue: (expression) => this.entryValue(expression, frame, depth),
      threadStorage: (offset) => wrap64(frame.threadStorage() + offset),
      procedure: (offset) => {
        const called = info.entries.at(offset);
        const value = called?.values.get(Attribute.location);
        // An entry without a location adds nothing (DWARF 5, 2.5.1.5).
        return (called && value && this.expression(value, called, frame)) ?? new Uint8Array();
      },
      baseType: (offset) => {
        const found = info.entries.at(offset);
        const type = found && info.types.type(found);
        if (type?.kind !== 'base') throw new Unavailable('of a type that cannot be told');
        return { size: type.size, signed: type.signed, float: type.encoding === 'float' };
      },
    };
  }

  private frameBase(frame: FrameContext, depth: number): bigint {
    const { info } = this;
    const scope = info.functionAt(frame.lookupPc);
    const owner = scope && info.entries.owner(scope, Attribute.frameBase);
    const value = owner?.values.get(Attribute.frameBase);
    const expression = owner && value && this.expression(value, owner, frame);
    if (!expression) throw new Unavailable('on the stack, but its function has no frame base');
    const [{ place }] = evaluateLocation(expression, {
      ...this.context(owner, frame, depth),
      frameBase: undefined,
    });
    if (place.kind === 'memory') return place.address;
    if (place.kind === 'value') return place.value;
    const register = place.kind === 'register' ? frame.register(place.number) : undefined;
    if (register === undefined) throw new Unavailable('on the stack, but the frame base is not known');
    return register;
  }

  /** The value on entry, as the caller's description of the call gives it (DWARF 5, 3.4). */
  private entryValue(expression: Uint8Array, frame: FrameContext, depth: number): bigint {
    const unknown = new Unavailable(OPTIMISED_OUT);
    const { entries } = this.info;
    const caller = frame.caller();
    if (!caller || depth >= MOST_ENTRY_DEPTH) throw unknown;
    const scope = this.info.functionAt(caller.lookupPc);
    const site = scope && this.callSite(scope, wrap64(caller.pc - this.info.bias), 0);
    const callee = this.info.functionAt(frame.lookupPc);
    if (!site || !callee) throw unknown;
    // Another function may have been called there and have jumped here: its arguments are not ours.
    const origin = entries.reference(site, Attribute.callOrigin) ?? entries.reference(site, Attribute.abstractOrigin);
    if (!origin || entries.name(origin) !== entries.name(callee)) throw unknown;
    for (const parameter of entries.children(site)) {
      if (parameter.tag !== Tag.callSiteParameter && parameter.tag !== Tag.gnuCallSiteParameter) continue;
      const location = parameter.values.get(Attribute.location);
      if (location?.kind !== 'block' || !sameRegister(location.value, expression)) continue;
      const value = parameter.values.get(Attribute.callValue) ?? parameter.values.get(Attribute.gnuCallSiteValue);
      if (value?.kind === 'block') return evaluateValue(value.value, this.context(parameter, caller, depth + 1));
    }
    throw unknown;
  }

  private callSite(scope: Entry, returnPc: bigint, depth: number): Entry | undefined {
    if (depth > 50) return undefined;
    for (const child of this.info.entries.children(scope)) {
      if (child.tag === Tag.callSite || child.tag === Tag.gnuCallSite) {
        const { values } = child.unit.entries;
        const at = child.values.get(Attribute.callReturnPc) ?? child.values.get(At.lowPc);
        if (values.address(at) === returnPc) return child;
      } else {
        const found = this.callSite(child, returnPc, depth + 1);
        if (found) return found;
      }
    }
    return undefined;
  }
}

function readWord(frame: FrameContext, address: bigint, size: number): bigint {
  const bytes = frame.read(address, size);
  if (!bytes || bytes.length < size) throw new Unavailable('in memory that is not mapped');
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The distance in an expression that is DW_OP_fbreg and nothing else. */
function frameDistance(expression: Uint8Array): bigint | undefined {
  if (expression[0] !== OP_FBREG) return undefined;
  try {
    const cursor = new Cursor(expression, 1);
    const distance = readLeb(cursor, true);
    return cursor.remaining === 0 ? distance : undefined;
  } catch (error) {
    if (error instanceof CursorError) return undefined;
    throw error;
  }
}

/** Whether both expressions mean the same object: the same bytes, or the same register whatever its type. */
function sameRegister(a: Uint8Array, b: Uint8Array): boolean {
  const register = registerOf(a);
  if (register !== undefined) return register === registerOf(b);
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The register that an expression consists of: DW_OP_reg*, DW_OP_regx, DW_OP_regval_type. */
function registerOf([operation, number]: Uint8Array): number | undefined {
  if (operation >= 0x50 && operation <= 0x6f) return operation - 0x50;
  return [0x90, 0xa5, 0xf5].includes(operation) && number < 0x80 ? number : undefined;
}
