/**
 * What of SSE arithmetic is ordinary: rounding to nearest, results exact or known to be inexact (PE set and masked), numbers that are normal or zero.
 * Then one WebAssembly operation is exact in value and flags; everything else is the host's (src/machine/host/sse-float.ts).
 */
import type { Emit } from '../emit/emit.ts';
import type { SimdOp } from '../emit/simd.ts';
import { State } from '../emit/state.ts';
import type { I32, V128 } from '../emit/value.ts';
import { splat32, splat64 } from './sse-constants.ts';

/** Single (4) or double (8) precision. */
export type Precision = 4 | 8;

export const simd = (e: Emit, p: Precision, op: string, ...args: V128[]): V128 =>
  e.simd(`${p === 4 ? 'f32x4' : 'f64x2'}.${op}` as SimdOp, ...args) as V128;
const splat = (e: Emit, p: Precision, single: number, double: bigint): V128 =>
  p === 4 ? splat32(e, single) : splat64(e, double);

const leastNormal = (e: Emit, p: Precision): V128 => splat(e, p, 0x00800000, 0x0010000000000000n);
const infinity = (e: Emit, p: Precision): V128 => splat(e, p, 0x7f800000, 0x7ff0000000000000n);

/** RC, PM and PE of MXCSR; DAZ and FTZ do not matter where denormals are the host's. */
const RELEVANT = 0x7020;
const USUAL = 0x1020;
const ROUNDING = 0x6000;

/** 1 if an inexact result rounded to nearest would be news, or be rounded otherwise. */
export function isUnusual(e: Emit): I32 {
  return e.cmp('ne', e.and(e.state('i32', 4, State.MXCSR), e.i32(RELEVANT)), e.i32(USUAL));
}

/** Does `otherwise` if an inexact result would be news, unless it is exact: `inexact` gives the lanes that are not. */
export function demandExact(e: Emit, packed: boolean, inexact: () => V128, otherwise: () => void): void {
  e.if(isUnusual(e), () => {
    const rounding = e.and(e.state('i32', 4, State.MXCSR), e.i32(ROUNDING));
    e.if(e.or(rounding, any(e, packed, inexact())), otherwise);
  });
}

/** Lanes that are denormal (or the least normal number). One less, as integers, a zero is a NaN and compares with nothing. */
export function denormal(e: Emit, p: Precision, v: V128): V128 {
  const lanes = p === 4 ? 'i32x4' : 'i64x2';
  const less = e.simd(`${lanes}.sub`, simd(e, p, 'abs', v), splat(e, p, 1, 1n));
  return simd(e, p, 'lt', less, leastNormal(e, p));
}

export const isNan = (e: Emit, p: Precision, v: V128): V128 => simd(e, p, 'ne', v, v);

/** Lanes that are zero. */
export const isZero = (e: Emit, p: Precision, v: V128): V128 => simd(e, p, 'eq', v, e.v128(new Uint8Array(16)));

/** Lanes that are not finite numbers above the least normal one. */
function extraordinary(e: Emit, p: Precision, v: V128): V128 {
  const size = e.let(simd(e, p, 'abs', v));
  const inside = e.simd('v128.and', simd(e, p, 'lt', leastNormal(e, p), size), simd(e, p, 'lt', size, infinity(e, p)));
  return e.simd('v128.not', inside);
}

export const or = (e: Emit, first: V128, ...masks: V128[]): V128 =>
  masks.reduce((a, b) => e.simd('v128.or', a, b), first);

/** 1 if a lane that counts is set. */
export function any(e: Emit, packed: boolean, mask: V128): I32 {
  return packed ? e.simd('v128.any_true', mask) : e.extract('i32x4', 0, mask);
}

/** A result that is ordinary, of operands that are. `exactZero`: lanes where a zero result is exact; `inexact`: lanes where another is not. */
export interface Outcome {
  p: Precision;
  packed: boolean;
  operands: readonly V128[];
  result: V128;
  exactZero: () => V128;
  inexact: () => V128;
}

/** Does `otherwise` unless the outcome and MXCSR are ordinary. */
export function demandOrdinary(
  e: Emit,
  { p, packed, operands, result, exactZero, inexact }: Outcome,
  otherwise: () => void,
): void {
  const [first = e.v128(new Uint8Array(16)), ...rest] = operands.map((v) => denormal(e, p, v));
  const denormals = e.let(or(e, first, ...rest));
  const strange = e.let(extraordinary(e, p, result));
  e.if(any(e, packed, e.simd('v128.or', denormals, strange)), () => {
    const excused = e.simd('v128.and', isZero(e, p, result), exactZero());
    e.if(any(e, packed, e.simd('v128.or', denormals, e.simd('v128.andnot', strange, excused))), otherwise);
  });
  demandExact(e, packed, inexact, otherwise);
}
