/** BMI1, BMI2, LZCNT, MOVBE and ADX: general registers, three operands. PDEP and PEXT are left to the host. */
import type { Emit } from '../emit/emit.ts';
import { CC } from '../emit/flags.ts';
import type { I32, IntV } from '../emit/value.ts';
import type { Insn, Size } from '../insn.ts';
import { swapped } from './bits.ts';
import { semantics } from './table.ts';

const RDX = 2;
const SIZES: readonly Size[] = [4, 8];
const MEMORY = { memory: [] } as const;

/** ZF and SF of the result, OF = 0, CF as given; the others are undefined. */
function resultFlags(e: Emit, u: Insn, result: IntV, carry: I32): void {
  const cf = e.let(carry);
  e.setFlags('logic', u.size, result);
  e.overrideCarry(cf, e.i32(0));
}

const width = (u: Insn): number => u.size * 8;
const one = (e: Emit, v: IntV): IntV => e.k(v.ty, 1);

/** The lowest `count` bits; `count` is at most the operand's width. */
function lowMask(e: Emit, u: Insn, count: IntV): IntV {
  const all = e.k(count.ty, -1);
  const mask = e.shr(all, e.sub(e.k(count.ty, width(u)), count));
  // WebAssembly shifts modulo the width.
  return e.select(e.eqz(count), e.k(count.ty, 0), mask);
}

/** The byte of a register operand from bit `at` on. */
const byteOf = (e: Emit, v: IntV, at: number): IntV => e.and(e.shr(v, e.k(v.ty, at)), e.k(v.ty, 0xff));

export const bmi = semantics((define) => {
  define(
    'andn',
    'r,v,s r,v,m',
    SIZES,
    (e, u) => {
      const b = e.rd(u.b, u.size);
      const result = e.let(e.and(e.complement(e.rd(u.v, u.size)), b));
      e.wr(u.a, u.size, result);
      e.setFlags('logic', u.size, result);
    },
    MEMORY,
  );

  define(
    'blsi blsmsk blsr',
    'r,s r,m',
    SIZES,
    (e, u, op) => {
      const b = e.rd(u.b, u.size);
      const below = e.sub(b, one(e, b));
      const lowest = () => e.and(b, e.sub(e.k(b.ty, 0), b));
      const result = e.let(op === 'blsi' ? lowest() : op === 'blsr' ? e.and(b, below) : e.xor(b, below));
      e.wr(u.a, u.size, result);
      const zero = e.eqz(b);
      resultFlags(e, u, result, op === 'blsi' ? e.eqz(zero) : zero);
    },
    MEMORY,
  );

  define(
    'bextr bzhi',
    'r,v,s r,v,m',
    SIZES,
    (e, u, op) => {
      const source = e.rd(u.b, u.size);
      const control = e.rd(u.v, u.size);
      const limit = e.k(source.ty, width(u));
      const clamped = (v: IntV) => {
        const n = e.let(v);
        return e.let(e.select(e.cmp('ltU', n, limit), n, limit));
      };
      if (op === 'bzhi') {
        const count = clamped(byteOf(e, control, 0));
        const result = e.let(e.and(source, lowMask(e, u, count)));
        e.wr(u.a, u.size, result);
        resultFlags(e, u, result, e.cmp('eq', count, limit));
        return;
      }
      const start = clamped(byteOf(e, control, 0));
      const length = clamped(byteOf(e, control, 8));
      const inside = e.cmp('ltU', start, limit);
      const moved = e.select(inside, e.shr(source, start), e.k(source.ty, 0));
      const result = e.let(e.and(moved, lowMask(e, u, length)));
      e.wr(u.a, u.size, result);
      resultFlags(e, u, result, e.i32(0));
    },
    MEMORY,
  );

  // The high half is written last: it stays where both destinations are one register.
  define(
    'mulx',
    'r,v,s r,v,m',
    SIZES,
    (e, u) => {
      const b = e.rd(u.b, u.size);
      const a = e.rd(e.gpr(RDX, u.size), u.size);
      if (u.size === 8) {
        const high = e.let(e.call('multiplyHighUnsigned', 'i64', [a, b]));
        e.wr(u.v, 8, e.let(e.mul(a, b)));
        e.wr(u.a, 8, high);
        return;
      }
      const product = e.let(e.mul(e.zx(a), e.zx(b)));
      e.wr(u.v, 4, e.let(e.wrap(product)));
      e.wr(u.a, 4, e.let(e.wrap(e.shr(product, e.i64(32)))));
    },
    MEMORY,
  );

  define(
    'rorx',
    'r,s,i r,m,i',
    SIZES,
    (e, u) => {
      const source = e.rd(u.b, u.size);
      const count = e.natural(u.size, e.zx(e.rd(u.c, 1)));
      e.wr(u.a, u.size, e.bin('rotr', source, count));
    },
    MEMORY,
  );

  // Shifts in WebAssembly mask their count as these do.
  define(
    'shlx shrx sarx',
    'r,v,s r,v,m',
    SIZES,
    (e, u, op) => {
      const source = e.rd(u.b, u.size);
      e.wr(u.a, u.size, e.bin(op.slice(0, 3) as 'shl' | 'shr' | 'sar', source, e.rd(u.v, u.size)));
    },
    MEMORY,
  );

  // CF = the source is zero, ZF = the result is; the others are undefined.
  define(
    'tzcnt lzcnt',
    'r,s r,m',
    [2, 4, 8],
    (e, u, op) => {
      const source = e.rd(u.b, u.size);
      const narrow = u.size === 2;
      const trailing = () => e.un('ctz', narrow ? e.or(source, e.i32(0x10000)) : source);
      const leading = () => (narrow ? e.sub(e.un('clz', source), e.i32(16)) : e.un('clz', source));
      const result = e.let(op === 'tzcnt' ? trailing() : leading());
      const empty = e.let(e.eqz(source));
      e.wr(u.a, u.size, result);
      resultFlags(e, u, result, empty);
    },
    MEMORY,
  );

  define('movbe', 'r,m m,s', [2, 4, 8], (e, u) => e.wr(u.a, u.size, swapped(e, u.size, e.rd(u.b, u.size))), MEMORY);

  // ADCX carries through CF alone, ADOX through OF alone.
  define(
    'adcx adox',
    'r,s r,m',
    SIZES,
    (e, u, op) => {
      const b = e.rd(u.b, u.size);
      const a = e.rd(u.a, u.size);
      const kept = e.let(e.cc(op === 'adcx' ? CC.O : CC.B));
      const carry = e.cc(op === 'adcx' ? CC.B : CC.O);
      const half = e.let(e.add(a, b));
      const sum = e.let(e.add(half, e.natural(u.size, e.zx(carry))));
      const out = e.let(e.or(e.cmp('ltU', half, a), e.cmp('ltU', sum, half)));
      e.wr(u.a, u.size, sum);
      if (op === 'adcx') e.overrideCarry(out, kept);
      else e.overrideCarry(kept, out);
    },
    MEMORY,
  );
});
