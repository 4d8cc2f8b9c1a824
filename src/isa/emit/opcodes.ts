/** WebAssembly opcodes by name (WebAssembly Core Specification, chapter 5.4). */
import type { Ty } from './value.ts';

export const VALUE_TYPE: Record<Ty, number> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

export const Op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i64Const: 0x42,
  simd: 0xfd,
  void: 0x40,
  memoryCopy: [0xfc, 10, 0, 0],
  memoryFill: [0xfc, 11, 0],
} as const;

/** Binary integer operations: [i32, i64]. */
export const BINARY = {
  add: [0x6a, 0x7c],
  sub: [0x6b, 0x7d],
  mul: [0x6c, 0x7e],
  divS: [0x6d, 0x7f],
  divU: [0x6e, 0x80],
  remS: [0x6f, 0x81],
  remU: [0x70, 0x82],
  and: [0x71, 0x83],
  or: [0x72, 0x84],
  xor: [0x73, 0x85],
  shl: [0x74, 0x86],
  sar: [0x75, 0x87],
  shr: [0x76, 0x88],
  rotl: [0x77, 0x89],
  rotr: [0x78, 0x8a],
} as const;
export type BinaryOp = keyof typeof BINARY;

/** Integer comparisons: [i32, i64]; the result is an i32. */
export const COMPARE = {
  eq: [0x46, 0x51],
  ne: [0x47, 0x52],
  ltS: [0x48, 0x53],
  ltU: [0x49, 0x54],
  gtS: [0x4a, 0x55],
  gtU: [0x4b, 0x56],
  leS: [0x4c, 0x57],
  leU: [0x4d, 0x58],
  geS: [0x4e, 0x59],
  geU: [0x4f, 0x5a],
} as const;
export type CompareOp = keyof typeof COMPARE;

/** Unary operations that keep the type: [i32, i64]. */
export const UNARY = { clz: [0x67, 0x79], ctz: [0x68, 0x7a], popcnt: [0x69, 0x7b] } as const;
export type UnaryOp = keyof typeof UNARY;

/** Conversions between types: [code, operand type, result type]. `f64`/`f32` values live only inside one operation chain. */
export const CONVERT = {
  i32WrapI64: [0xa7, 'i64', 'i32'],
  i64ExtendI32S: [0xac, 'i32', 'i64'],
  i64ExtendI32U: [0xad, 'i32', 'i64'],
  i32Extend8S: [0xc0, 'i32', 'i32'],
  i32Extend16S: [0xc1, 'i32', 'i32'],
  i64Extend8S: [0xc2, 'i64', 'i64'],
  i64Extend16S: [0xc3, 'i64', 'i64'],
  i64Extend32S: [0xc4, 'i64', 'i64'],
} as const satisfies Record<string, readonly [number, Ty, Ty]>;
/**
 * Conversions between integers and floating-point numbers held as their bits: [code, operand type, result type]. `Nearest` rounds to even
 * first. Out of range saturates, NaN gives 0: the caller corrects that.
 */
export const FLOAT_CONVERT = {
  f32FromI32: [[0xb2, 0xbc], 'i32', 'i32'],
  f32FromI64: [[0xb4, 0xbc], 'i64', 'i32'],
  f64FromI32: [[0xb7, 0xbd], 'i32', 'i64'],
  f64FromI64: [[0xb9, 0xbd], 'i64', 'i64'],
  i64FromF32: [[0xbe, 0xfc, 4], 'i32', 'i64'],
  i64FromF64: [[0xbf, 0xfc, 6], 'i64', 'i64'],
  i64FromF32Nearest: [[0xbe, 0x90, 0xfc, 4], 'i32', 'i64'],
  i64FromF64Nearest: [[0xbf, 0x9e, 0xfc, 6], 'i64', 'i64'],
} as const satisfies Record<string, readonly [readonly number[], Ty, Ty]>;
export type FloatConvertOp = keyof typeof FLOAT_CONVERT;
export type ConvertOp = keyof typeof CONVERT;

/** Integer loads: bytes → opcode; narrow ones zero-extend. */
export const LOAD = {
  i32: { 1: 0x2d, 2: 0x2f, 4: 0x28, 8: -1 },
  i64: { 1: 0x31, 2: 0x33, 4: 0x35, 8: 0x29 },
} as const;
export const STORE = {
  i32: { 1: 0x3a, 2: 0x3b, 4: 0x36, 8: -1 },
  i64: { 1: 0x3c, 2: 0x3d, 4: 0x3e, 8: 0x37 },
} as const;
