/** Near branches (SDM Vol. 2; what they do to bounds: spec A.6). */
import type { Emit } from '../emit/emit.ts';
import { CC } from '../emit/flags.ts';
import type { I64, IntV } from '../emit/value.ts';
import type { AddressSize, Insn, Size } from '../insn.ts';
import { pointer, setPointer } from './pointers.ts';
import { push } from './stack.ts';
import { MODE_WIDTHS, semantics, WORD_SIZES } from './table.ts';

const RCX = 1;
const RSP = 4;

/** Unprefixed near branches initialise the bounds, taken or not. */
function boundsOf(e: Emit, u: Insn): void {
  if (u.initialisesBounds) e.initBounds();
}

const BRANCH = { endsBlock: true, resetsBounds: true };
const STACK_BRANCH = { ...BRANCH, addressSizes: MODE_WIDTHS };
/** RCX, ECX or CX. */
const COUNTER_WIDTHS: readonly AddressSize[] = [8, 4, 2];

/** A return address of `size` bytes. */
const narrowed = (e: Emit, size: Size, v: I64): IntV => (size === 8 ? v : e.trunc(size, e.wrap(v)));

export const control = semantics((define) => {
  define(
    'jmp',
    '-',
    [8],
    (e, u) => {
      boundsOf(e, u);
      e.jump(u);
    },
    BRANCH,
  );

  define(
    'jcc',
    '-',
    [8],
    (e, u) => {
      boundsOf(e, u);
      e.branch(e.cc(u.cc), u);
    },
    { ...BRANCH, conditional: true },
  );

  define(
    'call',
    '-',
    WORD_SIZES,
    (e, u) => {
      push(e, u, u.size, narrowed(e, u.size, e.next(u)));
      boundsOf(e, u);
      e.jump(u);
    },
    STACK_BRANCH,
  );

  define(
    'calli',
    's m',
    WORD_SIZES,
    (e, u) => {
      const target = e.zx(e.rd(u.a, u.size));
      if (u.size === 8) e.canonical(target, u);
      push(e, u, u.size, narrowed(e, u.size, e.next(u)));
      boundsOf(e, u);
      e.indirect(target, u);
    },
    STACK_BRANCH,
  );

  define(
    'jmpi',
    's m',
    WORD_SIZES,
    (e, u) => {
      const target = e.zx(e.rd(u.a, u.size));
      if (u.size === 8) e.canonical(target, u);
      boundsOf(e, u);
      e.indirect(target, u);
    },
    BRANCH,
  );

  // RET, and RET n: n more bytes are dropped.
  define(
    'ret',
    '- i',
    WORD_SIZES,
    (e, u) => {
      const sp = pointer(e, u, RSP);
      const at = e.access(sp, u.size, false, u);
      const target = e.let(e.zx(e.loadAt(at, u.size)));
      if (u.size === 8) e.canonical(target, u);
      const dropped = u.a ? e.add(e.i64(u.size), e.zx(e.rd(u.a, 2))) : e.i64(u.size);
      setPointer(e, u, RSP, e.add(sp, dropped));
      boundsOf(e, u);
      e.indirect(target, u);
    },
    STACK_BRANCH,
  );

  // The counted branches leave the bounds alone.
  define(
    'loop loope loopne',
    '-',
    [8],
    (e, u, op) => {
      const size = u.addressSize;
      const counter = e.gpr(RCX, size);
      const old = e.rd(counter, size);
      const left = e.let(e.sub(old, e.k(old.ty, 1)));
      const more = e.eqz(e.eqz(left));
      const taken = op === 'loop' ? more : e.and(more, e.cc(op === 'loope' ? CC.E : CC.NE));
      const go = e.let(taken);
      e.wr(counter, size, left);
      e.branch(go, u);
    },
    { endsBlock: true, addressSizes: COUNTER_WIDTHS },
  );

  define('jrcxz', '-', [8], (e, u) => e.branch(e.eqz(e.rd(e.gpr(RCX, u.addressSize), u.addressSize)), u), {
    endsBlock: true,
    addressSizes: COUNTER_WIDTHS,
  });
});
