/** Addition, subtraction, logic, comparison, multiplication and division (SDM Vol. 2). */
import type { Emit } from '../emit/emit.ts';
import { CC, Flag } from '../emit/flags.ts';
import type { I64, IntV } from '../emit/value.ts';
import type { Insn } from '../insn.ts';
import { ALL_SIZES, ALU_FORMS, semantics, WORD_SIZES } from './table.ts';

const RAX = 0;
const RDX = 2;
const INDEXED = { memory: ['plain', 'indexed'] } as const;

/** Operands of a two-operand instruction: old destination, source, writer of the destination. */
function both(e: Emit, u: Insn): [a: IntV, b: IntV, write: (v: IntV) => void] {
  if (u.b?.kind === 'mem') {
    const b = e.rd(u.b, u.size);
    return [e.rd(u.a, u.size), b, (v) => e.wr(u.a, u.size, v)];
  }
  const [a, write] = e.modify(u.a, u.size, u);
  return [a, e.rd(u.b, u.size), write];
}

function readBoth(e: Emit, u: Insn): [a: IntV, b: IntV] {
  return [e.rd(u.a, u.size), e.rd(u.b, u.size)];
}

export const arithmetic = semantics((define) => {
  define(
    'add sub',
    ALU_FORMS,
    ALL_SIZES,
    (e, u, op) => {
      const [a, b, write] = both(e, u);
      write(e.trunc(u.size, op === 'add' ? e.add(a, b) : e.sub(a, b)));
      e.setFlags(op === 'add' ? 'add' : 'sub', u.size, a, b);
    },
    INDEXED,
  );

  define('adc sbb', ALU_FORMS, ALL_SIZES, (e, u, op) => {
    const [a, b, write] = both(e, u);
    const carry = e.let(e.natural(u.size, e.zx(e.cc(CC.B))));
    write(e.trunc(u.size, op === 'adc' ? e.add(e.add(a, b), carry) : e.sub(e.sub(a, b), carry)));
    e.setFlags(op === 'adc' ? 'adc' : 'sbb', u.size, a, b, carry);
  });

  define(
    'and or xor',
    ALU_FORMS,
    ALL_SIZES,
    (e, u, op) => {
      const [a, b, write] = both(e, u);
      const result = e.let(op === 'and' ? e.and(a, b) : op === 'or' ? e.or(a, b) : e.xor(a, b));
      write(result);
      e.setFlags('logic', u.size, result);
    },
    INDEXED,
  );

  define(
    'cmp',
    ALU_FORMS,
    ALL_SIZES,
    (e, u) => {
      const [a, b] = readBoth(e, u);
      e.setFlags('sub', u.size, a, b);
    },
    INDEXED,
  );

  define('test', 'r,s m,s', ALL_SIZES, (e, u) => {
    const [a, b] = readBoth(e, u);
    e.setFlags('logic', u.size, e.and(a, b));
  });

  // XOR of a register with itself: the result does not depend on it.
  define('zero', 'r', [4, 8], (e, u) => {
    const zero = e.k(e.typeOf(u.size), 0);
    e.wr(u.a, u.size, zero);
    e.setFlags('logic', u.size, zero);
  });

  define('inc dec', 'r m', ALL_SIZES, (e, u, op) => {
    const [a, write] = e.modify(u.a, u.size, u);
    const carry = e.let(e.cc(CC.B));
    const one = e.k(a.ty, 1);
    write(e.trunc(u.size, op === 'inc' ? e.add(a, one) : e.sub(a, one)));
    e.setFlags(op === 'inc' ? 'inc' : 'dec', u.size, a, undefined, carry);
  });

  define('neg', 'r m', ALL_SIZES, (e, u) => {
    const [a, write] = e.modify(u.a, u.size, u);
    const zero = e.k(a.ty, 0);
    write(e.trunc(u.size, e.sub(zero, a)));
    e.setFlags('sub', u.size, zero, a);
  });

  define('not', 'r m', ALL_SIZES, (e, u) => {
    const [a, write] = e.modify(u.a, u.size, u);
    write(e.trunc(u.size, e.complement(a)));
  });

  define('imul', 'r,s r,m', WORD_SIZES, (e, u) => {
    const b = e.rd(u.b, u.size);
    const a = e.rd(u.a, u.size);
    e.wr(u.a, u.size, e.trunc(u.size, e.mul(a, b)));
    e.setFlags('mul', u.size, a, b);
  });

  define('imul3', 'r,s,i r,m,i', WORD_SIZES, (e, u) => {
    const a = e.rd(u.b, u.size);
    const b = e.rd(u.c, u.size);
    e.wr(u.a, u.size, e.trunc(u.size, e.mul(a, b)));
    e.setFlags('mul', u.size, a, b);
  });

  // RDX:RAX ← RAX × operand. CF = OF = the high half is significant; the other flags are undefined (here: clear).
  define('mul imul1', 's m', ALL_SIZES, (e, u, op) => {
    const signed = op === 'imul1';
    const b = e.rd(u.a, u.size);
    const a = e.rd(e.gpr(RAX, u.size), u.size);
    let significant: IntV;
    if (u.size === 8) {
      const helper = signed ? 'multiplyHighSigned' : 'multiplyHighUnsigned';
      const high = e.let(e.call(helper, 'i64', [a, b]));
      const low = e.let(e.mul(a as I64, b as I64));
      e.setReg(RAX, low);
      e.setReg(RDX, high);
      significant = e.cmp('ne', high, signed ? e.sar(low, e.i64(63)) : e.i64(0));
    } else {
      const wide = (v: IntV) => (signed ? e.sx64(u.size, v) : e.zx(v));
      const product = e.let(e.mul(wide(a), wide(b)));
      const bits = e.i64(u.size * 8);
      writeHalves(e, u, product, e.shr(product, bits));
      const narrow = e.let(e.trunc(u.size, e.wrap(product)));
      significant = e.cmp('ne', product, wide(narrow));
    }
    const flag = e.let(significant);
    e.setFlagsWord(e.select(e.wrap(flag), e.i32(Flag.CF | Flag.OF), e.i32(0)));
  });

  // RDX holds no more than the sign almost always; dividing 128 bits, and the errors, are left to the host.
  define('div idiv', 's m', [8], (e, u, op) => {
    const signed = op === 'idiv';
    const divisor = e.rd(u.a, 8) as I64;
    const low = e.let(e.reg(RAX));
    e.if(e.cmp('ne', e.reg(RDX), signed ? e.sar(low, e.i64(63)) : e.i64(0)), () => e.host(u));
    e.if(e.eqz(divisor), () => e.host(u));
    if (signed) {
      const overflows = e.and(e.cmp('eq', divisor, e.i64(-1)), e.cmp('eq', low, e.i64(-(1n << 63n))));
      e.if(overflows, () => e.host(u));
    }
    const quotient = e.let(e.bin(signed ? 'divS' : 'divU', low, divisor));
    const remainder = e.let(e.bin(signed ? 'remS' : 'remU', low, divisor));
    e.setReg(RAX, quotient);
    e.setReg(RDX, remainder);
  });

  define('div idiv', 's m', [1, 2, 4], (e, u, op) => {
    const signed = op === 'idiv';
    const wide = (v: IntV) => e.let(signed ? e.sx64(u.size, v) : e.zx(v));
    const divisor = wide(e.rd(u.a, u.size));
    const bits = u.size * 8;
    const low = e.zx(e.rd(e.gpr(RAX, u.size), u.size));
    const high = e.zx(u.size === 1 ? e.rd(e.gpr(RAX, 1, true), 1) : e.rd(e.gpr(RDX, u.size), u.size));
    const joined = e.or(e.shl(high, e.i64(bits)), low);
    const dividend = e.let(signed && u.size < 4 ? signExtendPair(e, u, joined) : joined);
    e.if(e.eqz(divisor), () => e.trap(0, u));
    // −2^63 ÷ −1 would trap in WebAssembly too; its quotient does not fit anyway.
    if (signed && u.size === 4) {
      const overflows = e.and(e.cmp('eq', divisor, e.i64(-1)), e.cmp('eq', dividend, e.i64(-(1n << 63n))));
      e.if(overflows, () => e.trap(0, u));
    }
    const quotient = e.let(e.bin(signed ? 'divS' : 'divU', dividend, divisor));
    const narrow = e.let(e.trunc(u.size, e.wrap(quotient)));
    e.if(e.cmp('ne', quotient, signed ? e.sx64(u.size, narrow) : e.zx(narrow)), () => e.trap(0, u));
    const remainder = e.let(e.bin(signed ? 'remS' : 'remU', dividend, divisor));
    if (u.size === 1) {
      e.wr(e.gpr(RAX, 1), 1, narrow);
      e.wr(e.gpr(RAX, 1, true), 1, e.trunc(1, e.wrap(remainder)));
    } else {
      e.wr(e.gpr(RAX, u.size), u.size, narrow);
      e.wr(e.gpr(RDX, u.size), u.size, e.trunc(u.size, e.wrap(remainder)));
    }
  });
});

/** Low half to AL/AX/EAX, high half to AH/DX/EDX; an 8-bit product is AX as a whole. */
function writeHalves(e: Emit, u: Insn, product: I64, high: I64): void {
  if (u.size === 1) {
    e.wr(e.gpr(RAX, 2), 2, e.trunc(2, e.wrap(product)));
    return;
  }
  e.wr(e.gpr(RAX, u.size), u.size, e.trunc(u.size, e.wrap(product)));
  e.wr(e.gpr(RDX, u.size), u.size, e.trunc(u.size, e.wrap(high)));
}

/** The double-width dividend of an 8- or 16-bit IDIV as a signed 64-bit value. */
function signExtendPair(e: Emit, u: Insn, joined: I64): I64 {
  return u.size === 1 ? e.convert('i64Extend16S', joined) : e.convert('i64Extend32S', joined);
}
