/** Legacy prefixes that matter for the text of an instruction. */
export interface TextPrefixes {
  /** F2 is the last of F2 and F3. */
  repne: boolean;
}

/** Reads the prefixes before the opcode of a 64-bit instruction. */
export function prefixesOf(bytes: Uint8Array): TextPrefixes {
  let last = 0;
  for (const byte of bytes) {
    if (byte === 0xf2 || byte === 0xf3) last = byte;
    else if (![0x66, 0x67, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65].includes(byte) && (byte & 0xf0) !== 0x40) break;
  }
  return { repne: last === 0xf2 };
}
