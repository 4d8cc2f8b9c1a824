/** Pushes and pops. The stack pointer changes only after the access is known to succeed. */
import type { Emit } from '../emit/emit.ts';
import { Flag } from '../emit/flags.ts';
import { State } from '../emit/state.ts';
import type { IntV } from '../emit/value.ts';
import type { Insn, Size } from '../insn.ts';
import { moved, pointer, setPointer } from './pointers.ts';
import { MODE_WIDTHS, semantics, WORD_SIZES } from './table.ts';

const RSP = 4;
const RBP = 5;
/** 16-bit with a 66h prefix, otherwise the mode's word: 8 bytes in 64-bit code, 4 in 32-bit code. */
const STACK_SIZES = WORD_SIZES;
const STACK = { addressSizes: MODE_WIDTHS };

/** Bit 1 and IF are set, IOPL is 0 in user mode. */
const FLAGS_ALWAYS = 0x202;
const ARITHMETIC = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF;
const NT = 0x4000;
const AC = 0x40000;
const ID = 0x200000;
const WORD_FLAGS = Flag.TF | NT;

export function push(e: Emit, u: Insn, size: Size, v: IntV): void {
  const sp = moved(e, u, pointer(e, u, RSP), e.i64(-size));
  const at = e.access(sp, size, true, u);
  e.storeAt(at, size, v);
  setPointer(e, u, RSP, sp);
}

export const stack = semantics((define) => {
  define('push', 's m', STACK_SIZES, (e, u) => push(e, u, u.size, e.rd(u.a, u.size)), STACK);

  // A memory destination relative to RSP uses RSP as it is after the pop: the decoder has added the size to the displacement.
  define(
    'pop',
    'r m',
    STACK_SIZES,
    (e, u) => {
      const sp = pointer(e, u, RSP);
      const at = e.access(sp, u.size, false, u);
      const popped = moved(e, u, sp, e.i64(u.size));
      const value = e.let(e.loadAt(at, u.size));
      if (u.a?.kind === 'mem') {
        const to = e.access(e.address(u.a), u.size, true, u);
        e.storeAt(to, u.size, value);
        setPointer(e, u, RSP, popped);
      } else {
        setPointer(e, u, RSP, popped);
        e.wr(u.a, u.size, value);
      }
    },
    STACK,
  );

  define(
    'leave',
    '-',
    STACK_SIZES,
    (e, u) => {
      const frame = pointer(e, u, RBP);
      const at = e.access(frame, u.size, false, u);
      const value = e.let(e.loadAt(at, u.size));
      setPointer(e, u, RSP, e.add(frame, e.i64(u.size)));
      e.wr(e.gpr(RBP, u.size), u.size, value);
    },
    STACK,
  );

  define(
    'pushf',
    '-',
    STACK_SIZES,
    (e, u) => {
      const direction = e.shl(e.state('i32', 4, State.DF), e.i32(10));
      // RF is pushed as 0.
      const rest = e.and(e.state('i32', 4, State.RFLAGS_REST), e.i32(~0x10000));
      const word = e.let(e.or(e.or(e.flagsWord(), direction), e.or(rest, e.i32(FLAGS_ALWAYS))));
      push(e, u, u.size, u.size === 8 ? e.zx(word) : u.size === 4 ? word : e.trunc(2, word));
    },
    STACK,
  );

  define(
    'popf',
    '-',
    STACK_SIZES,
    (e, u) => {
      const sp = pointer(e, u, RSP);
      const at = e.access(sp, u.size, false, u);
      const word = e.let(e.wrap(e.loadAt(at, u.size)));
      setPointer(e, u, RSP, e.add(sp, e.i64(u.size)));
      e.setFlagsWord(e.and(word, e.i32(ARITHMETIC)));
      e.setState(4, State.DF, e.and(e.shr(word, e.i32(10)), e.i32(1)));
      const changeable = u.size >= 4 ? WORD_FLAGS | AC | ID : WORD_FLAGS;
      const kept = e.and(e.state('i32', 4, State.RFLAGS_REST), e.i32(~(changeable | 0x10000)));
      e.setState(4, State.RFLAGS_REST, e.or(kept, e.and(word, e.i32(changeable))));
      e.if(e.and(word, e.i32(Flag.TF)), () => e.leave(u));
    },
    { ...STACK, endsBlock: true },
  );
});
