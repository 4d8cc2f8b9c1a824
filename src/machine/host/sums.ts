import type { HostFunction } from './context.ts';
import { readXmm, xmmBytes } from './xmm.ts';

/** MPSADBW: eight sums of absolute differences of four bytes at neighbouring places of the destination and one place of the source. */
export const sumsOfDifferences: HostFunction = (cpu, insn) => {
  const immediate = Number(cpu.read(insn.c, 1));
  const source = readXmm(cpu, insn.b, 16, true);
  const destination = xmmBytes(cpu, insn.a);
  const from = 4 * (immediate & 3);
  const at = immediate & 4;
  const result = new Uint16Array(8);
  for (let i = 0; i < 8; i++)
    for (let j = 0; j < 4; j++) result[i] += Math.abs(destination[at + i + j] - source[from + j]);
  destination.set(new Uint8Array(result.buffer));
  return 'next';
};
