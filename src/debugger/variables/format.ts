/** Texts of C values: numbers as C writes them, characters and strings with their text, records and arrays in short. */
import { hex } from '../../base/hex.ts';
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import { type CType, strip } from '../../symbols/types.ts';
import { UserError } from '../errors.ts';
import { hexWithDecimal } from '../format.ts';
import { textAt, wideTextAt } from '../text.ts';
import { type CharacterKind, characterKind, characterText, quoted, unitsOf } from './characters.ts';
import { floatText } from './float.ts';
import type { CObject } from './object.ts';

export interface FormatOptions {
  /** Every integer in hexadecimal. */
  hex: boolean;
}

/** Elements and members shown of a compound value, and how deep. */
const SHOWN = 8;
const SHOWN_DEPTH = 2;
const SHOWN_CHARACTERS = 200;
const DEBUGGER_TYPE = /^u\d+$/;

/** The text of a value; `<optimised out>` and the like where there is none. */
export function formatObject(object: CObject, options: FormatOptions, depth = 0): string {
  try {
    return text(object, options, depth);
  } catch (error) {
    if (error instanceof Unavailable || error instanceof UserError) return `<${error.message}>`;
    throw error;
  }
}

function text(object: CObject, options: FormatOptions, depth: number): string {
  const { plain } = object;
  switch (plain.kind) {
    case 'base':
      return baseText(object, plain, options);
    case 'enum':
      return options.hex ? hex(BigInt.asUintN(plain.size * 8, object.number)) : enumText(plain, object.number);
    case 'pointer':
      return pointerText(object, plain.target());
    case 'record':
      return compound(
        object.members(),
        ({ member, object: child }) =>
          `${member.name === undefined ? '' : `${member.name} = `}${formatObject(child, options, depth + 1)}`,
        depth,
      );
    case 'array':
      return arrayText(object, plain.element(), options, depth);
    case 'function':
      return functionText(object);
    case 'void':
      return 'void';
    case 'unknown':
      return `<${plain.name}>`;
  }
}

function compound<T>(items: readonly T[], show: (item: T) => string, depth: number, more = false): string {
  if (depth >= SHOWN_DEPTH && items.length) return '{…}';
  const shown = items.slice(0, SHOWN).map(show);
  return `{${shown.join(', ')}${more || items.length > SHOWN ? ', …' : ''}}`;
}

function baseText(object: CObject, type: Extract<CType, { kind: 'base' }>, options: FormatOptions): string {
  if (type.encoding === 'float') return floatText(object.location.bytes(type.size));
  if (type.encoding === 'complex') {
    const bytes = object.location.bytes(type.size);
    return `${floatText(bytes.subarray(0, type.size / 2))} + ${floatText(bytes.subarray(type.size / 2))}i`;
  }
  const value = object.number;
  if (options.hex) return hex(BigInt.asUintN(object.bitSize ?? type.size * 8, value));
  // The debugger's own types are for looking at memory.
  if (DEBUGGER_TYPE.test(type.name)) return hexWithDecimal(value);
  if (type.encoding === 'boolean' && value <= 1n) return value ? 'true' : 'false';
  const kind = characterKind(object.type);
  return kind ? `${value} ${characterText(value, kind)}` : String(value);
}

/** The name of the enumerator, several joined by `|` if they are flags, or the number. */
function enumText(type: Extract<CType, { kind: 'enum' }>, value: bigint): string {
  const raw = BigInt.asUintN(type.size * 8, value);
  const values = type.values();
  const exact = values.find((one) => one.value === raw);
  if (exact) return exact.name;
  const isFlag = (bits: bigint) => bits !== 0n && (bits & (bits - 1n)) === 0n;
  if (raw === 0n || !values.every((one) => one.value === 0n || isFlag(one.value))) return String(value);
  const set = values.filter((one) => one.value !== 0n && raw & one.value);
  const rest = set.reduce((left, one) => left & ~one.value, raw);
  if (set.length === 0) return String(value);
  return `(${[...set.map(({ name }) => name), ...(rest ? [`unknown: ${hex(rest)}`] : [])].join(' | ')})`;
}

function pointerText(object: CObject, target: CType): string {
  if (object.location.implicitTarget) return '<a pointer that was optimised away; its target is known>';
  const value = object.number;
  const address = hex(value);
  const pointee = strip(target);
  const { memory, symbols } = object.frame.program;
  const kind = characterKind(target);
  if (kind) {
    const string = value === 0n ? undefined : kind.size === 1 ? textAt(memory, value) : wideTextAt(memory, value, kind);
    return string ? `${address} ${string}` : address;
  }
  const place = pointee.kind === 'function' || pointee.kind === 'void' ? symbols?.nameAt(value) : undefined;
  const symbol = place ?? (symbols?.symbolAt(value)?.symbol.kind === 'object' ? symbols.nameAt(value) : undefined);
  return symbol && value !== 0n ? `${address} <${symbol}>` : address;
}

function functionText(object: CObject): string {
  const { address } = object;
  if (address === undefined) return '<optimised out>';
  return `${hex(address)} <${object.frame.program.symbols?.nameAt(address) ?? 'function'}>`;
}

function arrayText(object: CObject, element: CType, options: FormatOptions, depth: number): string {
  const { count } = object;
  if (count === undefined) return object.address === undefined ? '<of unknown length>' : hex(object.address);
  const kind = characterKind(element);
  if (kind && !options.hex)
    return characters(
      object.location.bytes(Math.min(count, SHOWN_CHARACTERS) * kind.size),
      kind,
      count > SHOWN_CHARACTERS,
    );
  const indices = Array.from({ length: Math.min(count, SHOWN) }, (_, i) => i);
  return compound(indices, (i) => formatObject(object.element(BigInt(i)), options, depth + 1), depth, count > SHOWN);
}

/** A character array up to the zeros at its end, as C would write it. */
function characters(bytes: Uint8Array, kind: CharacterKind, cut: boolean): string {
  const units = unitsOf(bytes, kind.size);
  let end = units.length;
  if (!cut) while (end > 0 && units[end - 1] === 0) end--;
  return quoted(units.slice(0, end), kind, cut);
}
