/**
 * String operations. One execution of the emitter is one iteration: a REP instruction counts as one instruction for each iteration (and as one
 * if RCX was 0), RIP stays on it in between, and so a budget, a fault or a breakpoint may fall between two iterations.
 * Forms with 67h or an FS/GS source are left to the host (the decoder names them `movs.rare` …).
 */
import type { Emit } from '../emit/emit.ts';
import { State } from '../emit/state.ts';
import type { I32, I64, IntV } from '../emit/value.ts';
import type { Insn, Size } from '../insn.ts';
import { ALL_SIZES, NO_OPERANDS, semantics } from './table.ts';

const RAX = 0;
const RCX = 1;
const RSI = 6;
const RDI = 7;

/** ± the element size, by DF. */
function stride(e: Emit, size: Size): I64 {
  return e.let(e.select(e.state('i32', 4, State.DF), e.i64(-size), e.i64(size)));
}

/** Skips the instruction if it repeats and RCX is 0; gives the count after this iteration. */
function countdown(e: Emit, u: Insn): I64 | undefined {
  if (!u.rep && !u.repne) return undefined;
  const count = e.let(e.reg(RCX));
  e.if(e.eqz(count), () => e.again(e.i32(0), u));
  return e.let(e.sub(count, e.i64(1)));
}

/** Ends the iteration: `rest` is the count left; `goesOn` a further condition (REPE, REPNE). */
function finish(e: Emit, u: Insn, rest: I64 | undefined, goesOn?: I32): void {
  if (!rest) return;
  e.setReg(RCX, rest);
  const more = e.cmp('ne', rest, e.i64(0));
  e.again(goesOn ? e.and(more, goesOn) : more, u);
}

function compare(e: Emit, u: Insn, rest: I64 | undefined, a: IntV, b: IntV): void {
  e.setFlags('sub', u.size, a, b);
  finish(e, u, rest, u.rep ? e.cmp('eq', a, b) : e.cmp('ne', a, b));
}

const REPEATS = { repeats: true, endsBlock: false };

export const string = semantics((define) => {
  define(
    'movs',
    NO_OPERANDS,
    ALL_SIZES,
    (e, u) => {
      const rest = countdown(e, u);
      const from = e.let(e.reg(RSI));
      const to = e.let(e.reg(RDI));
      const source = e.access(from, u.size, false, u);
      const target = e.access(to, u.size, true, u);
      const step = stride(e, u.size);
      e.storeAt(target, u.size, e.let(e.loadAt(source, u.size)));
      e.setReg(RSI, e.add(from, step));
      e.setReg(RDI, e.add(to, step));
      finish(e, u, rest);
    },
    REPEATS,
  );

  define(
    'stos',
    NO_OPERANDS,
    ALL_SIZES,
    (e, u) => {
      const rest = countdown(e, u);
      const to = e.let(e.reg(RDI));
      const target = e.access(to, u.size, true, u);
      const step = stride(e, u.size);
      e.storeAt(target, u.size, e.rd(e.gpr(RAX, u.size), u.size));
      e.setReg(RDI, e.add(to, step));
      finish(e, u, rest);
    },
    REPEATS,
  );

  define(
    'lods',
    NO_OPERANDS,
    ALL_SIZES,
    (e, u) => {
      const rest = countdown(e, u);
      const from = e.let(e.reg(RSI));
      const value = e.let(e.loadAt(e.access(from, u.size, false, u), u.size));
      const step = stride(e, u.size);
      e.wr(e.gpr(RAX, u.size), u.size, value);
      e.setReg(RSI, e.add(from, step));
      finish(e, u, rest);
    },
    REPEATS,
  );

  define(
    'cmps',
    NO_OPERANDS,
    ALL_SIZES,
    (e, u) => {
      const rest = countdown(e, u);
      const first = e.let(e.reg(RSI));
      const second = e.let(e.reg(RDI));
      const a = e.let(e.loadAt(e.access(first, u.size, false, u), u.size));
      const b = e.let(e.loadAt(e.access(second, u.size, false, u), u.size));
      const step = stride(e, u.size);
      e.setReg(RSI, e.add(first, step));
      e.setReg(RDI, e.add(second, step));
      compare(e, u, rest, a, b);
    },
    REPEATS,
  );

  define(
    'scas',
    NO_OPERANDS,
    ALL_SIZES,
    (e, u) => {
      const rest = countdown(e, u);
      const at = e.let(e.reg(RDI));
      const b = e.let(e.loadAt(e.access(at, u.size, false, u), u.size));
      const a = e.rd(e.gpr(RAX, u.size), u.size);
      const step = stride(e, u.size);
      e.setReg(RDI, e.add(at, step));
      compare(e, u, rest, a, b);
    },
    REPEATS,
  );
});
