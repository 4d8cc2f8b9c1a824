/** Texts of the program, as they lie in its memory. */
import type { Memory } from './memory.ts';
import { type CharacterKind, quoted, unitsOf } from './variables/characters.ts';

/** Printable text at `address`, quoted and shortened; undefined if there is none. */
export function textAt(memory: Memory, address: bigint): string | undefined {
  const bytes = memory.read(address, 64);
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) return text.length > 0 ? JSON.stringify(text) : undefined;
    if (byte < 0x20 || byte > 0x7e) {
      if (byte !== 9 && byte !== 10 && byte !== 13) return undefined;
    }
    text += String.fromCharCode(byte);
  }
  return bytes.length === 64 ? `${JSON.stringify(text)}…` : undefined;
}

/** Wide text at `address` as C would write it, shortened; undefined if there is none. */
export function wideTextAt(memory: Memory, address: bigint, kind: CharacterKind): string | undefined {
  const units = unitsOf(memory.read(address, 64 * kind.size), kind.size);
  const end = units.indexOf(0);
  const shown = end < 0 ? units : units.slice(0, end);
  // What is no character at all is hardly a text.
  if (shown.length === 0 || shown.some((unit) => unit > 0x10ffff)) return undefined;
  return end < 0 && units.length < 64 ? undefined : quoted(shown, kind, end < 0);
}
