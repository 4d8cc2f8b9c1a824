/**
 * What GCC's runtime library does with a failed check in its default mode: it moves the saved instruction pointer behind the check
 * with a small decoder of its own (spec C.1). Where that decoder gives up it leaves the pointer alone, and the same check fails for ever.
 */

const OPTIONAL_PREFIXES = [0xf2, 0xf3, 0x66];
const REX_BIT = 0x40;

/** Bytes of SIB and displacement behind ModRM, given the byte that follows it. */
function operandBytes(modrm: number, following: number): number {
  const mod = modrm >> 6;
  if (mod === 3) return 0;
  const hasSib = (modrm & 7) === 4;
  const base = hasSib ? following & 7 : modrm & 7;
  const displacement = mod === 1 ? 1 : mod === 2 || base === 5 ? 4 : 0;
  return (hasSib ? 1 : 0) + displacement;
}

/**
 * By how many bytes the library advances from the failed check at the start of `bytes` (15 are enough; missing ones count as 0). 0 means
 * that the program will meet the same check again and loop for ever.
 */
export function libmpxAdvance(bytes: Uint8Array): number {
  const byte = (index: number): number => bytes[index] ?? 0;
  let at = OPTIONAL_PREFIXES.includes(byte(0)) ? 1 : 0;
  // Any byte with this bit passes for a REX prefix: a segment override or a further F2 or F3 as well.
  if (byte(at) & REX_BIT) at++;
  if (byte(at) !== 0x0f) return 0;
  // The second opcode byte is not looked at.
  const modrm = at + 2;
  return modrm + 1 + operandBytes(byte(modrm), byte(modrm + 1));
}
