import type { Insn } from '../../../isa/insn.ts';
import type { HostContext } from '../context.ts';

/** The opcode register holds 11 bits: the low three of the first byte, and ModRM. */
export const FOP_MASK = 0x7ff;

/** First opcode byte (D8–DF) and ModRM of an x87 instruction that has just been executed. */
export function opcodeOf(cpu: HostContext, insn: Insn): number {
  const bytes = cpu.memory.read(insn.ip, insn.length);
  const at = bytes.findIndex((b) => (b & 0xf8) === 0xd8);
  return at < 0 ? 0 : (bytes[at] << 8) | (bytes[at + 1] ?? 0);
}
