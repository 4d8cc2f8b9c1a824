/** PDEP and PEXT: bit by bit. */
import type { HostFunction } from './context.ts';

/** The low bits of the first source go to the places that the mask has ones at. */
export const depositBits: HostFunction = (cpu, insn) => {
  const mask = cpu.read(insn.b, insn.size);
  let source = cpu.read(insn.v, insn.size);
  let result = 0n;
  for (let bit = 1n; bit <= mask; bit <<= 1n) {
    if (!(mask & bit)) continue;
    if (source & 1n) result |= bit;
    source >>= 1n;
  }
  cpu.write(insn.a, insn.size, result);
  return 'next';
};

/** The reverse: what is at the mask's ones goes to the low bits. */
export const extractBits: HostFunction = (cpu, insn) => {
  const mask = cpu.read(insn.b, insn.size);
  const source = cpu.read(insn.v, insn.size);
  let result = 0n;
  let to = 1n;
  for (let bit = 1n; bit <= mask; bit <<= 1n) {
    if (!(mask & bit)) continue;
    if (source & bit) result |= to;
    to <<= 1n;
  }
  cpu.write(insn.a, insn.size, result);
  return 'next';
};
