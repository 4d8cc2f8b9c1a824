/** Helper functions a generated module contains: conditions of flags whose kind is only known at run time, wide products, fused sums, and exactness. */
import { pushUnsigned } from './bytes.ts';
import { inexactDoubles, inexactSingles, inexactSum } from './exactness.ts';
import {
  CC,
  conditionOf,
  FLAG_CARRY_SHIFT,
  FLAG_CODE_MASK,
  FLAG_KINDS,
  FLAG_OVERFLOW_SHIFT,
  FLAG_OVERRIDDEN,
  FLAG_SIZES,
} from './flags.ts';
import { fusedDoubles, fusedSingles } from './fused.ts';
import { Op } from './opcodes.ts';
import { type Helper, Statements } from './statements.ts';
import type { I32, I64, Ty, V128 } from './value.ts';

/** In the order of their function indexes. */
export const HELPERS: readonly Helper[] = [
  'condition0',
  'condition1',
  'condition2',
  'condition3',
  'condition4',
  'condition5',
  'condition6',
  'condition7',
  'condition8',
  'multiplyHighUnsigned',
  'multiplyHighSigned',
  'flagsWord',
  'fusedDoubles',
  'fusedSingles',
  'inexactSum4',
  'inexactSum8',
  'inexactProduct4',
  'inexactProduct8',
];

const FLAG_PARAMETERS: readonly Ty[] = ['i32', 'i64', 'i64', 'i64'];
const FACTORS: readonly Ty[] = ['i64', 'i64'];
const VECTORS: readonly Ty[] = ['v128', 'v128', 'v128'];
const TERMS: readonly Ty[] = ['v128', 'v128'];

/** What a helper takes and gives: all that a module needs to import it. */
export function helperSignature(name: Helper): { parameters: readonly Ty[]; result: Ty } {
  if (name.startsWith('inexactSum')) return { parameters: TERMS, result: 'v128' };
  if (name.startsWith('fused') || name.startsWith('inexact')) return { parameters: VECTORS, result: 'v128' };
  return name.startsWith('multiply')
    ? { parameters: FACTORS, result: 'i64' }
    : { parameters: FLAG_PARAMETERS, result: 'i32' };
}

export interface HelperFunction {
  name: Helper;
  parameters: readonly Ty[];
  result: Ty;
  body: Uint8Array;
}

class HelperEmit extends Statements {
  constructor(
    parameters: readonly Ty[],
    private readonly firstIndex: number,
  ) {
    super(parameters.length);
  }
  protected helperIndex(name: Helper): number {
    return this.firstIndex + HELPERS.indexOf(name);
  }
  i32Parameter(n: number): I32 {
    return this.localValue('i32', n);
  }
  i64Parameter(n: number): I64 {
    return this.localValue('i64', n);
  }
  v128Parameter(n: number): V128 {
    return this.localValue('v128', n);
  }
  function(name: Helper): HelperFunction {
    return { name, ...helperSignature(name), body: this.body() };
  }
}

/** All helpers; `firstIndex` is the function index the first will have in the module. */
export function helperFunctions(firstIndex: number): HelperFunction[] {
  const conditions = Array.from({ length: 9 }, (_, base) => conditionHelper(base, firstIndex));
  return [
    ...conditions,
    multiplyHighUnsigned(firstIndex),
    multiplyHighSigned(firstIndex),
    flagsWord(firstIndex),
    ...fused(firstIndex),
    ...exactness(firstIndex),
  ];
}

/** Conditions that look at CF or OF, in terms of the overriding bits and of other conditions. */
function overriddenCondition(e: HelperEmit, base: number): I32 | undefined {
  const kind = e.i32Parameter(0);
  const bit = (n: number) => e.and(e.shr(kind, e.i32(n)), e.i32(1));
  const carry = bit(FLAG_CARRY_SHIFT);
  const overflow = bit(FLAG_OVERFLOW_SHIFT);
  const other = (n: number) => {
    const name = `condition${n}` as Helper;
    return e.call(name, 'i32', [kind, e.i64Parameter(1), e.i64Parameter(2), e.i64Parameter(3)]);
  };
  switch (base) {
    case 0:
      return overflow;
    case 1:
      return carry;
    case 3:
      return e.or(carry, other(2));
    case 6:
      return e.xor(other(4), overflow);
    case 7:
      return e.or(other(2), e.xor(other(4), overflow));
    default:
      return undefined;
  }
}

