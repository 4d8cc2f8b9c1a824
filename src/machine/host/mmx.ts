/** MMX instructions outside generated code: conversions between MMX registers and floating point, and the masked store. */
import { MMX_TOP, registerSlot } from '../../isa/emit/register-slot.ts';
import { State } from '../../isa/emit/state.ts';
import type { Insn, Operand } from '../../isa/insn.ts';
import type { BinaryContext } from '../float/binary.ts';
import * as float from '../float/simd.ts';
import { Status } from '../float/status.ts';
import type { HostContext, HostFunction } from './context.ts';
import { eachLane } from './lanes.ts';
import { storeMasked } from './string.ts';
import { emptyVector, lane, setLane } from './vector.ts';
import { checkPending } from './x87/fpu.ts';
import { readXmm, viewOf, xmmBytes } from './xmm.ts';

/** TOP becomes 0 and every register is in use. */
function enterMmx({ registers }: HostContext): void {
  registers.setUint16(State.FSW, registers.getUint16(State.FSW, true) & ~Status.TOP, true);
  registers.setUint8(State.FTW, 0xff);
}

function readMmx(cpu: HostContext, o: Operand | undefined): bigint {
  if (o?.kind !== 'mm') return cpu.read(o, 8);
  return cpu.registers.getBigUint64(registerSlot(o), true);
}

function writeMmx(cpu: HostContext, o: Operand | undefined, value: bigint): void {
  if (o?.kind !== 'mm') throw new TypeError('not an MMX register');
  cpu.registers.setBigUint64(registerSlot(o), value, true);
  cpu.registers.setUint16(registerSlot(o) + MMX_TOP.offset, MMX_TOP.value, true);
}

/**
 * CVTPI2PS, CVTPI2PD: two signed dwords. CVTPI2PD of memory does not touch the x87 unit (SDM Vol. 2). Where a conversion raises #XM, the unit has
 * made its transition already.
 */
const fromIntegers =
  (p: float.Precision): HostFunction =>
  (cpu, insn) => {
    const transition = p === 4 || insn.b?.kind === 'mm';
    if (transition) checkPending(cpu);
    const source = readMmx(cpu, insn.b);
    const result = viewOf(xmmBytes(cpu, insn.a).slice());
    if (transition) enterMmx(cpu);
    eachLane(cpu, 2, (c, n) => {
      const value = BigInt.asIntN(32, source >> BigInt(32 * n));
      setLane(result, p, n, float.fromInteger(c, value, p));
    });
    xmmBytes(cpu, insn.a).set(new Uint8Array(result.buffer));
    return 'next';
  };

const TRUNCATE = 3;
const rounding = (c: BinaryContext, insn: Insn): number => (insn.op.startsWith('cvtt') ? TRUNCATE : c.rounding);

/** CVTPS2PI, CVTPD2PI and their truncating kin: two signed dwords. */
const toIntegers =
  (p: float.Precision): HostFunction =>
  (cpu, insn) => {
    checkPending(cpu);
    const source = viewOf(readXmm(cpu, insn.b, 2 * p, p === 8));
    const result = emptyVector(8);
    enterMmx(cpu);
    eachLane(cpu, 2, (c, n) => {
      const value = float.toInteger(c, lane(source, p, n), p, 32, rounding(c, insn));
      setLane(result, 4, n, BigInt.asUintN(32, value));
    });
    writeMmx(cpu, insn.a, lane(result, 8, 0));
    return 'next';
  };

/** MASKMOVQ. */
const maskedStore: HostFunction = (cpu, insn) => {
  checkPending(cpu);
  const bytes = (o: Operand | undefined): Uint8Array => {
    const view = emptyVector(8);
    setLane(view, 8, 0, readMmx(cpu, o));
    return new Uint8Array(view.buffer);
  };
  storeMasked(cpu, insn, bytes(insn.a), bytes(insn.b));
  enterMmx(cpu);
  return 'next';
};

export const MMX_FUNCTIONS: Readonly<Record<string, HostFunction>> = {
  cvtpi2ps: fromIntegers(4),
  cvtpi2pd: fromIntegers(8),
  cvtps2pi: toIntegers(4),
  cvttps2pi: toIntegers(4),
  cvtpd2pi: toIntegers(8),
  cvttpd2pi: toIntegers(8),
  maskmovq: maskedStore,
};
