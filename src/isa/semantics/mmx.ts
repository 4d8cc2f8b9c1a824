/** MMX: moves, and what MMX does to the x87 unit whose registers it uses (SDM Vol. 1, 9.5 and Vol. 3, 12.2). */
import type { Emit } from '../emit/emit.ts';
import { State } from '../emit/state.ts';
import type { I64, IntV } from '../emit/value.ts';
import type { Insn, Operand, Size } from '../insn.ts';
import { scalar } from './sse-move.ts';
import { NO_OPERANDS, semantics } from './table.ts';

const EXCEPTIONS = 0x3f;
const PENDING = 16;
/** TOP of the status word. */
const TOP = 0x3800;
const ALL_VALID = 0xff;
const ALL_EMPTY = 0;

/** Of MMX there are many instructions and few executions: one memory form. */
export const RARE = { memory: [] } as const;

/** #MF if an unmasked x87 exception is pending: what each MMX instruction does first. */
export function checkPending(e: Emit, u: Insn): void {
  const unmasked = e.xor(e.state('i32', 2, State.FCW), e.i32(EXCEPTIONS));
  const pending = e.and(e.and(e.state('i32', 2, State.FSW), unmasked), e.i32(EXCEPTIONS));
  e.if(pending, () => e.trap(PENDING, u));
}

function clearTop(e: Emit): void {
  e.setState(2, State.FSW, e.and(e.state('i32', 2, State.FSW), e.i32(0xffff & ~TOP)));
}

/** What each but EMMS does to the x87 unit: TOP becomes 0, all tags valid. */
export function enterMmx(e: Emit): void {
  clearTop(e);
  e.setState(1, State.FTW, e.i32(ALL_VALID));
}

/** Writes `v`, zero-extended in an MMX register. Memory is checked before the x87 unit changes. */
function store(e: Emit, u: Insn, o: Operand | undefined, size: Size, v: IntV): void {
  const value = e.let(v);
  if (o?.kind === 'mem') {
    const at = e.access(e.address(o), size, true, u);
    enterMmx(e);
    e.storeAt(at, size, value);
    return;
  }
  enterMmx(e);
  if (o?.kind === 'mm') e.wr(o, 8, e.zx(value));
  else e.wr(o, size, value);
}

/** Bits to shift a word by: 16 times the lane the immediate names. */
const laneShift = (e: Emit, immediate: IntV): I64 => e.let(e.zx(e.shl(e.and(e.wrap(immediate), e.i32(3)), e.i32(4))));

export const mmx = semantics((define) => {
  define(
    'movd',
    'p,s p,m r,q m,q',
    [4, 8],
    (e, u) => {
      checkPending(e, u);
      store(e, u, u.a, u.size, e.rd(u.b, u.size));
    },
    RARE,
  );
  define(
    'movq',
    'p,q p,m m,q',
    [8],
    (e, u) => {
      checkPending(e, u);
      store(e, u, u.a, 8, e.rd(u.b, 8));
    },
    RARE,
  );
  define(
    'movq2dq',
    'x,q',
    [16],
    (e, u) => {
      checkPending(e, u);
      const value = scalar(e, 8, e.rd(u.b, 8));
      enterMmx(e);
      e.wr128(u.a, value);
    },
    RARE,
  );
  define(
    'movdq2q',
    'p,y',
    [8],
    (e, u) => {
      checkPending(e, u);
      store(e, u, u.a, 8, e.rd(u.b, 8));
    },
    RARE,
  );

  define('emms', NO_OPERANDS, [8], (e, u) => {
    checkPending(e, u);
    clearTop(e);
    e.setState(1, State.FTW, e.i32(ALL_EMPTY));
  });

  define(
    'pmovmskb',
    'r,q',
    [4],
    (e, u) => {
      checkPending(e, u);
      store(e, u, u.a, 4, e.simd('i8x16.bitmask', scalar(e, 8, e.rd(u.b, 8))));
    },
    RARE,
  );
  define(
    'pextrw',
    'r,q,i',
    [4],
    (e, u) => {
      checkPending(e, u);
      const moved = e.shr(e.rd(u.b, 8) as I64, laneShift(e, e.rd(u.c, 1)));
      store(e, u, u.a, 4, e.and(e.wrap(moved), e.i32(0xffff)));
    },
    RARE,
  );
  define(
    'pinsrw',
    'p,s,i p,m,i',
    [4],
    (e, u) => {
      checkPending(e, u);
      const word = e.zx(e.rd(u.b, 2));
      const shift = laneShift(e, e.rd(u.c, 1));
      const kept = e.and(e.rd(u.a, 8) as I64, e.xor(e.shl(e.i64(0xffffn), shift), e.i64(-1n)));
      store(e, u, u.a, 8, e.or(kept, e.shl(word, shift)));
    },
    RARE,
  );
});
