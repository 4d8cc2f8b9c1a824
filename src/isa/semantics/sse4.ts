/** SSE4.1 and SSE4.2 on integers: blends, extensions, insertions, extractions, tests. What is rare is left to the host. */
import type { Emit } from '../emit/emit.ts';
import type { SimdOp } from '../emit/simd.ts';
import type { I32, V128 } from '../emit/value.ts';
import type { Insn } from '../insn.ts';
import { vectorConstant } from './sse-constants.ts';
import { EVEN_DWORDS } from './sse-integer.ts';
import { scalar, source128 } from './sse-move.ts';
import { semantics } from './table.ts';

const XMM_OR_MEMORY = 'x,y x,m';
const WITH_IMMEDIATE = 'x,y,i x,m,i';

/** A vector of lanes of `bytes` bytes from their numbers. */
function lanesOfNumbers(e: Emit, bytes: number, value: (lane: number) => number): V128 {
  return vectorConstant(e, (i) => (value(Math.floor(i / bytes)) >> (8 * (i % bytes))) & 0xff);
}
const immediateOf = (e: Emit, u: Insn): I32 => e.let(e.wrap(e.rd(u.c, 1)));

/** Lanes whose bit is set in `bits`. */
function chosen(e: Emit, bytes: 2 | 4, bits: I32): V128 {
  const own = lanesOfNumbers(e, bytes, (lane) => 1 << lane);
  const all = bytes === 2 ? e.simd('i16x8.splat', bits) : e.simd('i32x4.splat', bits);
  return e.simd(bytes === 2 ? 'i16x8.eq' : 'i32x4.eq', e.simd('v128.and', all, own), own);
}

/** The lane of four bytes with this number. */
const laneMask = (e: Emit, lane: I32): V128 =>
  e.simd(
    'i32x4.eq',
    e.simd('i32x4.splat', lane),
    lanesOfNumbers(e, 4, (n) => n),
  );

/** Moves lane `lane` of `bytes` bytes to the lowest place; the rest is anything. */
function lowered(e: Emit, v: V128, lane: I32, bytes: number): V128 {
  const indexes = e.simd(
    'i8x16.add',
    vectorConstant(e, (i) => i % bytes),
    e.simd('i8x16.splat', e.mul(lane, e.i32(bytes))),
  );
  return e.simd('i8x16.swizzle', v, indexes);
}

/** Source bytes and how they become lanes of twice the width; longer steps are made of these. */
const EXTENSIONS: Readonly<Record<string, readonly [bytes: 2 | 4 | 8, steps: readonly SimdOp[]]>> = {
  pmovsxbw: [8, ['i16x8.extend_low_i8x16_s']],
  pmovsxbd: [4, ['i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s']],
  pmovsxbq: [2, ['i16x8.extend_low_i8x16_s', 'i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s']],
  pmovsxwd: [8, ['i32x4.extend_low_i16x8_s']],
  pmovsxwq: [4, ['i32x4.extend_low_i16x8_s', 'i64x2.extend_low_i32x4_s']],
  pmovsxdq: [8, ['i64x2.extend_low_i32x4_s']],
  pmovzxbw: [8, ['i16x8.extend_low_i8x16_u']],
  pmovzxbd: [4, ['i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u']],
  pmovzxbq: [2, ['i16x8.extend_low_i8x16_u', 'i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u']],
  pmovzxwd: [8, ['i32x4.extend_low_i16x8_u']],
  pmovzxwq: [4, ['i32x4.extend_low_i16x8_u', 'i64x2.extend_low_i32x4_u']],
  pmovzxdq: [8, ['i64x2.extend_low_i32x4_u']],
};

/** Destination bytes where the mask's sign bits are clear, source bytes where they are set. */
function blend(e: Emit, u: Insn, mask: V128): void {
  const b = source128(e, u, u.b);
  e.wr128(u.a, e.simd('v128.bitselect', b, e.rd128(u.a), mask));
}
const SIGNS = {
  pblendvb: ['i8x16.shr_s', 7],
  blendvps: ['i32x4.shr_s', 31],
  blendvpd: ['i64x2.shr_s', 63],
} as const;

const XMM0 = { kind: 'xmm', number: 0 } as const;
const ZF = 0x40;
const CF = 1;

