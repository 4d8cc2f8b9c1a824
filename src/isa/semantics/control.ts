/** Near branches (SDM Vol. 2; what they do to bounds: spec A.6). */
import type { Emit } from '../emit/emit.ts';
import { CC } from '../emit/flags.ts';
import type { I64 } from '../emit/value.ts';
import type { Insn } from '../insn.ts';
import { push } from './stack.ts';
import { semantics } from './table.ts';

const RCX = 1;
const RSP = 4;

/** Unprefixed near branches initialise the bounds, taken or not. */
function boundsOf(e: Emit, u: Insn): void {
  if (u.initialisesBounds) e.initBounds();
}

const BRANCH = { endsBlock: true, resetsBounds: true };

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
    [8],
    (e, u) => {
      push(e, u, 8, e.next(u));
      boundsOf(e, u);
      e.jump(u);
    },
    BRANCH,
  );

  define(
    'calli',
    's m',
    [8],
    (e, u) => {
      const target = e.rd(u.a, 8) as I64;
      e.canonical(target, u);
      push(e, u, 8, e.next(u));
      boundsOf(e, u);
      e.indirect(target, u);
    },
    BRANCH,
  );

  define(
    'jmpi',
    's m',
    [8],
    (e, u) => {
      const target = e.rd(u.a, 8) as I64;
      e.canonical(target, u);
      boundsOf(e, u);
      e.indirect(target, u);
    },
    BRANCH,
  );

  // RET, and RET n: n more bytes are dropped.
  define(
    'ret',
    '- i',
    [8],
    (e, u) => {
      const sp = e.let(e.reg(RSP));
      const at = e.access(sp, 8, false, u);
      const target = e.let(e.loadAt(at, 8)) as I64;
      e.canonical(target, u);
      const dropped = u.a ? e.add(e.i64(8), e.zx(e.rd(u.a, 2))) : e.i64(8);
      e.setReg(RSP, e.add(sp, dropped));
      boundsOf(e, u);
      e.indirect(target, u);
    },
    BRANCH,
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
    { endsBlock: true, addressSizes: true },
  );

  define('jrcxz', '-', [8], (e, u) => e.branch(e.eqz(e.rd(e.gpr(RCX, u.addressSize), u.addressSize)), u), {
    endsBlock: true,
    addressSizes: true,
  });
});
