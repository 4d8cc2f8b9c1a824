/** AVX2 shifts with a count for each lane: counts beyond the lane give zero, or the sign. */
import type { Emit } from '../emit/emit.ts';
import type { I32, I64, IntV, V128 } from '../emit/value.ts';
import { zero128 } from './sse-move.ts';
import { semantics } from './table.ts';
import { eachHalf, whole } from './vex-move.ts';

type Direction = 'shl' | 'shr' | 'sar';

function shiftedLane<T extends I32 | I64>(e: Emit, op: Direction, value: T, count: T, bits: number): IntV {
  const n = e.let<'i32' | 'i64'>(count);
  const inside = e.let(e.cmp('ltU', n, e.k(n.ty, bits)));
  const amount = e.select<'i32' | 'i64'>(inside, n, e.k(n.ty, bits - 1));
  const result = e.bin<'i32' | 'i64'>(op, value, amount);
  return op === 'sar' ? result : e.select<'i32' | 'i64'>(inside, result, e.k(n.ty, 0));
}

function shifted(e: Emit, op: Direction, values: V128, counts: V128, quadwords: boolean): V128 {
  let result = zero128(e);
  for (let lane = 0; lane < (quadwords ? 2 : 4); lane++) {
    const one = quadwords
      ? shiftedLane(e, op, e.extract('i64x2', lane, values), e.extract('i64x2', lane, counts), 64)
      : shiftedLane(e, op, e.extract('i32x4', lane, values), e.extract('i32x4', lane, counts), 32);
    result = e.let(e.replace(quadwords ? 'i64x2' : 'i32x4', lane, result, one));
  }
  return result;
}

const SHIFTS: Readonly<Record<string, Direction>> = {
  vpsllvd: 'shl',
  vpsllvq: 'shl',
  vpsrlvd: 'shr',
  vpsrlvq: 'shr',
  vpsravd: 'sar',
};

export const vexShift = semantics((define) => {
  for (const [name, direction] of Object.entries(SHIFTS))
    define(
      name,
      'x,w,y x,w,m',
      [16, 32],
      (e, u) => {
        const counts = whole(e, u, u.b);
        eachHalf(e, u, [whole(e, u, u.v), counts], ([v, n]) => shifted(e, direction, v, n, name.endsWith('q')));
      },
      { memory: [] },
    );
});