export const sse4 = semantics((define) => {
  for (const [name, [bytes, steps]] of Object.entries(EXTENSIONS))
    define(name, XMM_OR_MEMORY, [16], (e, u) => {
      const low = u.b?.kind === 'mem' ? scalar(e, bytes === 2 ? 4 : bytes, e.rd(u.b, bytes)) : e.rd128(u.b);
      e.wr128(
        u.a,
        steps.reduce((v, step) => e.simd(step, v) as V128, low),
      );
    });

  define('pmuldq', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    e.wr128(u.a, e.simd('i64x2.extmul_low_i32x4_s', e.shuffle(EVEN_DWORDS, a, a), e.shuffle(EVEN_DWORDS, b, b)));
  });

  // The least word and its place: both in one 32-bit number, so that the first of equals is the least.
  define('phminposuw', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const numbered = (op: 'i32x4.extend_low_i16x8_u' | 'i32x4.extend_high_i16x8_u', first: number) =>
      e.simd(
        'v128.or',
        e.simd('i32x4.shl', e.simd(op, b), e.i32(3)),
        lanesOfNumbers(e, 4, (n) => n + first),
      );
    const four = e.let(
      e.simd('i32x4.min_u', numbered('i32x4.extend_low_i16x8_u', 0), numbered('i32x4.extend_high_i16x8_u', 4)),
    );
    const two = e.let(e.simd('i32x4.min_u', four, e.shuffle(rotation(8), four, four)));
    const least = e.let(e.extract('i32x4', 0, e.simd('i32x4.min_u', two, e.shuffle(rotation(4), two, two))));
    const result = e.or(e.shr(least, e.i32(3)), e.shl(e.and(least, e.i32(7)), e.i32(16)));
    e.wr128(u.a, scalar(e, 4, result));
  });

  define('ptest', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const none = (v: V128, flag: number) => e.select(e.simd('v128.any_true', v), e.i32(0), e.i32(flag));
    e.setFlagsWord(e.or(none(e.simd('v128.and', a, b), ZF), none(e.simd('v128.andnot', b, a), CF)));
  });

  // ---- blends

  define('pblendw', WITH_IMMEDIATE, [16], (e, u) => blend(e, u, chosen(e, 2, immediateOf(e, u))));
  define('blendps', WITH_IMMEDIATE, [16], (e, u) => blend(e, u, chosen(e, 4, immediateOf(e, u))));
  define('blendpd', WITH_IMMEDIATE, [16], (e, u) => {
    const mask = e.let(chosen(e, 4, immediateOf(e, u)));
    blend(e, u, e.shuffle([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7], mask, mask));
  });
  define('pblendvb blendvps blendvpd', XMM_OR_MEMORY, [16], (e, u, op) => {
    const [shift, bits] = SIGNS[op as keyof typeof SIGNS];
    blend(e, u, e.let(e.simd(shift, e.rd128(XMM0), e.i32(bits))));
  });

  // ---- insertions and extractions

  define('pinsrb', 'x,s,i x,m,i', [16], (e, u) => {
    const value = e.wrap(e.rd(u.b, 1));
    const lane = e.and(immediateOf(e, u), e.i32(15));
    const mask = e.simd(
      'i8x16.eq',
      e.simd('i8x16.splat', lane),
      vectorConstant(e, (i) => i),
    );
    e.wr128(u.a, e.simd('v128.bitselect', e.simd('i8x16.splat', value), e.rd128(u.a), mask));
  });
  define('pinsrd', 'x,s,i x,m,i', [16], (e, u) => {
    const value = e.wrap(e.rd(u.b, 4));
    const mask = laneMask(e, e.and(immediateOf(e, u), e.i32(3)));
    e.wr128(u.a, e.simd('v128.bitselect', e.simd('i32x4.splat', value), e.rd128(u.a), mask));
  });
  define('pinsrq', 'x,s,i x,m,i', [16], (e, u) => {
    const value = e.zx(e.rd(u.b, 8));
    const high = e.and(immediateOf(e, u), e.i32(1));
    const a = e.let(e.rd128(u.a));
    e.wr128(u.a, e.select(high, e.replace('i64x2', 1, a, value), e.replace('i64x2', 0, a, value)));
  });
  define('pextrb', 'r,y,i', [4], (e, u) => {
    const moved = lowered(e, e.rd128(u.b), e.and(immediateOf(e, u), e.i32(15)), 1);
    e.wr(u.a, 4, e.let(e.extract('i8x16', 0, moved)));
  });
  define('pextrb', 'm,y,i', [1], (e, u) => {
    const moved = lowered(e, e.rd128(u.b), e.and(immediateOf(e, u), e.i32(15)), 1);
    e.wr(u.a, 1, e.let(e.extract('i8x16', 0, moved)));
  });
  define('pextrw', 'm,y,i', [2], (e, u) => {
    const moved = lowered(e, e.rd128(u.b), e.and(immediateOf(e, u), e.i32(7)), 2);
    e.wr(u.a, 2, e.let(e.extract('i16x8', 0, moved)));
  });
  define('pextrd extractps', 'r,y,i m,y,i', [4], (e, u) => {
    const moved = lowered(e, e.rd128(u.b), e.and(immediateOf(e, u), e.i32(3)), 4);
    e.wr(u.a, 4, e.let(e.extract('i32x4', 0, moved)));
  });
  define('pextrq', 'r,y,i m,y,i', [8], (e, u) => {
    const high = e.and(immediateOf(e, u), e.i32(1));
    const b = e.rd128(u.b);
    e.wr(u.a, 8, e.let(e.select(high, e.extract('i64x2', 1, b), e.extract('i64x2', 0, b))));
  });

  // Bits 7:6 name the source's lane (memory is one), 5:4 the destination's, 3:0 lanes to be cleared.
  define('insertps', WITH_IMMEDIATE, [16], (e, u) => {
    const field = (immediate: I32, shift: number) => e.and(e.shr(immediate, e.i32(shift)), e.i32(3));
    const value =
      u.b?.kind === 'mem'
        ? e.wrap(e.rd(u.b, 4))
        : e.let(e.extract('i32x4', 0, lowered(e, e.rd128(u.b), field(immediateOf(e, u), 6), 4)));
    const immediate = immediateOf(e, u);
    const mask = laneMask(e, field(immediate, 4));
    const inserted = e.simd('v128.bitselect', e.simd('i32x4.splat', value), e.rd128(u.a), mask);
    e.wr128(u.a, e.simd('v128.andnot', inserted, chosen(e, 4, immediate)));
  });
});

/** Byte indexes of a vector turned by `bytes`. */
function rotation(bytes: number): number[] {
  return Array.from({ length: 16 }, (_, i) => (i + bytes) & 15);
}
