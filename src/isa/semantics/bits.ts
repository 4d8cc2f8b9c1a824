/** Bit tests, bit scans and byte swaps. */
import type { Emit } from '../emit/emit.ts';
import { CC } from '../emit/flags.ts';
import type { I64, IntV } from '../emit/value.ts';
import type { Insn, Size } from '../insn.ts';
import { semantics, WORD_SIZES } from './table.ts';

/**
 * The word that holds the bit and the bit's number in it. With a register as bit offset, memory is a bit string: the offset, signed,
 * reaches words before and behind the operand (SDM Vol. 1, 4.2.2).
 */
function bitOf(e: Emit, u: Insn, write: boolean): [word: IntV, bit: IntV, store: (v: IntV) => void] {
  const offset = e.rd(u.b, u.size);
  const bit = e.let(e.and(offset, e.k(offset.ty, u.size * 8 - 1)));
  if (u.a?.kind === 'mem' && u.b?.kind === 'reg') {
    const shift = Math.log2(u.size * 8);
    const words = e.sar(e.sx64(u.size, offset), e.i64(shift));
    const place = e.linear(e.add(e.address(u.a), e.mul(words, e.i64(u.size))));
    const at = e.access(place, u.size, write, u);
    return [e.let(e.loadAt(at, u.size)), bit, (v) => e.storeAt(at, u.size, v)];
  }
  if (!write) return [e.rd(u.a, u.size), bit, () => {}];
  const [word, store] = e.modify(u.a, u.size, u);
  return [word, bit, store];
}

export const bits = semantics((define) => {
  // CF = the bit; ZF is kept, the others are undefined (kept but for OF, which is cleared).
  define('bt bts btr btc', 'r,s m,i m,s', WORD_SIZES, (e, u, op) => {
    const [word, bit, store] = bitOf(e, u, op !== 'bt');
    const mask = e.let(e.shl(e.k(word.ty, 1), bit));
    const carry = e.let(e.wrap(e.and(e.shr(word, bit), e.k(word.ty, 1))));
    if (op === 'bts') store(e.or(word, mask));
    else if (op === 'btr') store(e.and(word, e.complement(mask)));
    else if (op === 'btc') store(e.trunc(u.size, e.xor(word, mask)));
    e.overrideCarry(carry, e.i32(0));
  });

  // All flags but ZF are cleared.
  define('popcnt', 'r,s r,m', WORD_SIZES, (e, u) => {
    const source = e.rd(u.b, u.size);
    e.wr(u.a, u.size, e.let(e.un('popcnt', source)));
    e.setFlagsWord(e.select(e.eqz(source), e.i32(0x40), e.i32(0)));
  });

  // ZF = the source is zero, and then the destination is kept (as all CPUs do).
  define('bsf bsr', 'r,s r,m', WORD_SIZES, (e, u, op) => {
    const source = e.rd(u.b, u.size);
    const top = e.k(source.ty, u.size === 8 ? 63 : 31);
    const index = op === 'bsf' ? e.un('ctz', source) : e.sub(top, e.un('clz', source));
    e.if(e.eqz(e.eqz(source)), () => e.wr(u.a, u.size, index));
    e.setFlags('logic', u.size, source);
  });

  define('bswap', 'r', WORD_SIZES, (e, u) => {
    const v = e.rd(u.a, u.size);
    // The 16-bit form is undefined; CPUs give zero.
    e.wr(u.a, u.size, u.size === 2 ? e.i32(0) : swapped(e, u.size, v));
  });

  // The carry flag alone.
  define('clc stc cmc', '-', [8], (e, _u, op) => {
    const overflow = e.let(e.cc(CC.O));
    const carry = op === 'cmc' ? e.cc(CC.AE) : e.i32(op === 'stc' ? 1 : 0);
    e.overrideCarry(e.let(carry), overflow);
  });
});

/** The bytes of a pinned value of 2, 4 or 8 bytes in reverse order. */
export function swapped(e: Emit, size: Size, v: IntV): IntV {
  if (size === 2) return e.shr(swap32(e, v), e.i32(16));
  if (size === 4) return swap32(e, v);
  const low = e.zx(swap32(e, e.let(e.wrap(v))));
  const high = e.zx(swap32(e, e.let(e.wrap(e.shr(v as I64, e.i64(32))))));
  return e.or(e.shl(low, e.i64(32)), high);
}

function swap32(e: Emit, v: IntV): IntV {
  const even = e.i32(0x00ff00ff);
  const rotated = (n: number) => e.bin('rotl', v, e.i32(n));
  return e.or(e.and(rotated(8), even), e.and(rotated(24), e.i32(0xff00ff00)));
}
