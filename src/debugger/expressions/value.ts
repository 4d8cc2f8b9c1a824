/** What an expression evaluates to, and how it is shown. */

import { hex } from '../../base/hex.ts';
import type { Bounds } from '../../machine/api.ts';
import { boundsText } from '../format.ts';
import type { Memory } from '../memory.ts';
import type { Place } from '../registers.ts';
import { textAt } from '../text.ts';
import { formatObject } from '../variables/format.ts';
import { type CObject, isTrueObject } from '../variables/object.ts';
import type { IntegerType } from './ast.ts';

export type Value =
  | {
      kind: 'integer';
      /** Unsigned unless `type` is signed; up to 128 bits for XMM registers. */
      value: bigint;
      type?: IntegerType;
      /** Points to values of this type. */
      pointee?: IntegerType;
      /** Where it can be assigned to. */
      place?: Place;
      /** Address of the memory it was read from. */
      memory?: bigint;
      /** Symbol whose address it is. */
      symbol?: string;
    }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'bounds'; bounds: Bounds; assign?: (bounds: Bounds) => void; register?: number }
  /** A variable of the C program, or something reached from one. */
  | { kind: 'object'; object: CObject }
  /** A kernel local that is not a number. */
  | { kind: 'text'; text: string };

/** Integers are hexadecimal; small ones also decimal, because counts and characters are read so. */
export function formatInteger(value: bigint, type: IntegerType | undefined, forceHex: boolean): string {
  if (type?.signed && !forceHex) return value.toString();
  const unsigned = value < 0n ? BigInt.asUintN((type?.size ?? 8) * 8, value) : value;
  if (forceHex || unsigned < 10n || unsigned >= 1n << 16n) return hex(unsigned);
  return `${hex(unsigned)} (${unsigned})`;
}

/** The text of a value; `forceHex` is DAP's ValueFormat.hex. */
export function formatValue(value: Value, memory: Memory | undefined, forceHex = false): string {
  switch (value.kind) {
    case 'boolean':
      return String(value.value);
    case 'bounds':
      return boundsText(value.bounds);
    case 'text':
      return value.text;
    case 'object':
      return formatObject(value.object, { hex: forceHex });
    case 'integer': {
      if (value.symbol) return `${hex(value.value)} <${value.symbol}>`;
      const text = formatInteger(
        value.value,
        value.pointee ? undefined : value.type,
        forceHex || value.pointee !== undefined,
      );
      const characters = memory && value.pointee?.name === 'char' ? textAt(memory, value.value) : undefined;
      return characters ? `${text} ${characters}` : text;
    }
  }
}

/** What counts as true in a condition. */
export function isTrue(value: Value): boolean {
  if (value.kind === 'boolean') return value.value;
  if (value.kind === 'integer') return value.value !== 0n;
  if (value.kind === 'object') return isTrueObject(value.object);
  return true;
}
