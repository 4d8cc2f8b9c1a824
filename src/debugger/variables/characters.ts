/** Characters and texts of C, narrow and wide, as C would write them. */
import { type CType, strip } from '../../symbols/types.ts';

/** Bytes of a character, and what C writes before a literal of its kind. */
export interface CharacterKind {
  size: number;
  prefix: '' | 'L' | 'u' | 'U';
}

const NARROW: CharacterKind = { size: 1, prefix: '' };
/** In C these are other names of integer types. */
const WIDE_NAMES: Record<string, CharacterKind['prefix']> = { wchar_t: 'L', char16_t: 'u', char32_t: 'U' };

const ESCAPES: Record<number, string> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
};

/** What kind of character a type is; undefined if it is none. */
export function characterKind(type: CType): CharacterKind | undefined {
  const plain = strip(type);
  if (plain.kind !== 'base') return undefined;
  if (plain.encoding === 'character' && plain.size === 1) return NARROW;
  if (plain.size !== 2 && plain.size !== 4) return undefined;
  let at = type;
  for (let links = 0; links < 100 && (at.kind === 'typedef' || at.kind === 'qualified'); links++) {
    if (at.kind === 'typedef' && Object.hasOwn(WIDE_NAMES, at.name))
      return { size: plain.size, prefix: WIDE_NAMES[at.name] };
    at = at.target();
  }
  // C++ has types of their own.
  if (Object.hasOwn(WIDE_NAMES, plain.name)) return { size: plain.size, prefix: WIDE_NAMES[plain.name] };
  return plain.encoding === 'character' ? { size: plain.size, prefix: plain.size === 2 ? 'u' : 'U' } : undefined;
}

/** The characters in `bytes` as numbers. */
export function unitsOf(bytes: Uint8Array, size: number): number[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size).reduceRight((value, byte) => value * 256 + byte, 0),
  );
}

/** `'a'`, `L'ä'`, `'\200'`. */
export function characterText(value: bigint, { size, prefix }: CharacterKind = NARROW): string {
  const unit = Number(BigInt.asUintN(size * 8, value));
  return `${prefix}'${unit === 0x27 ? "\\'" : escaped(unit, size)}'`;
}

/** Characters between quotes; `cut`: there are more. */
export function quoted(units: readonly number[], { size, prefix }: CharacterKind, cut: boolean): string {
  const text = units.map((unit) => (unit === 0x22 ? '\\"' : escaped(unit, size))).join('');
  return `${prefix}"${text}"${cut ? '…' : ''}`;
}

/** A text of the program as one of this language: halves of pairs belong together again. */
export function plainText(units: readonly number[], size: number): string {
  return units
    .map((unit) => (size === 4 && unit <= 0x10ffff ? String.fromCodePoint(unit) : String.fromCharCode(unit)))
    .join('');
}

function escaped(unit: number, size: number): string {
  if (ESCAPES[unit]) return ESCAPES[unit];
  if (unit === 0x5c) return '\\\\';
  if (unit >= 0x20 && unit < 0x7f) return String.fromCharCode(unit);
  if (size === 1 || unit < 0xa0) return `\\${unit.toString(8).padStart(3, '0')}`;
  if (unit > 0x10ffff) return `\\x${unit.toString(16)}`;
  // Halves of a pair stand beside each other in UTF-16; elsewhere they are no characters.
  const isHalf = unit >= 0xd800 && unit < 0xe000;
  return isHalf && size === 4 ? `\\u${unit.toString(16)}` : plainText([unit], size);
}
