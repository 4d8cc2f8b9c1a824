/** SSSE3: horizontal sums, signs, absolute values, byte shuffles. Memory sources must be aligned. */
import type { Emit } from '../emit/emit.ts';
import type { SimdOp } from '../emit/simd.ts';
import type { V128 } from '../emit/value.ts';
import { vectorConstant } from './sse-constants.ts';
import { source128, zero128 } from './sse-move.ts';
import { semantics } from './table.ts';

const XMM_OR_MEMORY = 'x,y x,m';

/** Every second lane of `bytes` bytes of the concatenation of two vectors, from lane `first` (0 or 1) on. */
export function everySecond(bytes: number, first: 0 | 1): number[] {
  return Array.from({ length: 16 }, (_, i) => 2 * bytes * Math.floor(i / bytes) + bytes * first + (i % bytes));
}

/** Lane width in bytes and the operation on neighbours (lower lane first). */
const HORIZONTAL: Readonly<Record<string, readonly [bytes: number, op: SimdOp]>> = {
  phaddw: [2, 'i16x8.add'],
  phaddd: [4, 'i32x4.add'],
  phaddsw: [2, 'i16x8.add_sat_s'],
  phsubw: [2, 'i16x8.sub'],
  phsubd: [4, 'i32x4.sub'],
  phsubsw: [2, 'i16x8.sub_sat_s'],
};

const LANES = { b: 'i8x16', w: 'i16x8', d: 'i32x4' } as const;
const lanesOf = (op: string): 'i8x16' | 'i16x8' | 'i32x4' => LANES[op.at(-1) as 'b' | 'w' | 'd'];

/** The upper 16 bytes of `high`:`low` shifted right by a number of bytes. */
function aligned(e: Emit, high: V128, low: V128, bytes: V128): V128 {
  const indexes = e.let(
    e.simd(
      'i8x16.add',
      vectorConstant(e, (i) => i),
      bytes,
    ),
  );
  const upper = e.simd(
    'i8x16.sub',
    indexes,
    vectorConstant(e, () => 16),
  );
  return e.simd('v128.or', e.simd('i8x16.swizzle', low, indexes), e.simd('i8x16.swizzle', high, upper));
}

export const ssse3 = semantics((define) => {
  for (const [name, [bytes, op]] of Object.entries(HORIZONTAL))
    define(name, XMM_OR_MEMORY, [16], (e, u) => {
      const b = source128(e, u, u.b);
      const a = e.let(e.rd128(u.a));
      e.wr128(u.a, e.simd(op, e.shuffle(everySecond(bytes, 0), a, b), e.shuffle(everySecond(bytes, 1), a, b)) as V128);
    });

  define('pabsb pabsw pabsd', XMM_OR_MEMORY, [16], (e, u, op) => {
    e.wr128(u.a, e.simd(`${lanesOf(op)}.abs`, source128(e, u, u.b)));
  });

  // Negated where the source is negative, zero where it is zero.
  define('psignb psignw psignd', XMM_OR_MEMORY, [16], (e, u, op) => {
    const lanes = lanesOf(op);
    const b = source128(e, u, u.b);
    const zero = zero128(e);
    const negative = e.let(e.simd(`${lanes}.gt_s`, zero, b));
    const signed = e.simd(`${lanes}.sub`, e.simd('v128.xor', e.rd128(u.a), negative), negative);
    e.wr128(u.a, e.simd('v128.andnot', signed, e.simd(`${lanes}.eq`, b, zero)));
  });

  // Bit 7 of an index gives zero; otherwise its low four bits count.
  define('pshufb', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const indexes = e.simd(
      'v128.and',
      b,
      vectorConstant(e, () => 0x8f),
    );
    e.wr128(u.a, e.simd('i8x16.swizzle', e.rd128(u.a), indexes));
  });

  // (a · b + 2^14) ≫ 15; only −1 · −1 does not fit, and wraps.
  define('pmulhrsw', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const least = vectorConstant(e, (i) => (i & 1 ? 0x80 : 0));
    const both = e.simd('v128.and', e.simd('i16x8.eq', a, least), e.simd('i16x8.eq', b, least));
    e.wr128(u.a, e.simd('v128.xor', e.simd('i16x8.q15mulr_sat_s', a, b), both));
  });

  // Unsigned bytes of the destination by signed bytes of the source; sums of neighbours saturate.
  define('pmaddubsw', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const low = e.let(
      e.simd('i16x8.mul', e.simd('i16x8.extend_low_i8x16_u', a), e.simd('i16x8.extend_low_i8x16_s', b)),
    );
    const high = e.let(
      e.simd('i16x8.mul', e.simd('i16x8.extend_high_i8x16_u', a), e.simd('i16x8.extend_high_i8x16_s', b)),
    );
    const even = e.shuffle(everySecond(2, 0), low, high);
    e.wr128(u.a, e.simd('i16x8.add_sat_s', even, e.shuffle(everySecond(2, 1), low, high)));
  });

  define('palignr', 'x,y,i x,m,i', [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const wanted = e.let(e.wrap(e.rd(u.c, 1)));
    const bytes = e.select(e.cmp('ltU', wanted, e.i32(32)), wanted, e.i32(32));
    e.wr128(u.a, aligned(e, a, b, e.simd('i8x16.splat', bytes)));
  });
});