/** `condition<base>(kind, a, b, c)`: a jump table over all kinds and sizes. */
function conditionHelper(base: number, firstIndex: number): HelperFunction {
  const e = new HelperEmit(FLAG_PARAMETERS, firstIndex);
  const overridden = overriddenCondition(e, base);
  if (overridden) {
    e.if(e.and(e.i32Parameter(0), e.i32(FLAG_OVERRIDDEN)), () => {
      e.put(overridden);
      e.code.push(Op.return);
    });
  }
  const cases = FLAG_KINDS.flatMap((kind) => FLAG_SIZES.map((size) => ({ kind, size })));
  for (const _ of cases) e.code.push(Op.block, Op.void);
  e.put(e.and(e.i32Parameter(0), e.i32(FLAG_CODE_MASK)));
  e.code.push(Op.brTable);
  pushUnsigned(e.code, cases.length - 1);
  for (let i = 0; i < cases.length; i++) pushUnsigned(e.code, i);
  for (const { kind, size } of cases) {
    e.code.push(Op.end);
    e.begin();
    e.put(conditionOf(e, kind, size, base * 2, e.i64Parameter(1), e.i64Parameter(2), e.i64Parameter(3)));
    e.code.push(Op.return);
  }
  e.code.push(Op.unreachable);
  return e.function(`condition${base}` as Helper);
}

/** High half of the unsigned product, by 32-bit parts. */
function highUnsigned(e: Statements, a: I64, b: I64): I64 {
  const mask = e.i64(0xffff_ffffn);
  const half = e.i64(32);
  const aLow = e.let(e.and(a, mask));
  const aHigh = e.let(e.shr(a, half));
  const bLow = e.let(e.and(b, mask));
  const bHigh = e.let(e.shr(b, half));
  const middle = e.let(e.add(e.mul(aHigh, bLow), e.shr(e.mul(aLow, bLow), half)));
  const cross = e.let(e.add(e.and(middle, mask), e.mul(aLow, bHigh)));
  return e.add(e.add(e.mul(aHigh, bHigh), e.shr(middle, half)), e.shr(cross, half));
}

function multiplyHighUnsigned(firstIndex: number): HelperFunction {
  const e = new HelperEmit(FACTORS, firstIndex);
  e.put(highUnsigned(e, e.i64Parameter(0), e.i64Parameter(1)));
  return e.function('multiplyHighUnsigned');
}

function multiplyHighSigned(firstIndex: number): HelperFunction {
  const e = new HelperEmit(FACTORS, firstIndex);
  const a = e.i64Parameter(0);
  const b = e.i64Parameter(1);
  const high = e.let(highUnsigned(e, a, b));
  const ifNegative = (x: I64, y: I64) => e.and(e.sar(x, e.i64(63)), y);
  e.put(e.sub(e.sub(high, ifNegative(a, b)), ifNegative(b, a)));
  return e.function('multiplyHighSigned');
}

/** `flagsWord(kind, a, b, c)`: CF PF AF ZF SF OF in EFLAGS positions. */
function flagsWord(firstIndex: number): HelperFunction {
  const e = new HelperEmit(FLAG_PARAMETERS, firstIndex);
  const at = [
    [CC.B, 0],
    [CC.P, 2],
    [CC.AF, 4],
    [CC.E, 6],
    [CC.S, 7],
    [CC.O, 11],
  ];
  const bits = at.map(([condition, bit]) => {
    const name = `condition${condition >> 1}` as Helper;
    const value = e.call(name, 'i32', [e.i32Parameter(0), e.i64Parameter(1), e.i64Parameter(2), e.i64Parameter(3)]);
    return e.shl(value, e.i32(bit));
  });
  e.put(bits.reduce((word, bit) => e.or(word, bit)));
  return e.function('flagsWord');
}

function fused(firstIndex: number): HelperFunction[] {
  return (['fusedDoubles', 'fusedSingles'] as const).map((name) => {
    const e = new HelperEmit(VECTORS, firstIndex);
    const [a, b, c] = [e.v128Parameter(0), e.v128Parameter(1), e.v128Parameter(2)];
    e.put(name === 'fusedDoubles' ? fusedDoubles(e, a, b, c) : fusedSingles(e, a, b, c));
    return e.function(name);
  });
}

/** `inexactSum<p>(a, b)` and `inexactProduct<p>(a, b, product)` of numbers of p bytes: lanes set where the result is inexact. */
function exactness(firstIndex: number): HelperFunction[] {
  const sums = ([4, 8] as const).map((p) => {
    const e = new HelperEmit(TERMS, firstIndex);
    e.put(inexactSum(e, p === 4 ? 'f32x4' : 'f64x2', e.v128Parameter(0), e.v128Parameter(1)));
    return e.function(`inexactSum${p}`);
  });
  const products = ([4, 8] as const).map((p) => {
    const e = new HelperEmit(VECTORS, firstIndex);
    const [a, b, product] = [e.v128Parameter(0), e.v128Parameter(1), e.v128Parameter(2)];
    e.put(p === 4 ? inexactSingles(e, a, b, product) : inexactDoubles(e, a, b, product));
    return e.function(`inexactProduct${p}`);
  });
  return [...sums, ...products];
}
