/** VEX forms of integer instructions that are host functions. */
import { State } from '../../isa/emit/state.ts';
import type { HostFunction } from './context.ts';
import { differences } from './sums.ts';
import { emptyVector, readVector, writeVector } from './vector.ts';

/** VMPSADBW: as MPSADBW in each half, with three bits of the immediate for each. */
export const vectorSumsOfDifferences: HostFunction = (cpu, insn) => {
  const { size } = insn;
  const immediate = Number(cpu.read(insn.c, 1));
  const source = new Uint8Array(readVector(cpu, insn.b, size).buffer);
  const first = new Uint8Array(readVector(cpu, insn.v, size).buffer);
  const result = emptyVector(size);
  for (let at = 0; at < size; at += 16) {
    const half = (bytes: Uint8Array) => bytes.subarray(at, at + 16);
    differences(half(first), half(source), at ? immediate >> 3 : immediate).forEach((sum, i) => {
      result.setUint16(at + 2 * i, sum, true);
    });
  }
  writeVector(cpu, insn.a, result);
  return 'next';
};

/** The VEX form of a legacy function whose only vector result is XMM0. */
export const withoutUpperHalf =
  (legacy: HostFunction): HostFunction =>
  (cpu, insn) => {
    const result = legacy(cpu, insn);
    if (/m(64)?$/.test(insn.op)) {
      cpu.registers.setBigUint64(State.YMM_HIGH, 0n, true);
      cpu.registers.setBigUint64(State.YMM_HIGH + 8, 0n, true);
    }
    return result;
  };
