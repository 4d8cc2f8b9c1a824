/** Moves, extensions, exchanges, conditional moves, and what only names an address or a flag. */
import { CC, Flag } from '../emit/flags.ts';
import { State } from '../emit/state.ts';
import { ALL_SIZES, semantics, WORD_SIZES } from './table.ts';

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const INDEXED = { memory: ['plain', 'indexed'] } as const;
/** The flags LAHF and SAHF move. */
const LOW_FLAGS = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF;

export const move = semantics((define) => {
  define('mov', 'r,s m,s r,m', ALL_SIZES, (e, u) => e.wr(u.a, u.size, e.rd(u.b, u.size)), INDEXED);

  define(
    'movzx',
    'r,s r,m',
    WORD_SIZES,
    (e, u) => {
      const source = e.rd(u.b, u.b && 'size' in u.b && u.b.size === 1 ? 1 : 2);
      e.wr(u.a, u.size, u.size === 8 ? e.zx(source) : source);
    },
    { sourceSizes: [1, 2], ...INDEXED },
  );

  define(
    'movsx',
    'r,s r,m',
    WORD_SIZES,
    (e, u) => {
      const size = u.b && 'size' in u.b && u.b.size === 1 ? 1 : u.b && 'size' in u.b && u.b.size === 2 ? 2 : 4;
      const source = e.rd(u.b, size);
      e.wr(u.a, u.size, u.size === 8 ? e.sx64(size, source) : e.trunc(u.size, e.sx(size, source)));
    },
    { sourceSizes: [1, 2, 4], ...INDEXED },
  );

  define('lea', 'r,m', WORD_SIZES, (e, u) => e.wr(u.a, u.size, e.trunc(u.size, e.natural(u.size, e.ea(u.b)))), INDEXED);

  define('xchg', 'r,s m,s', ALL_SIZES, (e, u) => {
    const [a, write] = e.modify(u.a, u.size, u);
    const b = e.rd(u.b, u.size);
    write(b);
    e.wr(u.b, u.size, a);
  });

  define('xadd', 'r,s m,s', ALL_SIZES, (e, u) => {
    const [a, write] = e.modify(u.a, u.size, u);
    const b = e.rd(u.b, u.size);
    e.wr(u.b, u.size, a);
    write(e.trunc(u.size, e.add(a, b)));
    e.setFlags('add', u.size, a, b);
  });

  define('cmpxchg', 'r,s m,s', ALL_SIZES, (e, u) => {
    const [old, write] = e.modify(u.a, u.size, u);
    const accumulator = e.rd(e.gpr(RAX, u.size), u.size);
    const source = e.rd(u.b, u.size);
    const equal = e.let(e.cmp('eq', accumulator, old));
    write(e.select(equal, source, old));
    e.if(e.eqz(equal), () => e.wr(e.gpr(RAX, u.size), u.size, old));
    e.setFlags('sub', u.size, accumulator, old);
  });

  // Only ZF changes. 16 bytes must be aligned (#GP).
  define('cmpxchg8b cmpxchg16b', 'm', [8, 16], (e, u, op) => {
    const half = op === 'cmpxchg8b' ? 4 : 8;
    const address = e.let(e.address(u.a));
    if (half === 8) e.align16(address, u);
    const at = e.access(address, half * 2, true, u);
    const low = e.let(e.loadAt(at, half));
    const high = e.let(e.loadAt(at, half, half));
    const register = (n: number) => e.rd(e.gpr(n, half), half);
    const equal = e.let(e.and(e.cmp('eq', low, register(RAX)), e.cmp('eq', high, register(RDX))));
    const kept = e.and(e.flagsWord(), e.i32(~Flag.ZF));
    const flags = e.let(e.or(kept, e.shl(equal, e.i32(6))));
    e.storeAt(at, half, e.select(equal, register(RBX), low));
    e.storeAt(at, half, e.select(equal, register(RCX), high), half);
    e.if(e.eqz(equal), () => {
      e.wr(e.gpr(RAX, half), half, low);
      e.wr(e.gpr(RDX, half), half, high);
    });
    e.setFlagsWord(flags);
  });

  define('setcc', 'r m', [1], (e, u) => e.wr(u.a, 1, e.cc(u.cc)), { conditional: true });

  // Memory is read, and a 32-bit destination zero-extended, whatever the condition.
  define(
    'cmov',
    'r,s r,m',
    WORD_SIZES,
    (e, u) => {
      const source = e.rd(u.b, u.size);
      const old = e.rd(u.a, u.size);
      e.wr(u.a, u.size, e.select(e.cc(u.cc), source, old));
    },
    { conditional: true },
  );

  // CBW, CWDE, CDQE: by the size of the result.
  define('cbw', '-', WORD_SIZES, (e, u) => {
    const half = u.size === 2 ? 1 : u.size === 4 ? 2 : 4;
    const source = e.rd(e.gpr(RAX, half), half);
    const wide = u.size === 8 ? e.sx64(half, source) : e.trunc(u.size, e.sx(half, source));
    e.wr(e.gpr(RAX, u.size), u.size, wide);
  });

  // CWD, CDQ, CQO: the sign of RAX fills RDX.
  define('cwd', '-', WORD_SIZES, (e, u) => {
    const source = e.rd(e.gpr(RAX, u.size), u.size);
    const sign = e.sar(e.sx(u.size, source), e.k(source.ty, u.size === 8 ? 63 : 31));
    e.wr(e.gpr(RDX, u.size), u.size, e.trunc(u.size, sign));
  });

  define('lahf', '-', [8], (e) => {
    const flags = e.or(e.and(e.flagsWord(), e.i32(LOW_FLAGS)), e.i32(2));
    e.wr(e.gpr(RAX, 1, true), 1, flags);
  });

  define('sahf', '-', [8], (e) => {
    const overflow = e.shl(e.cc(CC.O), e.i32(11));
    const loaded = e.and(e.rd(e.gpr(RAX, 1, true), 1), e.i32(LOW_FLAGS));
    e.setFlagsWord(e.let(e.or(loaded, overflow)));
  });

  define('cld std', '-', [8], (e, _u, op) => e.setState(4, State.DF, e.i32(op === 'std' ? 1 : 0)));

  define('nop', '-', [8], () => {});
});
