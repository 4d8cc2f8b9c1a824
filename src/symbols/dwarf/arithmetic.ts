import { signed64 } from '../../base/address.ts';

/** A base type, as far as arithmetic cares; size in bytes. */
export interface OperandType {
  size: number;
  signed: boolean;
  float: boolean;
}

/** A value on the stack of an expression; without a type it is an address. */
export interface Operand {
  value: bigint;
  type?: OperandType;
}

/** Whether DW_OP `op` combines two values. */
export function isBinary(op: number): boolean {
  return (op >= 0x1a && op <= 0x1e) || op === 0x21 || op === 0x22 || (op >= 0x24 && op <= 0x27) || isComparison(op);
}

function isComparison(op: number): boolean {
  return op >= 0x29 && op <= 0x2e;
}

/** The result of DW_OP `op` (DWARF 5, 2.5.1.4); undefined for floating-point numbers and division by zero. */
export function binary(op: number, left: Operand, right: Operand): Operand | undefined {
  const { type } = left;
  if (type?.float || right.type?.float) return undefined;
  // Untyped values are signed for division and comparison.
  const a = type ? left.value : signed64(left.value);
  const b = right.type ? right.value : signed64(right.value);
  if (isComparison(op)) return { value: compare(op, a, b) ? 1n : 0n };
  const unsigned = (value: bigint) => BigInt.asUintN((type?.size ?? 8) * 8, value);
  const value = combine(op, a, b, unsigned, type !== undefined);
  return value === undefined ? undefined : { value, type };
}

function compare(op: number, a: bigint, b: bigint): boolean {
  switch (op) {
    case 0x29: // eq
      return a === b;
    case 0x2a: // ge
      return a >= b;
    case 0x2b: // gt
      return a > b;
    case 0x2c: // le
      return a <= b;
    case 0x2d: // lt
      return a < b;
    default: // ne
      return a !== b;
  }
}

function combine(
  op: number,
  a: bigint,
  b: bigint,
  unsigned: (value: bigint) => bigint,
  typed: boolean,
): bigint | undefined {
  // Shifting by more than there are bits leaves nothing, whatever the amount.
  const shift = unsigned(b) > 128n ? 128n : unsigned(b);
  switch (op) {
    case 0x1a: // and
      return a & b;
    case 0x1b: // div
      return b === 0n ? undefined : a / b;
    case 0x1c: // minus
      return a - b;
    case 0x1d: // mod: of addresses unsigned
      if (b === 0n) return undefined;
      return typed ? a % b : unsigned(a) % unsigned(b);
    case 0x1e: // mul
      return a * b;
    case 0x21: // or
      return a | b;
    case 0x22: // plus
      return a + b;
    case 0x24: // shl
      return a << shift;
    case 0x25: // shr
      return unsigned(a) >> shift;
    case 0x26: // shra
      return a >> shift;
    default: // xor
      return a ^ b;
  }
}
