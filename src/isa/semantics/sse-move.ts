/** SSE and SSE2 moves between XMM registers, memory and general registers. Sizes are those of the datum moved. */
import type { Emit } from '../emit/emit.ts';
import type { I64, IntV, V128 } from '../emit/value.ts';
import type { Insn, Operand, Size } from '../insn.ts';
import { semantics } from './table.ts';

export const zero128 = (e: Emit): V128 => e.v128(new Uint8Array(16));

/** A scalar in the low lane, zeros above. */
export function scalar(e: Emit, size: Size, v: IntV): V128 {
  return size === 8 ? e.replace('i64x2', 0, zero128(e), v) : e.replace('i32x4', 0, zero128(e), v);
}

/** Address of a memory operand that must be 16-byte aligned (#GP(0)), checked for a 16-byte access. */
function alignedAccess(e: Emit, o: Operand, write: boolean, u: Insn) {
  const address = e.let(e.address(o));
  e.align16(address, u);
  return e.access(address, 16, write, u);
}

/** The 128-bit source of an arithmetic instruction: memory must be aligned. */
export function source128(e: Emit, u: Insn, o: Operand | undefined): V128 {
  if (o?.kind === 'mem') return e.let(e.load128At(alignedAccess(e, o, false, u)));
  return e.let(e.rd128(o));
}

export const sseMove = semantics((define) => {
  define('movaps', 'x,y x,m m,y', [16], (e, u) => {
    if (u.a?.kind === 'mem') {
      const at = alignedAccess(e, u.a, true, u);
      e.store128At(at, e.rd128(u.b));
    } else e.wr128(u.a, source128(e, u, u.b));
  });

  define('movups', 'x,y x,m m,y', [16], (e, u) => {
    e.wr128(u.a, e.rd128(u.b));
  });

  // Between registers the upper part stays; a load clears it.
  define('movss', 'x,y x,m m,y', [4], (e, u) => moveScalar(e, u));
  define('movsd', 'x,y x,m m,y', [8], (e, u) => moveScalar(e, u));

  define('movq', 'x,y x,m m,y', [8], (e, u) => {
    if (u.a?.kind === 'mem') e.wr(u.a, 8, e.rd(u.b, 8));
    else e.wr128(u.a, scalar(e, 8, e.rd(u.b, 8)));
  });

  // MOVD and MOVQ with a general register or memory.
  define('movd', 'x,s x,m r,y m,y', [4, 8], (e, u) => {
    if (u.a?.kind === 'xmm') e.wr128(u.a, scalar(e, u.size, e.rd(u.b, u.size)));
    else e.wr(u.a, u.size, e.rd(u.b, u.size));
  });

  define('movlpd', 'x,m m,y', [8], (e, u) => {
    e.wr(u.a, 8, e.rd(u.b, 8));
  });

  define('movhpd', 'x,m m,y', [8], (e, u) => {
    if (u.a?.kind === 'mem') e.wr(u.a, 8, e.let(e.extract('i64x2', 1, e.rd128(u.b))));
    else {
      const high = e.rd(u.b, 8);
      e.wr128(u.a, e.replace('i64x2', 1, e.rd128(u.a), high));
    }
  });

  define('movhlps', 'x,y', [16], (e, u) => {
    e.wr(u.a, 8, e.let(e.extract('i64x2', 1, e.rd128(u.b))));
  });

  define('movlhps', 'x,y', [16], (e, u) => {
    const low = e.let(e.rd(u.b, 8)) as I64;
    e.wr128(u.a, e.replace('i64x2', 1, e.rd128(u.a), low));
  });

  define('movmskps movmskpd pmovmskb', 'r,y', [4], (e, u, op) => {
    const lanes = op === 'movmskps' ? 'i32x4.bitmask' : op === 'movmskpd' ? 'i64x2.bitmask' : 'i8x16.bitmask';
    e.wr(u.a, 4, e.let(e.simd(lanes, e.rd128(u.b))));
  });
});

function moveScalar(e: Emit, u: Insn): void {
  if (u.a?.kind === 'xmm' && u.b?.kind === 'mem') e.wr128(u.a, scalar(e, u.size, e.rd(u.b, u.size)));
  else e.wr(u.a, u.size, e.rd(u.b, u.size));
}
