/** Building of expressions: typed constructors that fold constants. They emit nothing. */
import type { Size } from '../insn.ts';
import { pushSigned, pushUnsigned } from './bytes.ts';
import {
  BINARY,
  type BinaryOp,
  COMPARE,
  CONVERT,
  type CompareOp,
  type ConvertOp,
  FLOAT_CONVERT,
  type FloatConvertOp,
  LOAD,
  Op,
  UNARY,
  type UnaryOp,
} from './opcodes.ts';
import {
  EXTRACT_LANE,
  I8X16_SHUFFLE,
  type Lanes,
  REPLACE_LANE,
  SIMD,
  type SimdOp,
  V128_CONST,
  V128_LOAD,
} from './simd.ts';
import { type I32, type I64, type Int, type IntV, type Ty, V, type V128 } from './value.ts';

const FOLD32: Partial<Record<BinaryOp, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: Math.imul,
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  shl: (x, y) => x << y,
  shr: (x, y) => x >>> y,
  sar: (x, y) => x >> y,
};
const FOLD64: Partial<Record<BinaryOp, (x: bigint, y: bigint) => bigint>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  shl: (x, y) => x << (y & 63n),
  shr: (x, y) => BigInt.asUintN(64, x) >> (y & 63n),
  sar: (x, y) => x >> (y & 63n),
};
const NEUTRAL_RIGHT_ZERO = new Set<BinaryOp>(['add', 'sub', 'or', 'xor', 'shl', 'sar', 'shr', 'rotl', 'rotr']);
const NEUTRAL_LEFT_ZERO = new Set<BinaryOp>(['add', 'or', 'xor']);

const width = (ty: Ty): 0 | 1 => (ty === 'i64' ? 1 : 0);

export abstract class Values {
  /** Reads of locals, by index: they are most of what there is. */
  private readonly localReads: V[] = [];

  i32(n: number): I32 {
    const code: number[] = [Op.i32Const];
    pushSigned(code, n | 0);
    return V.constantOf('i32', n | 0, code);
  }

  i64(n: bigint | number): I64 {
    const value = BigInt.asIntN(64, BigInt(n));
    const code: number[] = [Op.i64Const];
    pushSigned(code, value);
    return V.constantOf('i64', value, code);
  }

  v128(bytes: Uint8Array): V128 {
    return V.constantOf('v128', bytes, [Op.simd, V128_CONST, ...bytes]);
  }

  /** An integer constant of type `ty`. */
  k<T extends Int>(ty: T, n: number): V<T> {
    return (ty === 'i64' ? this.i64(n) : this.i32(n)) as V<T>;
  }

  /** The natural type of an operand of `size` bytes. */
  typeOf(size: Size): Int {
    return size === 8 ? 'i64' : 'i32';
  }

  bin<T extends Int>(op: BinaryOp, a: V<T>, b: V<T>): V<T> {
    if (a.ty !== b.ty) throw new TypeError(`${op} of ${a.ty} and ${b.ty}`);
    if (typeof a.constant === 'number' && typeof b.constant === 'number') {
      const fold = FOLD32[op];
      if (fold) return this.i32(fold(a.constant, b.constant)) as V<T>;
    }
    if (typeof a.constant === 'bigint' && typeof b.constant === 'bigint') {
      const fold = FOLD64[op];
      if (fold) return this.i64(fold(a.constant, b.constant)) as V<T>;
    }
    if (b.is(0) && NEUTRAL_RIGHT_ZERO.has(op)) return a;
    if (a.is(0) && NEUTRAL_LEFT_ZERO.has(op)) return b;
    return V.operation(a.ty, [BINARY[op][width(a.ty)]], [a, b]);
  }

