/** Comparisons into the condition codes or EFLAGS, and FXAM. */
import { compare, type Order } from '../../float/compare.ts';
import { kindOf, zero } from '../../float/extended.ts';
import { CONDITION_CODES, Status } from '../../float/status.ts';
import type { HostFunction } from '../context.ts';
import type { Fpu } from './fpu.ts';
import { integerOperand, memoryOperand, realOperand, stackRegister, x87 } from './instruction.ts';

const CODES: Readonly<Record<Order, number>> = {
  greater: 0,
  less: Status.C0,
  equal: Status.C3,
  unordered: Status.C0 | Status.C2 | Status.C3,
};
/** ZF, PF, CF; the other arithmetic flags become 0. */
const EFLAGS: Readonly<Record<Order, bigint>> = { greater: 0n, less: 1n, equal: 0x40n, unordered: 0x45n };
const ARITHMETIC_FLAGS = 0x8d5n;

const popTimes = (fpu: Fpu, times: number): void => {
  for (let i = 0; i < times; i++) fpu.pop();
};

/** ST(0) against a register or memory. */
const comparison = (quietly: boolean, pops: number, toFlags = false, integer = false): HostFunction =>
  x87((fpu, insn) => {
    const memory = memoryOperand(fpu, insn);
    const other = memory ? 0 : stackRegister(insn.b, 1);
    const report = (order: Order) => {
      if (toFlags) fpu.cpu.rflags = (fpu.cpu.rflags & ~ARITHMETIC_FLAGS) | EFLAGS[order];
      else fpu.conditions(CONDITION_CODES, CODES[order]);
    };
    if (fpu.isEmpty(0) || fpu.isEmpty(other)) {
      report('unordered');
      fpu.underflows(0, other);
    } else {
      const source = memory ? (integer ? integerOperand(memory) : realOperand(memory)) : fpu.get(other);
      compare(fpu.float, fpu.get(0), source, quietly, report);
    }
    popTimes(fpu, pops);
  });

const test: HostFunction = x87((fpu) => {
  const report = (order: Order) => fpu.conditions(CONDITION_CODES, CODES[order]);
  if (fpu.isEmpty(0)) {
    report('unordered');
    fpu.underflows(0);
  } else compare(fpu.float, fpu.get(0), zero(0), false, report);
});

const CLASSES = {
  unsupported: 0,
  quiet: Status.C0,
  signalling: Status.C0,
  normal: Status.C2,
  infinity: Status.C2 | Status.C0,
  zero: Status.C3,
  denormal: Status.C3 | Status.C2,
} as const;
const EMPTY_CLASS = Status.C3 | Status.C0;

/** The class of ST(0) in C3, C2, C0 and its sign in C1. */
const examine: HostFunction = x87((fpu) => {
  const x = fpu.get(0);
  const kind = fpu.isEmpty(0) ? EMPTY_CLASS : CLASSES[kindOf(x)];
  fpu.conditions(CONDITION_CODES, kind | (x.sign ? Status.C1 : 0));
});

export const X87_COMPARE: Readonly<Record<string, HostFunction>> = {
  fcom: comparison(false, 0),
  fcomp: comparison(false, 1),
  fcompp: comparison(false, 2),
  ficom: comparison(false, 0, false, true),
  ficomp: comparison(false, 1, false, true),
  fucom: comparison(true, 0),
  fucomp: comparison(true, 1),
  fucompp: comparison(true, 2),
  fcomi: comparison(false, 0, true),
  fcomip: comparison(false, 1, true),
  fucomi: comparison(true, 0, true),
  fucomip: comparison(true, 1, true),
  ftst: test,
  fxam: examine,
};
