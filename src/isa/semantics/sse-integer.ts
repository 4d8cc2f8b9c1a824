/** SSE2 integer arithmetic, comparison, logic and shifts on 128 bits. Memory sources must be aligned. */
import type { Emit } from '../emit/emit.ts';
import type { SimdOp } from '../emit/simd.ts';
import type { I64, V128 } from '../emit/value.ts';
import { splat64, vectorConstant } from './sse-constants.ts';
import { source128, zero128 } from './sse-move.ts';
import { semantics } from './table.ts';

const XMM_OR_MEMORY = 'x,y x,m';

/** Instructions that are one WebAssembly operation on (destination, source). */
const DIRECT: Readonly<Record<string, SimdOp>> = {
  pand: 'v128.and',
  por: 'v128.or',
  pxor: 'v128.xor',
  paddb: 'i8x16.add',
  paddw: 'i16x8.add',
  paddd: 'i32x4.add',
  paddq: 'i64x2.add',
  paddsb: 'i8x16.add_sat_s',
  paddsw: 'i16x8.add_sat_s',
  paddusb: 'i8x16.add_sat_u',
  paddusw: 'i16x8.add_sat_u',
  psubb: 'i8x16.sub',
  psubw: 'i16x8.sub',
  psubd: 'i32x4.sub',
  psubq: 'i64x2.sub',
  psubsb: 'i8x16.sub_sat_s',
  psubsw: 'i16x8.sub_sat_s',
  psubusb: 'i8x16.sub_sat_u',
  psubusw: 'i16x8.sub_sat_u',
  pavgb: 'i8x16.avgr_u',
  pavgw: 'i16x8.avgr_u',
  pminub: 'i8x16.min_u',
  pmaxub: 'i8x16.max_u',
  pminsw: 'i16x8.min_s',
  pmaxsw: 'i16x8.max_s',
  pcmpeqb: 'i8x16.eq',
  pcmpeqw: 'i16x8.eq',
  pcmpeqd: 'i32x4.eq',
  pcmpgtb: 'i8x16.gt_s',
  pcmpgtw: 'i16x8.gt_s',
  pcmpgtd: 'i32x4.gt_s',
  pmullw: 'i16x8.mul',
  pmaddwd: 'i32x4.dot_i16x8_s',
  packsswb: 'i8x16.narrow_i16x8_s',
  packuswb: 'i8x16.narrow_i16x8_u',
  packssdw: 'i16x8.narrow_i32x4_s',
  packusdw: 'i16x8.narrow_i32x4_u',
  pminsb: 'i8x16.min_s',
  pmaxsb: 'i8x16.max_s',
  pminuw: 'i16x8.min_u',
  pmaxuw: 'i16x8.max_u',
  pminsd: 'i32x4.min_s',
  pmaxsd: 'i32x4.max_s',
  pminud: 'i32x4.min_u',
  pmaxud: 'i32x4.max_u',
  pmulld: 'i32x4.mul',
  pcmpeqq: 'i64x2.eq',
  pcmpgtq: 'i64x2.gt_s',
};

/** Bytes 2, 3 of each 32-bit product: low products from the first vector, high ones from the second. */
const HIGH_HALVES = [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31];
/** 32-bit lanes 0 and 2 in the low half. */
export const EVEN_DWORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

/** Sums of absolute differences of the unsigned bytes, one 64-bit sum for each half. */
function sumOfDifferences(e: Emit, a: V128, b: V128): V128 {
  const difference = e.simd('v128.or', e.simd('i8x16.sub_sat_u', a, b), e.simd('i8x16.sub_sat_u', b, a));
  const words = e.simd('i16x8.extadd_pairwise_i8x16_u', difference);
  const dwords = e.let(e.simd('i32x4.extadd_pairwise_i16x8_u', words));
  const low = e.simd('v128.and', dwords, splat64(e, 0xffffffffn));
  return e.simd('i64x2.add', low, e.simd('i64x2.shr_u', dwords, e.i32(32)));
}

