/** The tree of a parsed expression, as the grammar (grammar.peggy) makes it. */

export type UnaryOperator = '-' | '+' | '~' | '!' | '*' | '&';
export type ArithmeticOperator = '*' | '/' | '%' | '+' | '-' | '<<' | '>>' | '&' | '^' | '|';
export type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | '&&' | '||';

/** A type as it is written: `unsigned long`, `struct node **`, `int (*)[4]`. */
export interface TypeName {
  /** Words of the type itself, one blank between them. */
  name: string;
  /** It cannot be the name of anything else. */
  certain: boolean;
  stars: number;
  /** Stars in parentheses, before the dimensions. */
  group: number;
  dimensions: number[];
}

export type Node =
  | { kind: 'number'; text: string; suffix: string }
  | { kind: 'float'; value: number; size: 4 | 8 | 16 }
  | { kind: 'character'; value: number }
  /** `unit`: bytes of a character. */
  | { kind: 'string'; text: string; unit: number }
  | { kind: 'name'; name: string; register: boolean }
  /** `s.m` and `p->m`. */
  | { kind: 'member'; object: Node; member: string }
  | { kind: 'unary'; operator: UnaryOperator; operand: Node }
  | { kind: 'binary'; operator: BinaryOperator; left: Node; right: Node }
  | { kind: 'conditional'; test: Node; yes: Node; no: Node }
  | { kind: 'assign'; operator: '=' | `${ArithmeticOperator}=`; target: Node; value: Node }
  | { kind: 'cast'; type: TypeName; operand: Node }
  | { kind: 'sizeof-type'; type: TypeName }
  | { kind: 'sizeof'; operand: Node }
  /** `[address]`: eight bytes of memory. */
  | { kind: 'memory'; address: Node }
  /** `p[i]`. */
  | { kind: 'index'; base: Node; index: Node }
  /** `f(…)`, which is understood in order to be refused. */
  | { kind: 'call'; base: Node }
  /** `[lower, upper]`: a pair of bounds. */
  | { kind: 'bounds'; lower: Node; upper: Node };
