/** Loads, stores, exchanges and constants. */

import { type MemoryOperand, Segment } from '../../../isa/insn.ts';
import { CONSTANTS } from '../../float/constants.ts';
import { Rounding } from '../../float/context.ts';
import { BCD_INDEFINITE, fromBcd, loadFloat, toBcd, toFloat, toInteger } from '../../float/convert.ts';
import { type Extended, INDEFINITE, type Sign } from '../../float/extended.ts';
import type { HostContext, HostFunction } from '../context.ts';
import type { Fpu } from './fpu.ts';
import { integerOperand, memoryOperand, stackRegister, x87 } from './instruction.ts';

const unpacked = (bits: bigint): Extended => {
  const top = Number(bits >> 64n);
  return { sign: (top >> 15) as Sign, exponent: top & 0x7fff, significand: BigInt.asUintN(64, bits) };
};
const packed = ({ sign, exponent, significand }: Extended): bigint =>
  (BigInt((sign << 15) | exponent) << 64n) | significand;

const load: HostFunction = x87((fpu, insn) => {
  const memory = memoryOperand(fpu, insn);
  if (!memory) {
    const from = stackRegister(insn.a, 0);
    if (fpu.underflows(from) || fpu.overflows()) fpu.pushed(INDEFINITE);
    else fpu.pushed(fpu.get(from));
    return;
  }
  const { bits, size } = memory;
  fpu.push(() => (size === 10 ? unpacked(bits) : loadFloat(fpu.float, bits, size === 4 ? 4 : 8)));
});

/** Pushes what `convert` makes of a memory operand. */
const loadConverted = (convert: (memory: { bits: bigint; size: number }) => Extended): HostFunction =>
  x87((fpu, insn) => {
    const memory = memoryOperand(fpu, insn);
    if (!memory) throw new TypeError(`${insn.op} without memory`);
    fpu.push(() => convert(memory));
  });

/** A fault of the access comes before any exception of the number. */
function probe(fpu: Fpu, o: MemoryOperand): void {
  fpu.cpu.probeStore(fpu.cpu.address(o), o.size, o.segment === Segment.SS);
}

const store = (pops: boolean): HostFunction =>
  x87((fpu, insn) => {
    const { a } = insn;
    if (a?.kind === 'mem') {
      probe(fpu, a);
      const x = fpu.underflows(0) ? INDEFINITE : fpu.get(0);
      const bits = a.size === 10 ? packed(x) : toFloat(fpu.float, x, a.size === 4 ? 4 : 8);
      fpu.cpu.write(a, a.size, bits);
    } else {
      const to = stackRegister(a, 0);
      fpu.set(to, fpu.underflows(0) ? INDEFINITE : fpu.get(0));
    }
    if (pops) fpu.pop();
  });

/** FSTPNCE: as FSTP ST(1), but an empty ST(0) is no stack fault. */
const storeUnchecked: HostFunction = x87((fpu, insn) => {
  if (!fpu.isEmpty(0)) fpu.set(stackRegister(insn.a, 0), fpu.get(0));
  fpu.pop();
});

const storeInteger = (pops: boolean, truncates = false): HostFunction =>
  x87((fpu, insn) => {
    if (insn.a?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
    const { size } = insn.a;
    const bits = size === 2 ? 16 : size === 4 ? 32 : 64;
    probe(fpu, insn.a);
    const rounding = truncates ? Rounding.ZERO : fpu.float.rounding;
    const value = fpu.underflows(0) ? -(1n << BigInt(bits - 1)) : toInteger(fpu.float, fpu.get(0), bits, rounding);
    fpu.cpu.write(insn.a, size, BigInt.asUintN(bits, value));
    if (pops) fpu.pop();
  });

const storeBcd: HostFunction = x87((fpu, insn) => {
  if (insn.a?.kind === 'mem') probe(fpu, insn.a);
  const bits = fpu.underflows(0) ? BCD_INDEFINITE : toBcd(fpu.float, fpu.get(0));
  fpu.cpu.write(insn.a, 10, bits);
  fpu.pop();
});

const exchange: HostFunction = x87((fpu, insn) => {
  const other = stackRegister(insn.b, 1);
  // Each register that is empty counts as the default NaN.
  const value = (i: number) => (fpu.isEmpty(i) ? INDEFINITE : fpu.get(i));
  fpu.underflows(0, other);
  const [first, second] = [value(0), value(other)];
  fpu.set(0, second);
  fpu.set(other, first);
});

const CF = 1n;
const PF = 1n << 2n;
const ZF = 1n << 6n;

const conditionalMove = (holds: (cpu: HostContext) => boolean): HostFunction =>
  x87((fpu, insn) => {
    const from = stackRegister(insn.b, 1);
    fpu.keepC1();
    if (fpu.underflows(0, from)) fpu.set(0, INDEFINITE);
    else if (holds(fpu.cpu)) fpu.set(0, fpu.get(from));
  });

/** FCMOVcc and FCMOVNcc. */
function conditionalMoves(name: string, mask: bigint): [string, HostFunction][] {
  return [
    [`fcmov${name}`, conditionalMove((cpu) => (cpu.rflags & mask) !== 0n)],
    [`fcmovn${name}`, conditionalMove((cpu) => (cpu.rflags & mask) === 0n)],
  ];
}

export const X87_DATA: Readonly<Record<string, HostFunction>> = {
  fld: load,
  fild: loadConverted(integerOperand),
  fbld: loadConverted(({ bits }) => fromBcd(bits)),
  fst: store(false),
  fstp: store(true),
  fstpnce: storeUnchecked,
  fist: storeInteger(false),
  fistp: storeInteger(true),
  fisttp: storeInteger(true, true),
  fbstp: storeBcd,
  fxch: exchange,
  ...Object.fromEntries([
    ...conditionalMoves('b', CF),
    ...conditionalMoves('e', ZF),
    ...conditionalMoves('be', CF | ZF),
    ...conditionalMoves('u', PF),
  ]),
  ...Object.fromEntries(
    Object.entries(CONSTANTS).map(([name, value]) => [name, x87((fpu) => fpu.push(() => value(fpu.float)))]),
  ),
};
