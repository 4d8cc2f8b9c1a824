/** Texts of the program, as they lie in its memory. */
import type { Memory } from './memory.ts';

/** Printable text at `address`, quoted and shortened; undefined if there is none. */
export function textAt(memory: Memory, address: bigint): string | undefined {
  const bytes = memory.read(address, 64);
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) return text.length > 0 ? JSON.stringify(text) : undefined;
    if (byte < 0x20 || byte > 0x7e) {
      if (byte !== 9 && byte !== 10 && byte !== 13) return undefined;
    }
    text += String.fromCharCode(byte);
  }
  return bytes.length === 64 ? `${JSON.stringify(text)}…` : undefined;
}