interface Shift {
  op: SimdOp;
  bits: number;
  /** Counts beyond the lane give the sign instead of zero. */
  arithmetic: boolean;
}

const SHIFTS: Readonly<Record<string, Shift>> = {
  psllw: { op: 'i16x8.shl', bits: 16, arithmetic: false },
  pslld: { op: 'i32x4.shl', bits: 32, arithmetic: false },
  psllq: { op: 'i64x2.shl', bits: 64, arithmetic: false },
  psrlw: { op: 'i16x8.shr_u', bits: 16, arithmetic: false },
  psrld: { op: 'i32x4.shr_u', bits: 32, arithmetic: false },
  psrlq: { op: 'i64x2.shr_u', bits: 64, arithmetic: false },
  psraw: { op: 'i16x8.shr_s', bits: 16, arithmetic: true },
  psrad: { op: 'i32x4.shr_s', bits: 32, arithmetic: true },
};

/** All lanes by the same 64-bit count. */
function shifted(e: Emit, { op, bits, arithmetic }: Shift, v: V128, count: I64): V128 {
  const inside = e.let(e.cmp('ltU', count, e.i64(bits)));
  const amount = e.let(e.select(inside, e.wrap(count), e.i32(bits - 1)));
  const result = e.simd(op, v, amount) as V128;
  return arithmetic ? result : e.select(inside, result, zero128(e));
}

export const sseInteger = semantics((define) => {
  for (const [name, op] of Object.entries(DIRECT))
    define(name, XMM_OR_MEMORY, [16], (e, u) => {
      const b = source128(e, u, u.b);
      e.wr128(u.a, e.simd(op, e.rd128(u.a), b) as V128);
    });

  define('pandn', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    e.wr128(u.a, e.simd('v128.andnot', b, e.rd128(u.a)));
  });

  define('pmulhw pmulhuw', XMM_OR_MEMORY, [16], (e, u, op) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    const [low, high]: [SimdOp, SimdOp] =
      op === 'pmulhw'
        ? ['i32x4.extmul_low_i16x8_s', 'i32x4.extmul_high_i16x8_s']
        : ['i32x4.extmul_low_i16x8_u', 'i32x4.extmul_high_i16x8_u'];
    e.wr128(u.a, e.shuffle(HIGH_HALVES, e.simd(low, a, b) as V128, e.simd(high, a, b) as V128));
  });

  define('pmuludq', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    const a = e.let(e.rd128(u.a));
    e.wr128(u.a, e.simd('i64x2.extmul_low_i32x4_u', e.shuffle(EVEN_DWORDS, a, a), e.shuffle(EVEN_DWORDS, b, b)));
  });

  define('psadbw', XMM_OR_MEMORY, [16], (e, u) => {
    const b = source128(e, u, u.b);
    e.wr128(u.a, sumOfDifferences(e, e.let(e.rd128(u.a)), b));
  });

  for (const [name, shift] of Object.entries(SHIFTS))
    define(name, 'x,y x,m x,i', [16], (e, u) => {
      const count = e.let(u.b?.kind === 'imm' ? e.zx(e.rd(u.b, 1)) : e.extract('i64x2', 0, source128(e, u, u.b)));
      e.wr128(u.a, shifted(e, shift, e.let(e.rd128(u.a)), count));
    });

  // By bytes: a swizzle whose indexes beyond 15 give zero.
  define('pslldq psrldq', 'x,i', [16], (e, u, op) => {
    const wanted = e.let(e.rd(u.b, 1));
    const amount = e.let(e.select(e.cmp('ltU', wanted, e.k(wanted.ty, 16)), e.wrap(wanted), e.i32(16)));
    const indexes = e.simd(
      op === 'pslldq' ? 'i8x16.sub' : 'i8x16.add',
      vectorConstant(e, (i) => i),
      e.simd('i8x16.splat', amount),
    );
    e.wr128(u.a, e.simd('i8x16.swizzle', e.rd128(u.a), indexes));
  });
});
