/** Addresses and values in the scratch windows. */
import { DATA, WINDOWS } from './protocol.ts';
import type { Random } from './random.ts';

export const mask64 = (v: bigint): bigint => BigInt.asUintN(64, v);

export function littleEndian(value: bigint | number, length: number): number[] {
  let v = BigInt.asUintN(8 * length, BigInt(value));
  const bytes: number[] = [];
  for (let i = 0; i < length; i++, v >>= 8n) bytes.push(Number(v & 0xffn));
  return bytes;
}

/** An address in the scratch windows for an access of up to `bytes` bytes; now and then one that faults. */
export function scratchAddress(random: Random, bytes: number, aligned: boolean): bigint {
  if (random.chance(40)) return random.pick([DATA + 0x5000n, 0x1000n, 0x8000_0000_0000_0000n, 0x2345_6789_a000n]);
  const window = random.pick(WINDOWS);
  const absentFollows = window === WINDOWS[2];
  const room = window.length - (absentFollows ? 1 : bytes);
  let offset = random.below(room + 1);
  if (aligned && !random.chance(8)) offset &= ~15;
  return window.at + BigInt(offset);
}

/** Where the `length` bytes at `address` lie in the state's `mem`, if they do. */
export function offsetInMemory(address: bigint | undefined, length: number): number | undefined {
  if (address === undefined) return undefined;
  const window = WINDOWS.find((w) => address >= w.at && address + BigInt(length) <= w.at + BigInt(w.length));
  return window && window.offset + Number(address - window.at);
}

/** Puts eight bytes at an address, if it lies in a window. */
export function put(mem: Uint8Array, address: bigint | undefined, value: bigint): void {
  const at = offsetInMemory(address, 8);
  if (at !== undefined) mem.set(littleEndian(value, 8), at);
}

export function loadUint(mem: Uint8Array, address: bigint, bytes: number): bigint | undefined {
  const at = offsetInMemory(address, bytes);
  if (at === undefined) return undefined;
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(mem[at + i]);
  return value;
}
