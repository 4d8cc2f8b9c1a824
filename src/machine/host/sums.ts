import type { HostFunction } from './context.ts';
import { readXmm, xmmBytes } from './xmm.ts';

/** Eight sums of absolute differences of four bytes at neighbouring places of `first` and one place of `second`, by bits 2 and 1:0 of `immediate`. */
export function differences(first: Uint8Array, second: Uint8Array, immediate: number): Uint16Array {
  const from = 4 * (immediate & 3);
  const at = immediate & 4;
  const result = new Uint16Array(8);
  for (let i = 0; i < 8; i++) for (let j = 0; j < 4; j++) result[i] += Math.abs(first[at + i + j] - second[from + j]);
  return result;
}

/** MPSADBW. */
export const sumsOfDifferences: HostFunction = (cpu, insn) => {
  const immediate = Number(cpu.read(insn.c, 1));
  const source = readXmm(cpu, insn.b, 16, true);
  const destination = xmmBytes(cpu, insn.a);
  destination.set(new Uint8Array(differences(destination, source, immediate).buffer));
  return 'next';
};
