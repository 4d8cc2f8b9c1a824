/** The bound-register instructions with MPX on (spec A.4, A.5). While it is off the decoder makes NOPs of them. */
import type { Emit } from '../emit/emit.ts';
import { Shared, State } from '../emit/state.ts';
import type { I32, I64, IntV } from '../emit/value.ts';
import type { Insn, Operand, Size } from '../insn.ts';
import { semantics } from './table.ts';

const BR = 5;
const STATUS_VIOLATION = 1;
/** One cache entry covers 1 KiB of pointer slots, whose table entries fill one page. */
const SLOT_SHIFT = 10;
const CACHE_ENTRY_SHIFT = 4;
const CacheField = { KEY: 0, READ_PAGE: 8, WRITE_PAGE: 12 } as const;
/** Fields of a table entry. */
const Entry = { LOWER: 0, UPPER: 8, POINTER: 16 } as const;

/** 8 in 64-bit code. 32-bit code has bounds of 4 bytes: it sees the low halves of the registers and clears the high ones. */
const BOUND_SIZES: readonly Size[] = [8, 4];
const half = (e: Emit, u: Insn, bound: I64): I64 => (u.size === 8 ? bound : e.zx(e.wrap(bound)));
const stored = (e: Emit, u: Insn, bound: I64): IntV => (u.size === 8 ? bound : e.wrap(bound));

/** Base, index and segment are looked at one by one: no special address forms. */
const MIB = { memory: [] };

/** The pointer slot's linear address and the pointer's value. (The decoder has dropped the displacement of a form without base.) */
function slot(e: Emit, mib: Operand | undefined): { lap: I64; pointer: I64 } {
  const base = e.add(e.base(mib), e.displacement(mib));
  return { lap: e.let(e.add(base, e.segmentBase(mib))), pointer: e.let(e.index(mib)) };
}

/** Linear address of the slot's table entry, if the cache knows its page; otherwise the host walks. */
function cachedEntry(
  e: Emit,
  lap: I64,
  field: typeof CacheField.READ_PAGE | typeof CacheField.WRITE_PAGE,
  u: Insn,
): I32 {
  const key = e.let(e.shr(lap, e.i64(SLOT_SHIFT)));
  const index = e.and(e.wrap(key), e.i32(Shared.BND_CACHE_ENTRIES - 1));
  const line = e.let(e.add(e.shl(index, e.i32(CACHE_ENTRY_SHIFT)), e.i32(Shared.BND_CACHE)));
  const hit = e.cmp('eq', e.load('i64', 8, line, CacheField.KEY), e.add(key, e.i64(1)));
  const page = e.let(e.select(hit, e.load('i32', 4, line, field), e.i32(0)));
  e.if(e.eqz(page), () => e.host(u));
  const offset = e.shl(e.and(e.wrap(e.shr(lap, e.i64(3))), e.i32(127)), e.i32(5));
  return e.let(e.add(page, offset));
}

export const mpx = semantics((define) => {
  // LEA-like: nothing is accessed. The lower bound is the base register alone.
  define('bndmk', 'b,m', BOUND_SIZES, (e, u) => {
    const upper = e.let(half(e, u, e.complement(e.ea(u.b))));
    e.setBnd(e.bound(u.a), 0, half(e, u, e.base(u.b)));
    e.setBnd(e.bound(u.a), 1, upper);
  });

  // Unsigned comparison of an effective address (no segment base) or a register.
  define(
    'bndcl bndcu bndcn',
    'b,s b,m',
    BOUND_SIZES,
    (e, u, op) => {
      const address = e.let(u.b?.kind === 'mem' ? e.ea(u.b) : e.zx(e.rd(u.b, u.size)));
      const bound = e.bound(u.a);
      const limit = op === 'bndcl' ? e.bnd(bound, 0) : e.bnd(bound, 1);
      const violates = e.cmp(
        op === 'bndcl' ? 'ltU' : 'gtU',
        address,
        half(e, u, op === 'bndcu' ? e.complement(limit) : limit),
      );
      e.if(violates, () => {
        e.setState(8, State.BNDSTATUS, e.i64(STATUS_VIOLATION));
        e.trap(BR, u);
      });
    },
    { memory: ['plain', 'indexed'] },
  );

  define('bndmov', 'b,c b,m m,c', BOUND_SIZES, (e, u) => {
    const { size } = u;
    if (u.a?.kind === 'mem') {
      const at = e.access(e.address(u.a), 2 * size, true, u);
      e.storeAt(at, size, stored(e, u, e.bnd(e.bound(u.b), 0)));
      e.storeAt(at, size, stored(e, u, e.bnd(e.bound(u.b), 1)), size);
      return;
    }
    let lower: I64;
    let upper: I64;
    if (u.b?.kind === 'mem') {
      const at = e.access(e.address(u.b), 2 * size, false, u);
      lower = e.let(e.zx(e.loadAt(at, size)));
      upper = e.let(e.zx(e.loadAt(at, size, size)));
    } else {
      lower = e.let(half(e, u, e.bnd(e.bound(u.b), 0)));
      upper = e.let(half(e, u, e.bnd(e.bound(u.b), 1)));
    }
    e.setBnd(e.bound(u.a), 0, lower);
    e.setBnd(e.bound(u.a), 1, upper);
  });

  // A pointer that is not the one stored loads INIT, silently. The host walks for 32-bit code, whose tables have another form.
  define(
    'bndldx',
    'b,m',
    [8],
    (e, u) => {
      const { lap, pointer } = slot(e, u.b);
      const entry = cachedEntry(e, lap, CacheField.READ_PAGE, u);
      const matches = e.let(e.cmp('eq', e.load('i64', 8, entry, Entry.POINTER), pointer));
      const lower = e.let(e.select(matches, e.load('i64', 8, entry, Entry.LOWER), e.i64(0)));
      const upper = e.let(e.select(matches, e.load('i64', 8, entry, Entry.UPPER), e.i64(0)));
      e.setBnd(e.bound(u.a), 0, lower);
      e.setBnd(e.bound(u.a), 1, upper);
    },
    MIB,
  );

  // The reserved word of the entry stays as it is.
  define(
    'bndstx',
    'm,c',
    [8],
    (e, u) => {
      const { lap, pointer } = slot(e, u.a);
      const entry = cachedEntry(e, lap, CacheField.WRITE_PAGE, u);
      e.storeAt(entry, 8, e.bnd(e.bound(u.b), 0), Entry.LOWER);
      e.storeAt(entry, 8, e.bnd(e.bound(u.b), 1), Entry.UPPER);
      e.storeAt(entry, 8, pointer, Entry.POINTER);
    },
    MIB,
  );
});
