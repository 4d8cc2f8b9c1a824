/** SSE and SSE2 shuffles, unpacks, word insertion and extraction. The immediate may be known only at run time: swizzles by a computed vector. */
import type { Emit } from '../emit/emit.ts';
import type { I32, V128 } from '../emit/value.ts';
import { vectorConstant } from './sse-constants.ts';
import { source128, zero128 } from './sse-move.ts';
import { semantics } from './table.ts';

const XMM_OR_MEMORY = 'x,y x,m';

/** Interleaves lanes of `bytes` bytes from the low (`from` 0) or high (`from` 8) halves. */
function interleave(bytes: number, from: number): number[] {
  const indexes: number[] = [];
  for (let at = from; at < from + 8; at += bytes) {
    for (let i = 0; i < bytes; i++) indexes.push(at + i);
    for (let i = 0; i < bytes; i++) indexes.push(16 + at + i);
  }
  return indexes;
}

const UNPACKS: Readonly<Record<string, readonly number[]>> = {
  punpcklbw: interleave(1, 0),
  punpcklwd: interleave(2, 0),
  punpckldq: interleave(4, 0),
  punpcklqdq: interleave(8, 0),
  punpckhbw: interleave(1, 8),
  punpckhwd: interleave(2, 8),
  punpckhdq: interleave(4, 8),
  punpckhqdq: interleave(8, 8),
};

/** Field `n` of the immediate, `width` bits wide. */
const field = (e: Emit, immediate: I32, n: number, width: number): I32 =>
  e.and(e.shr(immediate, e.i32(n * width)), e.i32((1 << width) - 1));

/** Swizzle indexes that select 32-bit lane `lane`. */
const dwordIndexes = (e: Emit, lane: I32): I32 => e.add(e.mul(lane, e.i32(0x04040404)), e.i32(0x03020100));
/** Swizzle indexes that select 16-bit lane `lane`. */
const wordIndexes = (e: Emit, lane: I32): I32 => e.add(e.mul(lane, e.i32(0x0202)), e.i32(0x0100));
/** An index that selects nothing. */
const NOTHING = 0x80;

function dwordMask(e: Emit, immediate: I32, lanes: readonly number[], start: V128): V128 {
  return lanes.reduce(
    (mask, lane) => e.replace('i32x4', lane, mask, dwordIndexes(e, field(e, immediate, lane, 2))),
    start,
  );
}

export const sseShuffle = semantics((define) => {
  for (const [name, indexes] of Object.entries(UNPACKS))
    define(name, XMM_OR_MEMORY, [16], (e, u) => {
      const b = source128(e, u, u.b);
      e.wr128(u.a, e.shuffle(indexes, e.rd128(u.a), b));
    });

  define('pshufd', 'x,y,i x,m,i', [16], (e, u) => {
    const b = source128(e, u, u.b);
    const immediate = e.let(e.wrap(e.rd(u.c, 1)));
    e.wr128(u.a, e.simd('i8x16.swizzle', b, dwordMask(e, immediate, [0, 1, 2, 3], zero128(e))));
  });

  define('pshuflw pshufhw', 'x,y,i x,m,i', [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const immediate = e.let(e.wrap(e.rd(u.c, 1)));
    const first = op === 'pshufhw' ? 4 : 0;
    let mask = vectorConstant(e, (i) => i);
    for (let i = 0; i < 4; i++) {
      const lane = e.add(field(e, immediate, i, 2), e.i32(first));
      mask = e.replace('i16x8', first + i, mask, wordIndexes(e, lane));
    }
    e.wr128(u.a, e.simd('i8x16.swizzle', b, mask));
  });

  // Every even, or every odd, single twice; the low double twice.
  define('movsldup movshdup', XMM_OR_MEMORY, [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const first = op === 'movshdup' ? 4 : 0;
    const indexes = Array.from({ length: 16 }, (_, i) => 8 * (i >> 3) + first + (i & 3));
    e.wr128(u.a, e.shuffle(indexes, b, b));
  });
  define('movddup', XMM_OR_MEMORY, [8], (e, u) => {
    e.wr128(u.a, e.simd('i64x2.splat', e.zx(e.rd(u.b, 8))));
  });

  // Two lanes of the destination, then two of the source.
  define('shufps', 'x,y,i x,m,i', [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const immediate = e.let(e.wrap(e.rd(u.c, 1)));
    const nothing = vectorConstant(e, () => NOTHING);
    const low = e.simd('i8x16.swizzle', a, dwordMask(e, immediate, [0, 1], nothing));
    const high = e.simd('i8x16.swizzle', b, dwordMask(e, immediate, [2, 3], nothing));
    e.wr128(u.a, e.simd('v128.or', low, high));
  });

  define('shufpd', 'x,y,i x,m,i', [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const immediate = e.let(e.wrap(e.rd(u.c, 1)));
    const half = (v: V128, bit: I32) => e.select(bit, e.extract('i64x2', 1, v), e.extract('i64x2', 0, v));
    const low = e.let(half(a, field(e, immediate, 0, 1)));
    const high = e.let(half(b, field(e, immediate, 1, 1)));
    e.wr128(u.a, e.replace('i64x2', 1, e.replace('i64x2', 0, zero128(e), low), high));
  });

  // The word of a register operand, or two bytes of memory, into lane imm & 7.
  define('pinsrw', 'x,s,i x,m,i', [4], (e, u) => {
    const word = e.wrap(e.rd(u.b, 2));
    const lane = e.let(e.and(e.wrap(e.rd(u.c, 1)), e.i32(7)));
    const chosen = e.simd(
      'i16x8.eq',
      e.simd('i16x8.splat', lane),
      vectorConstant(e, (i) => (i & 1 ? 0 : i >> 1)),
    );
    e.wr128(u.a, e.simd('v128.bitselect', e.simd('i16x8.splat', word), e.rd128(u.a), chosen));
  });

  define('pextrw', 'r,y,i', [4], (e, u) => {
    const lane = e.let(e.and(e.wrap(e.rd(u.c, 1)), e.i32(7)));
    const moved = e.simd('i8x16.swizzle', e.rd128(u.b), e.simd('i16x8.splat', wordIndexes(e, lane)));
    e.wr(u.a, 4, e.let(e.extract('i16x8', 0, moved)));
  });
});
