/** Types in expressions: those of C and the debugger's short ones, and C's conversions between them (C11, 6.3.1). */
import type { CType } from '../../symbols/types.ts';
import type { TypeName } from './ast.ts';

export type BaseType = Extract<CType, { kind: 'base' }>;

const base = (name: string, size: number, encoding: BaseType['encoding'], signed: boolean): BaseType => ({
  kind: 'base',
  name,
  size,
  encoding,
  signed,
});
const signed = (name: string, size: number) => base(name, size, 'signed', true);
const unsigned = (name: string, size: number) => base(name, size, 'unsigned', false);

export const INT = signed('int', 4);
const UNSIGNED = unsigned('unsigned int', 4);
export const LONG = signed('long', 8);
export const UNSIGNED_LONG = unsigned('unsigned long', 8);
const INT128 = signed('__int128', 16);
const UNSIGNED128 = unsigned('unsigned __int128', 16);
export const U64 = unsigned('u64', 8);
const DOUBLE = base('double', 8, 'float', true);

/** Names without a program: the short ones, those of stdint.h, and C's own as they are written. */
const BUILTIN: ReadonlyMap<string, CType> = new Map<string, CType>(
  [
    ...[1, 2, 4, 8, 16].flatMap((size) => [
      unsigned(`u${size * 8}`, size),
      signed(`i${size * 8}`, size),
      unsigned(`uint${size * 8}_t`, size),
      signed(`int${size * 8}_t`, size),
    ]),
    base('char', 1, 'character', true),
    base('signed char', 1, 'character', true),
    base('unsigned char', 1, 'character', false),
    signed('short', 2),
    unsigned('unsigned short', 2),
    INT,
    UNSIGNED,
    LONG,
    UNSIGNED_LONG,
    INT128,
    UNSIGNED128,
    base('float', 4, 'float', true),
    DOUBLE,
    base('long double', 16, 'float', true),
    base('_Bool', 1, 'boolean', false),
  ].map((type): [string, CType] => [type.name, type]),
).set('void', { kind: 'void' });

/** `long unsigned int` → `unsigned long`: C's words in one order; other names as they are. */
function canonical(name: string): string {
  const words = name.split(' ');
  const has = (word: string) => words.includes(word);
  const count = words.filter((word) => word === 'long').length;
  const rest = words.find((word) => !['signed', 'unsigned', 'long', 'short', 'int'].includes(word));
  const prefix = has('unsigned') ? 'unsigned ' : '';
  if (rest === 'bool') return '_Bool';
  if (rest === 'char') return has('signed') ? 'signed char' : `${prefix}char`;
  if (rest === 'double' && !has('_Complex')) return count ? 'long double' : 'double';
  if (rest !== undefined) return rest === '__int128' ? `${prefix}__int128` : name;
  return `${prefix}${has('short') ? 'short' : count ? 'long' : 'int'}`;
}

export function pointerTo(type: CType): CType {
  return { kind: 'pointer', size: 8, reference: false, target: () => type };
}

/** The type that `written` means; `named` finds the types of the program. Undefined if there is none of that name. */
export function typeOf(written: TypeName, named: ((name: string) => CType | undefined) | undefined): CType | undefined {
  let type: CType | undefined =
    BUILTIN.get(written.certain ? canonical(written.name) : written.name) ?? named?.(written.name);
  if (!type) return undefined;
  for (let i = 0; i < written.stars; i++) type = pointerTo(type);
  for (const count of [...written.dimensions].reverse()) {
    const element: CType = type;
    type = { kind: 'array', count: { kind: 'known', count }, element: () => element };
  }
  for (let i = 0; i < written.group; i++) type = pointerTo(type);
  return type;
}

export function isFloat(type: BaseType): boolean {
  return type.encoding === 'float';
}

/** A value as `type` holds it: cut to its width, with its sign; truth for `_Bool`. */
export function wrapTo(value: bigint, type: BaseType): bigint {
  if (type.encoding === 'boolean') return value ? 1n : 0n;
  return type.signed ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value);
}

/** Types smaller than `int` become `int` in arithmetic. */
export function promoted(type: BaseType): BaseType {
  return type.size < 4 && !isFloat(type) ? INT : type;
}

/** The type in which two numbers are computed with. */
export function commonType(left: BaseType, right: BaseType): BaseType {
  if (isFloat(left) || isFloat(right)) {
    if (!isFloat(right)) return left;
    return !isFloat(left) || right.size > left.size ? right : left;
  }
  const a = promoted(left);
  const b = promoted(right);
  if (a.size !== b.size) return a.size > b.size ? a : b;
  return a.signed ? b : a;
}

/** The type of an integer constant as it is written (C11, 6.4.4.1). */
export function literalType(value: bigint, isDecimal: boolean, suffix: string): BaseType {
  const isUnsigned = /u/i.test(suffix);
  const candidates = [INT, UNSIGNED, LONG, UNSIGNED_LONG, INT128, UNSIGNED128].filter(
    (type) =>
      (!isUnsigned || !type.signed) &&
      (!isDecimal || isUnsigned || type.signed) &&
      (type.size >= 8 || !/l/i.test(suffix)),
  );
  return candidates.find((type) => wrapTo(value, type) === value) ?? UNSIGNED128;
}
