import type { HostFunction } from './context.ts';

/** CRC32C (polynomial 1EDC6F41h), bits reflected. */
const POLYNOMIAL = 0x82f63b78;

function ofByte(byte: number): number {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
}
const TABLE: readonly number[] = Array.from({ length: 256 }, (_, byte) => ofByte(byte));

/** CRC32: folds the source's bytes, lowest first, into the destination. */
export const accumulateCrc32: HostFunction = (cpu, insn) => {
  const bytes = insn.b?.kind === 'reg' || insn.b?.kind === 'mem' ? insn.b.size : 4;
  let source = cpu.read(insn.b, bytes);
  let crc = Number(cpu.read(insn.a, 4));
  for (let i = 0; i < bytes; i++, source >>= 8n) crc = (crc >>> 8) ^ TABLE[(crc ^ Number(source & 0xffn)) & 0xff];
  cpu.write(insn.a, 8, BigInt(crc >>> 0));
  return 'next';
};
