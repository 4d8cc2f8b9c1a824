/** AVX and AVX2 moves, broadcasts and permutations that have no legacy form, or one that handles 16 bytes of memory at once. */
import type { Emit } from '../emit/emit.ts';
import type { I32, V128 } from '../emit/value.ts';
import type { Insn, Operand, Size } from '../insn.ts';
import { vectorConstant } from './sse-constants.ts';
import { zero128 } from './sse-move.ts';
import { semantics } from './table.ts';
import { setWhole } from './vex-legacy.ts';

const MEMORY = { memory: [] } as const;
const BOTH: readonly Size[] = [16, 32];
const REGISTERS = 16;

export interface Whole {
  low: V128;
  /** Undefined in 128-bit forms. */
  high: V128 | undefined;
}

/** A source of the instruction's size (16 or 32), pinned. */
export function whole(e: Emit, u: Insn, o: Operand | undefined): Whole {
  if (o?.kind === 'mem') {
    const at = e.access(e.address(o), u.size, false, u);
    const low = e.let(e.load128At(at));
    return { low, high: u.size === 32 ? e.let(e.load128At(at, 16)) : undefined };
  }
  const register = e.xmm(o);
  return { low: e.vector(register, 0), high: u.size === 32 ? e.vector(register, 1) : undefined };
}

/** Writes the result of `lane` for each half of the sources. */
export function eachHalf(
  e: Emit,
  u: Insn,
  sources: readonly Whole[],
  lane: (halves: readonly V128[], half: 0 | 1) => V128,
): void {
  const lows = sources.map((s) => s.low);
  const low = e.let(lane(lows, 0));
  const highs = sources.map((s) => s.high).filter((v) => v !== undefined);
  const high = u.size === 32 ? e.let(lane(highs, 1)) : undefined;
  setWhole(e, e.xmm(u.a), low, high);
}

function moveWhole(e: Emit, u: Insn, aligned: boolean): void {
  const memory = u.a?.kind === 'mem' ? u.a : u.b?.kind === 'mem' ? u.b : undefined;
  if (memory && aligned) e.align(e.let(e.address(memory)), u.size, u);
  if (u.a?.kind !== 'mem') {
    const { low, high } = whole(e, u, u.b);
    setWhole(e, e.xmm(u.a), low, high);
    return;
  }
  const { low, high } = whole(e, u, u.b);
  const at = e.access(e.address(u.a), u.size, true, u);
  e.store128At(at, low);
  if (high) e.store128At(at, high, 16);
}

/** A datum of `size` bytes, of memory or the low end of a register, in all lanes. */
function splat(e: Emit, u: Insn, size: 1 | 2 | 4 | 8): V128 {
  if (u.b?.kind === 'mem') {
    const value = e.rd(u.b, size);
    if (size === 8) return e.let(e.simd('i64x2.splat', value));
    return e.let(e.simd(size === 4 ? 'i32x4.splat' : size === 2 ? 'i16x8.splat' : 'i8x16.splat', value));
  }
  const low = e.vector(e.xmm(u.b), 0);
  return e.let(
    e.shuffle(
      Array.from({ length: 16 }, (_, i) => i % size),
      low,
      low,
    ),
  );
}

const immediateOf = (e: Emit, o: Operand | undefined): I32 => e.let(e.wrap(e.rd(o, 1)));
const bit = (e: Emit, v: I32, n: number): I32 => e.and(e.shr(v, e.i32(n)), e.i32(1));

/** One of four 128-bit halves, or zero, by four bits of the immediate (VPERM2F128). */
function chosenHalf(e: Emit, control: I32, first: Whole, second: Whole): V128 {
  const [a, b] = [first, second].map(({ low, high }) => e.select(bit(e, control, 0), high ?? low, low));
  const chosen = e.select(bit(e, control, 1), b, a);
  return e.let(e.select(bit(e, control, 3), zero128(e), chosen));
}

/** 64-bit quarter `index` (0–3) of a register, as swizzles: indexes beyond 15 give zero. */
function quarter(e: Emit, { low, high }: Whole, index: I32): V128 {
  const lane = e.and(index, e.i32(1));
  const bytes = e.simd('i8x16.splat', e.shl(lane, e.i32(3)));
  const indexes = e.simd(
    'i8x16.add',
    bytes,
    vectorConstant(e, (i) => i & 7),
  );
  return e.simd('i8x16.swizzle', e.select(e.and(index, e.i32(2)), high ?? low, low), indexes);
}

/**
 * Swizzle indexes for dwords by the low three bits of each dword of `control`: for dwords 0–3 those that lie there, and out of range for the others
 * (`upper` false), or the reverse.
 */
function dwordIndexes(e: Emit, control: V128, upper: boolean): V128 {
  const lane = e.simd(
    'v128.and',
    control,
    vectorConstant(e, (i) => (i % 4 === 0 ? 7 : 0)),
  );
  const bytes = e.simd('i32x4.shl', lane, e.i32(2));
  const spread = e.simd(
    'i8x16.swizzle',
    bytes,
    vectorConstant(e, (i) => i & ~3),
  );
  const indexes = e.simd(
    'i8x16.add',
    spread,
    vectorConstant(e, (i) => i & 3),
  );
  if (!upper) return indexes;
  return e.simd(
    'i8x16.sub',
    indexes,
    vectorConstant(e, () => 16),
  );
}

