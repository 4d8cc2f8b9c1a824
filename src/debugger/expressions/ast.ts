/** The tree of a parsed expression, and the integer types it may name. */

/** An integer type of memory or of a cast. */
export interface IntegerType {
  name: string;
  size: 1 | 2 | 4 | 8;
  signed: boolean;
}

const type = (name: string, size: IntegerType['size'], signed: boolean): [string, IntegerType] => [
  name,
  { name, size, signed },
];

/** Names usable in casts: the short ones, those of stdint.h and the plain C ones. */
export const TYPES: ReadonlyMap<string, IntegerType> = new Map([
  type('u8', 1, false),
  type('u16', 2, false),
  type('u32', 4, false),
  type('u64', 8, false),
  type('i8', 1, true),
  type('i16', 2, true),
  type('i32', 4, true),
  type('i64', 8, true),
  type('uint8_t', 1, false),
  type('uint16_t', 2, false),
  type('uint32_t', 4, false),
  type('uint64_t', 8, false),
  type('int8_t', 1, true),
  type('int16_t', 2, true),
  type('int32_t', 4, true),
  type('int64_t', 8, true),
  type('char', 1, true),
  type('short', 2, true),
  type('int', 4, true),
  type('long', 8, true),
  type('void', 1, false),
]);

export const U64: IntegerType = { name: 'u64', size: 8, signed: false };

export type UnaryOperator = '-' | '+' | '~' | '!' | '*' | '&';
export type BinaryOperator =
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '<<'
  | '>>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | '&'
  | '^'
  | '|'
  | '&&'
  | '||';

export type Node =
  | { kind: 'number'; value: bigint }
  | { kind: 'name'; name: string; register: boolean }
  | { kind: 'member'; object: Node; member: string }
  | { kind: 'unary'; operator: UnaryOperator; operand: Node }
  | { kind: 'binary'; operator: BinaryOperator; left: Node; right: Node }
  | { kind: 'assign'; target: Node; value: Node }
  | { kind: 'cast'; type: IntegerType; pointer: boolean; operand: Node }
  /** A cast to a type of the program: `(struct node *)p`. */
  | { kind: 'named-cast'; name: string; stars: number; operand: Node }
  /** `[address]`: eight bytes of memory. */
  | { kind: 'memory'; address: Node }
  /** `p[i]`. */
  | { kind: 'index'; base: Node; index: Node }
  /** `[lower, upper]`: a pair of bounds. */
  | { kind: 'bounds'; lower: Node; upper: Node };
