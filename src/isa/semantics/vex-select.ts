/** AVX and AVX2 blends, permutations within lanes, tests and sign masks. */
import type { Emit } from '../emit/emit.ts';
import type { I32, V128 } from '../emit/value.ts';
import type { Insn, Size } from '../insn.ts';
import { vectorConstant } from './sse-constants.ts';
import { zero128 } from './sse-move.ts';
import { semantics } from './table.ts';
import { eachHalf, type Whole, whole } from './vex-move.ts';

const MEMORY = { memory: [] } as const;
const BOTH: readonly Size[] = [16, 32];

/** All ones in each lane whose sign bit is set. */
function signs(e: Emit, op: string, mask: V128): V128 {
  if (op === 'vpblendvb') return e.simd('i8x16.gt_s', zero128(e), mask);
  if (op === 'vblendvps') return e.simd('i32x4.gt_s', zero128(e), mask);
  return e.simd('i64x2.shr_s', mask, e.i32(63));
}

/** Swizzle indexes that select, in each lane of `bytes` bytes, the lane whose number stands in its lowest byte. */
function laneIndexes(e: Emit, numbers: V128, bytes: 4 | 8): V128 {
  const scaled = e.simd('i32x4.shl', numbers, e.i32(Math.log2(bytes)));
  const spread = e.simd(
    'i8x16.swizzle',
    scaled,
    vectorConstant(e, (i) => i & -bytes),
  );
  return e.simd(
    'i8x16.add',
    spread,
    vectorConstant(e, (i) => i & (bytes - 1)),
  );
}

/** ZF = no bit of `a & b` in `mask`, CF = no bit of `~a & b`; the others are clear. */
function testFlags(e: Emit, a: Whole, b: Whole, mask: V128 | undefined): void {
  const any = (one: (a: V128, b: V128) => V128): I32 => {
    const halves = [one(a.low, b.low), ...(a.high && b.high ? [one(a.high, b.high)] : [])];
    const all = halves.reduce((x, y) => e.simd('v128.or', x, y));
    return e.simd('v128.any_true', mask ? e.simd('v128.and', all, mask) : all);
  };
  const zero = e.eqz(any((x, y) => e.simd('v128.and', x, y)));
  const carry = e.eqz(any((x, y) => e.simd('v128.andnot', y, x)));
  e.setFlagsWord(e.let(e.or(e.shl(zero, e.i32(6)), carry)));
}

function maskOf(e: Emit, u: Insn, bitmask: 'i8x16.bitmask' | 'i32x4.bitmask' | 'i64x2.bitmask', lanes: number): I32 {
  const { low, high } = whole(e, u, u.b);
  const bits = e.simd(bitmask, low);
  return high ? e.or(bits, e.shl(e.simd(bitmask, high), e.i32(lanes))) : bits;
}

export const vexSelect = semantics((define) => {
  define(
    'vblendvps vblendvpd vpblendvb',
    'x,w,y,z x,w,m,z',
    BOTH,
    (e, u, op) => {
      const b = whole(e, u, u.b);
      eachHalf(e, u, [whole(e, u, u.v), b, whole(e, u, u.c)], ([x, y, mask]) =>
        e.simd('v128.bitselect', y, x, signs(e, op, mask)),
      );
    },
    MEMORY,
  );

  // One bit of the immediate for each dword, from the lowest on.
  define(
    'vpblendd',
    'x,w,y,i x,w,m,i',
    BOTH,
    (e, u) => {
      const b = whole(e, u, u.b);
      const immediate = e.wrap(e.rd(u.c, 1));
      const splat = e.let(e.simd('i32x4.splat', immediate));
      eachHalf(e, u, [whole(e, u, u.v), b], ([x, y], half) => {
        const from = 4 * half;
        const selected = e.simd(
          'v128.and',
          splat,
          vectorConstant(e, (i) => (i % 4 === 0 ? 1 << (from + i / 4) : 0)),
        );
        return e.simd('v128.bitselect', x, y, e.simd('i32x4.eq', selected, zero128(e)));
      });
    },
    MEMORY,
  );

  // By the low two bits of each dword, or bit 1 of each quadword, of the second source.
  define(
    'vpermilps vpermilpd',
    'x,w,y x,w,m',
    BOTH,
    (e, u, op) => {
      const b = whole(e, u, u.b);
      eachHalf(e, u, [whole(e, u, u.v), b], ([x, control]) => {
        const numbers =
          op === 'vpermilps'
            ? e.simd(
                'v128.and',
                control,
                vectorConstant(e, (i) => (i % 4 === 0 ? 3 : 0)),
              )
            : e.simd(
                'v128.and',
                e.simd('i64x2.shr_u', control, e.i32(1)),
                vectorConstant(e, (i) => (i % 8 === 0 ? 1 : 0)),
              );
        return e.simd('i8x16.swizzle', x, laneIndexes(e, numbers, op === 'vpermilps' ? 4 : 8));
      });
    },
    MEMORY,
  );
  define(
    'vpermilpd',
    'x,y,i x,m,i',
    BOTH,
    (e, u) => {
      const b = whole(e, u, u.b);
      const immediate = e.let(e.wrap(e.rd(u.c, 1)));
      eachHalf(e, u, [b], ([x], half) => {
        const lane = (n: number) => e.and(e.shr(immediate, e.i32(2 * half + n)), e.i32(1));
        const numbers = e.replace('i32x4', 2, e.replace('i32x4', 0, zero128(e), lane(0)), lane(1));
        return e.simd('i8x16.swizzle', x, laneIndexes(e, numbers, 8));
      });
    },
    MEMORY,
  );

  define(
    'vptest vtestps vtestpd',
    'x,y x,m',
    BOTH,
    (e, u, op) => {
      const b = whole(e, u, u.b);
      const lane = op === 'vtestps' ? 4 : 8;
      const mask = op === 'vptest' ? undefined : vectorConstant(e, (i) => (i % lane === lane - 1 ? 0x80 : 0));
      testFlags(e, whole(e, u, u.a), b, mask);
    },
    MEMORY,
  );

  define('vpmovmskb', 'r,y', [32], (e, u) => e.wr(u.a, 4, e.let(maskOf(e, u, 'i8x16.bitmask', 16))));
  define('vmovmskps', 'r,y', [32], (e, u) => e.wr(u.a, 4, e.let(maskOf(e, u, 'i32x4.bitmask', 4))));
  define('vmovmskpd', 'r,y', [32], (e, u) => e.wr(u.a, 4, e.let(maskOf(e, u, 'i64x2.bitmask', 2))));
});