/** All eight dwords of `source` permuted for one half of the result. */
function permutedDwords(e: Emit, { low, high }: Whole, control: V128): V128 {
  const fromLow = e.simd('i8x16.swizzle', low, dwordIndexes(e, control, false));
  const fromHigh = e.simd('i8x16.swizzle', high ?? low, dwordIndexes(e, control, true));
  return e.let(e.simd('v128.or', fromLow, fromHigh));
}

export const vexMove = semantics((define) => {
  define('vmovaps', 'x,y x,m m,y', BOTH, (e, u) => moveWhole(e, u, true), MEMORY);
  define('vmovups', 'x,y x,m m,y', BOTH, (e, u) => moveWhole(e, u, false), MEMORY);

  define('vzeroupper vzeroall', '-', [8], (e, _u, op) => {
    for (let number = 0; number < REGISTERS; number++) {
      const register = { kind: 'xmm', number } as const;
      if (op === 'vzeroall') e.setVector(register, 0, zero128(e));
      e.setVector(register, 1, zero128(e));
    }
  });

  const BROADCASTS = {
    vpbroadcastb: 1,
    vpbroadcastw: 2,
    vpbroadcastd: 4,
    vpbroadcastq: 8,
    vbroadcastss: 4,
    vbroadcastsd: 8,
  } as const;
  for (const [name, size] of Object.entries(BROADCASTS))
    define(
      name,
      'x,y x,m',
      name === 'vbroadcastsd' ? [32] : BOTH,
      (e, u) => {
        const v = splat(e, u, size);
        setWhole(e, e.xmm(u.a), v, u.size === 32 ? v : undefined);
      },
      MEMORY,
    );
  define(
    'vbroadcastf128 vbroadcasti128',
    'x,m',
    [32],
    (e, u) => {
      const v = e.rd128(u.b);
      setWhole(e, e.xmm(u.a), v, v);
    },
    MEMORY,
  );

  define(
    'vmovddup',
    'x,y x,m',
    [32],
    (e, u) => {
      const even = [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7];
      eachHalf(e, u, [whole(e, u, u.b)], ([v]) => e.shuffle(even, v, v));
    },
    MEMORY,
  );
  define(
    'vinsertf128 vinserti128',
    'x,w,y,i x,w,m,i',
    [32],
    (e, u) => {
      const source = e.rd128(u.b);
      const upper = bit(e, immediateOf(e, u.c), 0);
      const [low, high] = [e.vector(e.xmm(u.v), 0), e.vector(e.xmm(u.v), 1)];
      const chosen = e.let(upper);
      setWhole(e, e.xmm(u.a), e.select(chosen, low, source), e.select(chosen, source, high));
    },
    MEMORY,
  );
  define(
    'vextractf128 vextracti128',
    'x,y,i m,y,i',
    [32],
    (e, u) => {
      const [low, high] = [e.vector(e.xmm(u.b), 0), e.vector(e.xmm(u.b), 1)];
      const v = e.let(e.select(bit(e, immediateOf(e, u.c), 0), high, low));
      if (u.a?.kind === 'mem') e.wr128(u.a, v);
      else setWhole(e, e.xmm(u.a), v);
    },
    MEMORY,
  );
  define(
    'vperm2f128 vperm2i128',
    'x,w,y,i x,w,m,i',
    [32],
    (e, u) => {
      const second = whole(e, u, u.b);
      const first = whole(e, u, u.v);
      const control = immediateOf(e, u.c);
      const low = chosenHalf(e, control, first, second);
      const high = chosenHalf(e, e.shr(control, e.i32(4)), first, second);
      setWhole(e, e.xmm(u.a), low, high);
    },
    MEMORY,
  );
  define(
    'vpermq vpermpd',
    'x,y,i x,m,i',
    [32],
    (e, u) => {
      const source = whole(e, u, u.b);
      const control = immediateOf(e, u.c);
      const pick = (n: number) => e.let(quarter(e, source, e.let(e.and(e.shr(control, e.i32(2 * n)), e.i32(3)))));
      const join = (n: number) => {
        const [a, b] = [pick(n), pick(n + 1)];
        return e.let(e.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], a, b));
      };
      const [low, high] = [join(0), join(2)];
      setWhole(e, e.xmm(u.a), low, high);
    },
    MEMORY,
  );
  define(
    'vpermd vpermps',
    'x,w,y x,w,m',
    [32],
    (e, u) => {
      const source = whole(e, u, u.b);
      const control = whole(e, u, u.v);
      const low = permutedDwords(e, source, control.low);
      const high = permutedDwords(e, source, control.high ?? control.low);
      setWhole(e, e.xmm(u.a), low, high);
    },
    MEMORY,
  );
});
