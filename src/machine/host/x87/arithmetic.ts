/** Arithmetic: FADD … FDIVR with their popping and integer forms, and the operations on ST(0) and ST(1). */
import { add, divide, multiply, root, subtract } from '../../float/arithmetic.ts';
import type { FloatContext } from '../../float/context.ts';
import { type Extended, INDEFINITE, isNan, kindOf, negated, ONE } from '../../float/extended.ts';
import { extract, remainder, roundToInteger, scale } from '../../float/remainder.ts';
import { CONDITION_CODES, Status } from '../../float/status.ts';
import {
  arctangent,
  cosine,
  logarithm,
  logarithmPlusOne,
  powerOfTwoMinusOne,
  sine,
  type TrigonometricFunction,
  tangent,
} from '../../float/transcendental.ts';
import type { HostFunction } from '../context.ts';
import { integerOperand, memoryOperand, realOperand, stackRegister, x87 } from './instruction.ts';

type Binary = (context: FloatContext, a: Extended, b: Extended) => Extended;

const swapped =
  (operation: Binary): Binary =>
  (context, a, b) =>
    operation(context, b, a);

/** Destination ← destination op source; memory operands work on ST(0). */
const binary = (operation: Binary, pops: boolean): HostFunction =>
  x87((fpu, insn) => {
    const memory = memoryOperand(fpu, insn);
    const to = memory ? 0 : stackRegister(insn.a, 1);
    const from = memory ? to : stackRegister(insn.b, 0);
    if (fpu.underflows(to, from)) fpu.set(to, INDEFINITE);
    else {
      const source = memory ? realOperand(memory) : fpu.get(from);
      fpu.set(to, operation(fpu.float, fpu.get(to), source));
    }
    if (pops) fpu.pop();
  });

const integer = (operation: Binary): HostFunction =>
  x87((fpu, insn) => {
    const memory = memoryOperand(fpu, insn);
    if (!memory) throw new TypeError(`${insn.op} without memory`);
    if (fpu.underflows(0)) fpu.set(0, INDEFINITE);
    else fpu.set(0, operation(fpu.float, fpu.get(0), integerOperand(memory)));
  });

const OPERATIONS: Readonly<Record<string, Binary>> = {
  add,
  mul: multiply,
  sub: subtract,
  subr: swapped(subtract),
  div: divide,
  divr: swapped(divide),
};

/** ST(0) ← f(ST(0)). */
const unary = (operation: (context: FloatContext, x: Extended) => Extended): HostFunction =>
  x87((fpu) => {
    fpu.set(0, fpu.underflows(0) ? INDEFINITE : operation(fpu.float, fpu.get(0)));
  });

/** ST(1) ← f(ST(1), ST(0)), then pop. */
const binaryPop = (operation: Binary): HostFunction =>
  x87((fpu) => {
    fpu.set(1, fpu.underflows(0, 1) ? INDEFINITE : operation(fpu.float, fpu.get(1), fpu.get(0)));
    fpu.pop();
  });

/** C2 tells that the reduction goes on; where it is complete, C0, C3 and C1 are the low bits of the quotient. */
const partialRemainder = (nearest: boolean): HostFunction =>
  x87((fpu) => {
    fpu.conditions(Status.C2, 0);
    if (fpu.underflows(0, 1)) {
      fpu.set(0, INDEFINITE);
      return;
    }
    const { value, quotient } = remainder(fpu.float, fpu.get(0), fpu.get(1), nearest);
    fpu.set(0, value);
    if (quotient === 'continues') fpu.conditions(CONDITION_CODES, Status.C2);
    if (typeof quotient !== 'bigint') return;
    const bit = (n: bigint, flag: number) => ((quotient >> n) & 1n ? flag : 0);
    fpu.conditions(Status.C0 | Status.C1 | Status.C3, bit(2n, Status.C0) | bit(1n, Status.C3) | bit(0n, Status.C1));
  });

const scaleByExponent: HostFunction = x87((fpu) => {
  fpu.set(0, fpu.underflows(0, 1) ? INDEFINITE : scale(fpu.float, fpu.get(0), fpu.get(1)));
});

/** ST(0) ← exponent, then pushes the significand. */
const extractParts: HostFunction = x87((fpu) => {
  if (fpu.underflows(0) || fpu.overflows()) {
    fpu.set(0, INDEFINITE);
    fpu.pushed(INDEFINITE);
    return;
  }
  const { exponent, significand } = extract(fpu.float, fpu.get(0));
  fpu.set(0, exponent);
  fpu.pushed(significand);
});

type Second = (context: FloatContext, x: Extended, first: Extended) => Extended;

/** C2 tells an argument that is out of range; ST(0) stays then. `pushes`: a second result. */
const trigonometric = (operation: TrigonometricFunction, pushes?: Second): HostFunction =>
  x87((fpu) => {
    fpu.conditions(Status.C2, 0);
    if (fpu.underflows(0) || (pushes && fpu.overflows())) {
      fpu.set(0, INDEFINITE);
      if (pushes) fpu.pushed(INDEFINITE);
      return;
    }
    const x = fpu.get(0);
    const value = operation(fpu.float, x);
    if (!value) {
      fpu.conditions(Status.C2, Status.C2);
      return;
    }
    const second = pushes?.(fpu.float, x, value);
    fpu.set(0, value);
    if (second) fpu.pushed(second);
  });

const families = Object.entries(OPERATIONS).flatMap(([name, operation]) => [
  [`f${name}`, binary(operation, false)] as const,
  [`f${name}p`, binary(operation, true)] as const,
  [`fi${name}`, integer(operation)] as const,
]);

export const X87_ARITHMETIC: Readonly<Record<string, HostFunction>> = {
  ...Object.fromEntries(families),
  fsqrt: unary(root),
  frndint: unary(roundToInteger),
  fabs: unary((_, x) => ({ ...x, sign: 0 })),
  fchs: unary((_, x) => negated(x)),
  f2xm1: unary(powerOfTwoMinusOne),
  fyl2x: binaryPop(logarithm),
  fyl2xp1: binaryPop(logarithmPlusOne),
  fpatan: binaryPop(arctangent),
  fprem: partialRemainder(false),
  fprem1: partialRemainder(true),
  fscale: scaleByExponent,
  fxtract: extractParts,
  fsin: trigonometric(sine),
  fcos: trigonometric(cosine),
  fsincos: trigonometric(sine, (context, x, first) => cosine(context, x) ?? first),
  // Beside a NaN stands the same NaN.
  fptan: trigonometric(tangent, (_context, _x, first) => (isNan(kindOf(first)) ? first : ONE)),
};
