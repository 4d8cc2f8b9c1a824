/** What an expression evaluates to, and how it is shown. */

import { hex } from '../../base/hex.ts';
import type { Bounds } from '../../machine/api.ts';
import { boundsText, hexWithDecimal } from '../format.ts';
import type { Place } from '../registers.ts';
import { characterText } from '../variables/characters.ts';
import { doubleText } from '../variables/float.ts';
import { formatObject } from '../variables/format.ts';
import { type CObject, isTrueObject } from '../variables/object.ts';
import { type BaseType, U64 } from './types.ts';

/** A whole number in the range of its type. */
export interface IntegerValue {
  kind: 'integer';
  value: bigint;
  type: BaseType;
  /** It is a register, an address or made of one: read best in hexadecimal. */
  hex?: boolean;
  /** Where it can be assigned to. */
  place?: Place;
  /** Symbol whose address it is. */
  symbol?: string;
}

/** A floating-point number; `long double` is computed with in double precision. */
export interface FloatValue {
  kind: 'float';
  value: number;
  type: BaseType;
}

export type Value =
  | IntegerValue
  | FloatValue
  | { kind: 'boolean'; value: boolean }
  | { kind: 'bounds'; bounds: Bounds; assign?: (bounds: Bounds) => void; register?: number }
  /** A variable of the C program, memory seen as one of its types, a pointer. */
  | { kind: 'object'; object: CObject }
  /** A kernel local that is not a number, or a text in the expression. */
  | { kind: 'text'; text: string /** Bytes of a character, if it is a wide one. */; unit?: number };

export const integer = (value: bigint, type: BaseType = U64, isHex = type === U64): IntegerValue => ({
  kind: 'integer',
  value,
  type,
  hex: isHex,
});
export const truth = (value: boolean): Value => ({ kind: 'boolean', value });

function integerText({ value, type, hex: isHex }: IntegerValue, forceHex: boolean): string {
  if (forceHex) return hex(BigInt.asUintN(type.size * 8, value));
  if (type.encoding === 'character') return `${value} ${characterText(value)}`;
  if (!isHex || value < 0n) return value.toString();
  return hexWithDecimal(value);
}

/** The text of a value; `forceHex` is DAP's ValueFormat.hex. */
export function formatValue(value: Value, forceHex = false): string {
  switch (value.kind) {
    case 'boolean':
      return String(value.value);
    case 'bounds':
      return boundsText(value.bounds);
    case 'text':
      return value.text;
    case 'object':
      return formatObject(value.object, { hex: forceHex });
    case 'float':
      return doubleText(value.value);
    case 'integer':
      return value.symbol ? `${hex(value.value)} <${value.symbol}>` : integerText(value, forceHex);
  }
}

/** What counts as true in a condition. */
export function isTrue(value: Value): boolean {
  if (value.kind === 'boolean') return value.value;
  if (value.kind === 'integer') return value.value !== 0n;
  if (value.kind === 'float') return value.value !== 0;
  if (value.kind === 'object') return isTrueObject(value.object);
  return true;
}
