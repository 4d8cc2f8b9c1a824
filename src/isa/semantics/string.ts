/**
 * String operations. One execution of the emitter is one iteration: a REP instruction counts as one instruction for each iteration (and as one
 * if RCX was 0), RIP stays on it in between, and so a budget, a fault or a breakpoint may fall between two iterations.
 * Forms with addresses narrower than the mode's or another source segment are left to the host (the decoder names them `movs.rare` …).
 */
import type { Emit } from '../emit/emit.ts';
import { State } from '../emit/state.ts';
import type { I32, I64, IntV } from '../emit/value.ts';
import type { Insn, Size } from '../insn.ts';
import { pointer, setPointer } from './pointers.ts';
import { ALL_SIZES, MODE_WIDTHS, NO_OPERANDS, semantics } from './table.ts';

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
  const count = pointer(e, u, RCX);
  e.if(e.eqz(count), () => e.again(e.i32(0), u));
  return e.let(e.sub(count, e.i64(1)));
}

const PAGE = 4096;
/** Below this many bytes one iteration after the other is as fast. */
const WORTH_BULK = 64;

/** Elements from `at` to the end of its page. */
function elementsInPage(e: Emit, at: I32, size: Size): I32 {
  const bytes = e.sub(e.i32(PAGE), e.and(at, e.i32(PAGE - 1)));
  return e.shr(bytes, e.i32(Math.log2(size)));
}

const smaller = (e: Emit, a: I32, b: I32): I32 => e.let(e.select(e.cmp('ltU', a, b), a, b));

/**
 * Does many iterations of a forward MOVS or STOS at once, if they stay inside the pages at hand, fit the budget and are worth it.
 * `ready` is a further condition on the byte count; `emit` does the bytes.
 */
function bulk(
  e: Emit,
  u: Insn,
  rest: I64,
  places: readonly I32[],
  ready: (bytes: I32) => I32,
  emit: (bytes: I32) => void,
  registers: readonly { number: number; value: I64 }[],
): void {
  const allowed = e.iterationsAllowed();
  if (allowed.isConstant) return;
  const total = e.let(e.add(rest, e.i64(1)));
  let count = e.let(e.select(e.cmp('ltU', total, e.i64(PAGE)), e.wrap(total), e.i32(PAGE)));
  count = smaller(e, count, e.let(allowed));
  for (const at of places) count = smaller(e, count, e.let(elementsInPage(e, at, u.size)));
  const bytes = e.let(e.shl(count, e.i32(Math.log2(u.size))));
  const forward = e.eqz(e.state('i32', 4, State.DF));
  const worth = e.cmp('geU', bytes, e.i32(WORTH_BULK));
  e.if(e.and(e.and(forward, worth), ready(bytes)), () => {
    emit(bytes);
    for (const { number, value } of registers) setPointer(e, u, number, e.add(value, e.zx(bytes)));
    const left = e.let(e.sub(total, e.zx(count)));
    setPointer(e, u, RCX, left);
    e.againAfter(count, e.cmp('ne', left, e.i64(0)), u);
  });
}

/** Ends the iteration: `rest` is the count left; `goesOn` a further condition (REPE, REPNE). */
function finish(e: Emit, u: Insn, rest: I64 | undefined, goesOn?: I32): void {
  if (!rest) return;
  setPointer(e, u, RCX, rest);
  const more = e.cmp('ne', rest, e.i64(0));
  e.again(goesOn ? e.and(more, goesOn) : more, u);
}

function compare(e: Emit, u: Insn, rest: I64 | undefined, a: IntV, b: IntV): void {
  e.setFlags('sub', u.size, a, b);
  finish(e, u, rest, u.rep ? e.cmp('eq', a, b) : e.cmp('ne', a, b));
}

const REPEATS = { repeats: true, endsBlock: false, addressSizes: MODE_WIDTHS };

export const string = semantics((define) => {
  define(
    'movs',
    NO_OPERANDS,
    ALL_SIZES,
    (e, u) => {
      const rest = countdown(e, u);
      const from = pointer(e, u, RSI);
      const to = pointer(e, u, RDI);
      const source = e.access(from, u.size, false, u);
      const target = e.access(to, u.size, true, u);
      if (rest) {
        // A target shortly behind the source repeats what was just written: byte by byte then.
        const apart = (bytes: I32) => e.cmp('geU', e.sub(target, source), bytes);
        const both = [
          { number: RSI, value: from },
          { number: RDI, value: to },
        ];
        bulk(e, u, rest, [source, target], apart, (bytes) => e.copyAt(target, source, bytes), both);
      }
      const step = stride(e, u.size);
      e.storeAt(target, u.size, e.let(e.loadAt(source, u.size)));
      setPointer(e, u, RSI, e.add(from, step));
      setPointer(e, u, RDI, e.add(to, step));
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
      const to = pointer(e, u, RDI);
      const target = e.access(to, u.size, true, u);
      const value = e.rd(e.gpr(RAX, u.size), u.size);
      if (rest) {
        const low = e.let(e.and(e.wrap(value), e.i32(0xff)));
        const repeated = (ones: bigint) => e.cmp('eq', e.zx(value), e.mul(e.zx(low), e.i64(ones)));
        const uniform = u.size === 1 ? e.i32(1) : repeated(0x0101010101010101n >> BigInt(64 - 8 * u.size));
        bulk(
          e,
          u,
          rest,
          [target],
          () => uniform,
          (bytes) => e.fillAt(target, low, bytes),
          [{ number: RDI, value: to }],
        );
      }
      const step = stride(e, u.size);
      e.storeAt(target, u.size, value);
      setPointer(e, u, RDI, e.add(to, step));
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
      const from = pointer(e, u, RSI);
      const value = e.let(e.loadAt(e.access(from, u.size, false, u), u.size));
      const step = stride(e, u.size);
      e.wr(e.gpr(RAX, u.size), u.size, value);
      setPointer(e, u, RSI, e.add(from, step));
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
      const first = pointer(e, u, RSI);
      const second = pointer(e, u, RDI);
      const a = e.let(e.loadAt(e.access(first, u.size, false, u), u.size));
      const b = e.let(e.loadAt(e.access(second, u.size, false, u), u.size));
      const step = stride(e, u.size);
      setPointer(e, u, RSI, e.add(first, step));
      setPointer(e, u, RDI, e.add(second, step));
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
      const at = pointer(e, u, RDI);
      const b = e.let(e.loadAt(e.access(at, u.size, false, u), u.size));
      const a = e.rd(e.gpr(RAX, u.size), u.size);
      const step = stride(e, u.size);
      setPointer(e, u, RDI, e.add(at, step));
      compare(e, u, rest, a, b);
    },
    REPEATS,
  );
});
