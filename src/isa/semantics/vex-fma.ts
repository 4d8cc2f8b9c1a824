/** FMA: with the usual MXCSR and numbers in the middle of their range at once, everything else by the host. */
import type { Emit } from '../emit/emit.ts';
import { State } from '../emit/state.ts';
import type { V128 } from '../emit/value.ts';
import type { Insn, Operand, Size } from '../insn.ts';
import { vectorConstant } from './sse-constants.ts';
import { scalar } from './sse-move.ts';
import { semantics } from './table.ts';
import { setWhole } from './vex-legacy.ts';
import { type Whole, whole } from './vex-move.ts';

/** Rounding to nearest, no flushing, the precision exception masked and raised before. */
const MXCSR_RELEVANT = 0xf060;
const MXCSR_USUAL = 0x1020;

/** Which lanes of product and addend change their sign. */
const OPERATIONS: Readonly<Record<string, { product: boolean; addend: 'none' | 'all' | 'even' | 'odd' }>> = {
  madd: { product: false, addend: 'none' },
  msub: { product: false, addend: 'all' },
  nmadd: { product: true, addend: 'none' },
  nmsub: { product: true, addend: 'all' },
  maddsub: { product: false, addend: 'even' },
  msubadd: { product: false, addend: 'odd' },
};

/** `vfmadd132ps`: destination times third operand plus second; 213: second times destination plus third; 231: second times third plus destination. */
export interface FusedShape {
  operation: string;
  order: '132' | '213' | '231';
  /** Bytes of a number. */
  size: 4 | 8;
  packed: boolean;
}

export function fusedShape(op: string): FusedShape {
  const [, operation, order, packed, type] = /^vf(n?m[a-z]+)(132|213|231)(p|s)(s|d)$/.exec(op) ?? [];
  if (!operation) throw new Error(`${op} is no FMA instruction`);
  return { operation, order: order as FusedShape['order'], size: type === 's' ? 4 : 8, packed: packed === 'p' };
}

/** Sign changes of lane `n`. */
export function fusedSigns({ operation }: FusedShape, n: number): { product: 0 | 1; addend: 0 | 1 } {
  const { product, addend } = OPERATIONS[operation];
  const negative = addend === 'all' || (addend === 'even' && n % 2 === 0) || (addend === 'odd' && n % 2 === 1);
  return { product: product ? 1 : 0, addend: negative ? 1 : 0 };
}

function signMask(e: Emit, shape: FusedShape, of: 'product' | 'addend'): V128 {
  const { size } = shape;
  return vectorConstant(e, (i) => (i % size === size - 1 && fusedSigns(shape, Math.floor(i / size))[of] ? 0x80 : 0));
}

/** x · y + z of one half, NaN where the host has to do it. */
function fused(e: Emit, shape: FusedShape, x: V128, y: V128, z: V128): V128 {
  const changed = (v: V128, of: 'product' | 'addend') => e.simd('v128.xor', v, signMask(e, shape, of));
  const name = shape.size === 4 ? 'fusedSingles' : 'fusedDoubles';
  return e.let(e.call(name, 'v128', [changed(x, 'product'), y, changed(z, 'addend')]));
}

function source(e: Emit, u: Insn, o: Operand | undefined, { size, packed }: FusedShape): Whole {
  if (packed) return whole(e, u, o);
  const low = o?.kind === 'mem' ? e.let(scalar(e, size, e.rd(o, size))) : e.vector(e.xmm(o), 0);
  return { low, high: undefined };
}

function isNan(e: Emit, size: 4 | 8, v: V128): V128 {
  return size === 4 ? e.simd('f32x4.ne', v, v) : e.simd('f64x2.ne', v, v);
}

/** The lowest lane. */
const lowLane = (e: Emit, size: 4 | 8): V128 => vectorConstant(e, (i) => (i < size ? 0xff : 0));

function emitFused(e: Emit, u: Insn, op: string): void {
  const shape = fusedShape(op);
  const { size, packed } = shape;
  const third = source(e, u, u.b, shape);
  const second = source(e, u, u.v, shape);
  const first = source(e, u, u.a, shape);
  const [x, y, z] =
    shape.order === '132'
      ? [first, third, second]
      : shape.order === '213'
        ? [second, first, third]
        : [second, third, first];
  const low = fused(e, shape, x.low, y.low, z.low);
  const high = x.high && y.high && z.high ? fused(e, shape, x.high, y.high, z.high) : undefined;
  const lowNans = isNan(e, size, low);
  const nans = high
    ? e.simd('v128.or', lowNans, isNan(e, size, high))
    : packed
      ? lowNans
      : e.simd('v128.and', lowNans, lowLane(e, size));
  const mxcsr = e.and(e.state('i32', 4, State.MXCSR), e.i32(MXCSR_RELEVANT));
  e.if(e.or(e.cmp('ne', mxcsr, e.i32(MXCSR_USUAL)), e.simd('v128.any_true', nans)), () => e.host(u));
  // A scalar keeps what the destination has above.
  setWhole(e, e.xmm(u.a), packed ? low : e.simd('v128.bitselect', low, first.low, lowLane(e, size)), high);
}

const names = (operations: readonly string[], types: readonly string[]): string =>
  operations
    .flatMap((operation) =>
      ['132', '213', '231'].flatMap((order) => types.map((type) => `vf${operation}${order}${type}`)),
    )
    .join(' ');
const SIMPLE = ['madd', 'msub', 'nmadd', 'nmsub'];
const FORMS = 'x,w,y x,w,m';
const MEMORY = { memory: [] } as const;

export const FUSED_NAMES: readonly string[] = [
  ...names(Object.keys(OPERATIONS), ['ps', 'pd']).split(' '),
  ...names(SIMPLE, ['ss', 'sd']).split(' '),
];

export const vexFma = semantics((define) => {
  define(names(Object.keys(OPERATIONS), ['ps', 'pd']), FORMS, [16, 32] as readonly Size[], emitFused, MEMORY);
  define(names(SIMPLE, ['ss']), FORMS, [4], emitFused, MEMORY);
  define(names(SIMPLE, ['sd']), FORMS, [8], emitFused, MEMORY);
});
