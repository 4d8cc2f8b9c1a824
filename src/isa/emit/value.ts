/**
 * Expressions of the emitter language: immutable trees that name a WebAssembly computation. A tree is serialised where it is
 * used; nothing is computed when it is built, except constants, which fold. A tree that reads memory or state must be used once,
 * or be pinned with `Emit.let`.
 */

export type Int = 'i32' | 'i64';
export type Ty = Int | 'v128';

/** The value of a constant node: a number for i32, a bigint for i64 (both signed), 16 bytes for v128. */
export type Constant = number | bigint | Uint8Array;

/** A typed expression. `code` follows the code of `args`. */
export class V<T extends Ty = Ty> {
  private constructor(
    readonly ty: T,
    /** What a constant is; undefined for everything else. */
    readonly constant: Constant | undefined,
    /** The local a plain read of a local names; −1 for everything else. */
    readonly local: number,
    readonly code: readonly number[],
    readonly args: readonly V[],
  ) {}

  static constantOf<T extends Ty>(ty: T, value: Constant, code: readonly number[]): V<T> {
    return new V(ty, value, -1, code, []);
  }

  static localOf<T extends Ty>(ty: T, index: number, code: readonly number[]): V<T> {
    return new V(ty, undefined, index, code, []);
  }

  static operation<T extends Ty>(ty: T, code: readonly number[], args: readonly V[]): V<T> {
    return new V(ty, undefined, -1, code, args);
  }

  get isConstant(): boolean {
    return this.constant !== undefined;
  }

  /** True for a constant integer equal to `n`. */
  is(n: number): boolean {
    return this.constant !== undefined && !(this.constant instanceof Uint8Array) && Number(this.constant) === n;
  }
}

export type I32 = V<'i32'>;
export type I64 = V<'i64'>;
export type V128 = V<'v128'>;
/** An integer of the natural type of an operand size: i64 for 8 bytes, otherwise i32, zero-extended. */
export type IntV = V<Int>;
