/** 128-bit SIMD operations by their WebAssembly name: opcode behind the 0xFD prefix, operand types, result type. */
import type { Ty } from './value.ts';

type Signature = readonly [code: number, operands: readonly Ty[], result: Ty];

const vv = (code: number) => [code, ['v128', 'v128'], 'v128'] as const;
const v = (code: number) => [code, ['v128'], 'v128'] as const;
const test = (code: number) => [code, ['v128'], 'i32'] as const;
const shift = (code: number) => [code, ['v128', 'i32'], 'v128'] as const;

export const SIMD = {
  'v128.not': v(77),
  'v128.and': vv(78),
  'v128.andnot': vv(79),
  'v128.or': vv(80),
  'v128.xor': vv(81),
  'v128.bitselect': [82, ['v128', 'v128', 'v128'], 'v128'],
  'v128.any_true': test(83),
  'i8x16.swizzle': vv(14),
  'i8x16.splat': [15, ['i32'], 'v128'],
  'i16x8.splat': [16, ['i32'], 'v128'],
  'i32x4.splat': [17, ['i32'], 'v128'],
  'i64x2.splat': [18, ['i64'], 'v128'],
  'i8x16.eq': vv(35),
  'i8x16.gt_s': vv(39),
  'i16x8.eq': vv(45),
  'i16x8.gt_s': vv(49),
  'i32x4.eq': vv(55),
  'i32x4.gt_s': vv(59),
  'i8x16.abs': v(96),
  'i8x16.neg': v(97),
  'i8x16.bitmask': test(100),
  'i8x16.narrow_i16x8_s': vv(101),
  'i8x16.narrow_i16x8_u': vv(102),
  'i8x16.shl': shift(107),
  'i8x16.add': vv(110),
  'i8x16.add_sat_s': vv(111),
  'i8x16.add_sat_u': vv(112),
  'i8x16.sub': vv(113),
  'i8x16.sub_sat_s': vv(114),
  'i8x16.sub_sat_u': vv(115),
  'i8x16.min_s': vv(118),
  'i8x16.min_u': vv(119),
  'i8x16.max_s': vv(120),
  'i8x16.max_u': vv(121),
  'i8x16.avgr_u': vv(123),
  'i16x8.extadd_pairwise_i8x16_u': v(125),
  'i32x4.extadd_pairwise_i16x8_u': v(127),
  'i16x8.bitmask': test(132),
  'i16x8.narrow_i32x4_s': vv(133),
  'i16x8.narrow_i32x4_u': vv(134),
  'i16x8.shl': shift(139),
  'i16x8.shr_s': shift(140),
  'i16x8.shr_u': shift(141),
  'i16x8.add': vv(142),
  'i16x8.add_sat_s': vv(143),
  'i16x8.add_sat_u': vv(144),
  'i16x8.sub': vv(145),
  'i16x8.sub_sat_s': vv(146),
  'i16x8.sub_sat_u': vv(147),
  'i16x8.mul': vv(149),
  'i16x8.min_s': vv(150),
  'i16x8.min_u': vv(151),
  'i16x8.max_s': vv(152),
  'i16x8.max_u': vv(153),
  'i16x8.avgr_u': vv(155),
  'i16x8.extmul_low_i8x16_u': vv(158),
  'i32x4.bitmask': test(164),
  'i32x4.shl': shift(171),
  'i32x4.shr_s': shift(172),
  'i32x4.shr_u': shift(173),
  'i32x4.add': vv(174),
  'i32x4.sub': vv(177),
  'i32x4.mul': vv(181),
  'i32x4.dot_i16x8_s': vv(186),
  'i32x4.extmul_low_i16x8_s': vv(188),
  'i32x4.extmul_high_i16x8_s': vv(189),
  'i32x4.extmul_low_i16x8_u': vv(190),
  'i32x4.extmul_high_i16x8_u': vv(191),
  'i64x2.bitmask': test(196),
  'i64x2.shl': shift(203),
  'i64x2.shr_u': shift(205),
  'i64x2.add': vv(206),
  'i64x2.sub': vv(209),
  'i64x2.mul': vv(213),
  'i64x2.extmul_low_i32x4_u': vv(222),
} as const satisfies Record<string, Signature>;
export type SimdOp = keyof typeof SIMD;

/** Lane reads: [opcode, result type]. */
export const EXTRACT_LANE = {
  i8x16: [22, 'i32'],
  i16x8: [25, 'i32'],
  i32x4: [27, 'i32'],
  i64x2: [29, 'i64'],
} as const;
export type Lanes = keyof typeof EXTRACT_LANE;
/** Lane writes. */
export const REPLACE_LANE: Record<Lanes, number> = { i8x16: 23, i16x8: 26, i32x4: 28, i64x2: 30 };
export const V128_LOAD = 0;
export const V128_STORE = 11;
export const V128_CONST = 12;
export const I8X16_SHUFFLE = 13;