  add<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('add', a, b);
  }
  sub<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('sub', a, b);
  }
  mul<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('mul', a, b);
  }
  and<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('and', a, b);
  }
  or<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('or', a, b);
  }
  xor<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('xor', a, b);
  }
  shl<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('shl', a, b);
  }
  /** Logical shift right. */
  shr<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('shr', a, b);
  }
  /** Arithmetic shift right. */
  sar<T extends Int>(a: V<T>, b: V<T>): V<T> {
    return this.bin('sar', a, b);
  }
  /** Bitwise complement. */
  complement<T extends Int>(a: V<T>): V<T> {
    return this.xor(a, this.k(a.ty, -1));
  }

  un<T extends Int>(op: UnaryOp, a: V<T>): V<T> {
    return V.operation(a.ty, [UNARY[op][width(a.ty)]], [a]);
  }

  cmp<T extends Int>(op: CompareOp, a: V<T>, b: V<T>): I32 {
    if (a.ty !== b.ty) throw new TypeError(`${op} of ${a.ty} and ${b.ty}`);
    if (op === 'eq' && b.is(0)) return this.eqz(a);
    return V.operation('i32', [COMPARE[op][width(a.ty)]], [a, b]);
  }

  eqz<T extends Int>(a: V<T>): I32 {
    if (a.isConstant) return this.i32(a.is(0) ? 1 : 0);
    return V.operation('i32', [a.ty === 'i64' ? 0x50 : 0x45], [a]);
  }

  convert(op: 'i32WrapI64', a: I64): I32;
  convert(op: 'i64ExtendI32S' | 'i64ExtendI32U', a: I32): I64;
  convert(op: 'i32Extend8S' | 'i32Extend16S', a: I32): I32;
  convert(op: 'i64Extend8S' | 'i64Extend16S' | 'i64Extend32S', a: I64): I64;
  convert(op: ConvertOp, a: IntV): IntV {
    const [code, from, to] = CONVERT[op];
    if (a.ty !== from) throw new TypeError(`${op} of ${a.ty}`);
    return V.operation(to, [code], [a]);
  }

  /** A conversion to or from a floating-point number's bits. */
  convertFloat<O extends FloatConvertOp>(op: O, a: IntV): V<(typeof FLOAT_CONVERT)[O][2]> {
    const [code, from, to] = FLOAT_CONVERT[op];
    if (a.ty !== from) throw new TypeError(`${op} of ${a.ty}`);
    return V.operation(to, code, [a]) as V<(typeof FLOAT_CONVERT)[O][2]>;
  }

  /** The low 32 bits. */
  wrap(a: IntV): I32 {
    if (a.ty === 'i32') return a as I32;
    if (typeof a.constant === 'bigint') return this.i32(Number(BigInt.asIntN(32, a.constant)));
    const extended = a.code[0] === CONVERT.i64ExtendI32S[0] || a.code[0] === CONVERT.i64ExtendI32U[0];
    if (extended && a.args.length === 1) return a.args[0] as I32;
    return this.convert('i32WrapI64', a as I64);
  }

  /** Zero-extends to 64 bits. */
  zx(a: IntV): I64 {
    if (a.ty === 'i64') return a as I64;
    if (typeof a.constant === 'number') return this.i64(BigInt(a.constant >>> 0));
    return this.convert('i64ExtendI32U', a as I32);
  }

  /** Brings a 64-bit or 32-bit value to the natural type of `size` (upper bits are not cleared). */
  natural(size: Size, a: IntV): IntV {
    return size === 8 ? this.zx(a) : this.wrap(a);
  }

  /** Clears the bits above `size` bytes of a natural value. */
  trunc(size: Size, a: IntV): IntV {
    if (size === 1) return this.and(a, this.k(a.ty, 0xff));
    if (size === 2) return this.and(a, this.k(a.ty, 0xffff));
    return a;
  }

  /** Sign-extends a natural value of `size` bytes within its type. */
  sx(size: Size, a: IntV): IntV {
    if (size === 1) return this.convert('i32Extend8S', a as I32);
    if (size === 2) return this.convert('i32Extend16S', a as I32);
    return a;
  }

  /** Sign-extends a natural value of `size` bytes to 64 bits. */
  sx64(size: Size, a: IntV): I64 {
    if (size === 8) return a as I64;
    if (size === 4) return this.convert('i64ExtendI32S', a as I32);
    return this.convert(size === 2 ? 'i64Extend16S' : 'i64Extend8S', this.zx(a));
  }

  /** `c` ≠ 0 ? `a` : `b`; both are evaluated. */
  select<T extends Ty>(c: I32, a: V<T>, b: V<T>): V<T> {
    if (c.isConstant) return c.is(0) ? b : a;
    const code = a.ty === 'v128' ? [Op.selectTyped, 1, 0x7b] : [Op.select];
    return V.operation(a.ty, code, [a, b, c]);
  }

  /** Integer load from linear memory; narrow loads zero-extend. The address is unsigned 32-bit plus `offset`. */
  load<T extends Int>(ty: T, bytes: 1 | 2 | 4 | 8, address: I32, offset = 0): V<T> {
    const folded = typeof address.constant === 'number';
    const code: number[] = [LOAD[ty][bytes], 0];
    pushUnsigned(code, folded ? 0 : offset);
    return V.operation(ty, code, [folded ? this.i32((address.constant as number) + offset) : address]);
  }

  load128(address: I32, offset = 0): V128 {
    const code: number[] = [Op.simd, V128_LOAD, 0];
    pushUnsigned(code, offset);
    return V.operation('v128', code, [address]);
  }

  /** A SIMD operation by its WebAssembly name, e.g. `simd('i32x4.add', a, b)`. */
  simd<O extends SimdOp>(op: O, ...args: V[]): V<(typeof SIMD)[O][2]> {
    const [number, operands, result] = SIMD[op];
    if (args.length !== operands.length || args.some((arg, i) => arg.ty !== operands[i]))
      throw new TypeError(`${op} of ${args.map((arg) => arg.ty).join(', ')}`);
    const code: number[] = [Op.simd];
    pushUnsigned(code, number);
    return V.operation(result, code, args) as V<(typeof SIMD)[O][2]>;
  }

  /** Lane `lane` of `a`, zero-extended. */
  extract<L extends Lanes>(lanes: L, lane: number, a: V128): V<(typeof EXTRACT_LANE)[L][1]> {
    const [number, ty] = EXTRACT_LANE[lanes];
    return V.operation(ty, [Op.simd, number, lane], [a]) as V<(typeof EXTRACT_LANE)[L][1]>;
  }

  replace(lanes: Lanes, lane: number, a: V128, value: IntV): V128 {
    return V.operation('v128', [Op.simd, REPLACE_LANE[lanes], lane], [a, value]);
  }

  /** Bytes picked from the concatenation of `a` (0–15) and `b` (16–31). */
  shuffle(bytes: readonly number[], a: V128, b: V128): V128 {
    return V.operation('v128', [Op.simd, I8X16_SHUFFLE, ...bytes], [a, b]);
  }

  /** A value held in local `index`. */
  protected localValue<T extends Ty>(ty: T, index: number): V<T> {
    const known = this.localReads[index];
    if (known) return known as V<T>;
    const code: number[] = [Op.localGet];
    pushUnsigned(code, index);
    const read = V.localOf(ty, index, code);
    this.localReads[index] = read;
    return read;
  }
}
