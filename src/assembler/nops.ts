/** No-operations of many bytes, as Intel's manual recommends them (SDM vol. 2, NOP) and GNU as uses them. */
import { parseHexBytes } from '../base/hex.ts';

const NOPS: readonly string[] = [
  '',
  '90',
  '6690',
  '0f1f00',
  '0f1f4000',
  '0f1f440000',
  '660f1f440000',
  '0f1f8000000000',
  '0f1f840000000000',
  '660f1f840000000000',
  '662e0f1f840000000000',
  '66662e0f1f840000000000',
];

/** `count` bytes that do nothing, in as few instructions as possible. */
export function nopBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const length = Math.min(count - at, NOPS.length - 1);
    bytes.set(parseHexBytes(NOPS[length]) ?? [], at);
    at += length;
  }
  return bytes;
}
