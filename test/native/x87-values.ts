import { MEM_BYTES, WINDOWS, type X87State } from './protocol.ts';
import type { Random } from './random.ts';

/** Sign and exponent words, often at an edge. */
function topOf(random: Random): number {
  const exponents = [
    0, 0, 1, 2, 0x3ffe, 0x3fff, 0x3fff, 0x4000, 0x4001, 0x7ffe, 0x7fff, 0x7fff, 0x3fc0, 0x401e, 0x403d, 0x403e,
  ];
  const exponent = random.chance(3)
    ? 0x3fff - 40 + random.below(104)
    : random.chance(4)
      ? random.pick([0x3fff - 127, 0x3fff + 127, 0x3fff - 1023, 0x3fff + 1023]) + random.below(60) - 30
      : random.chance(8)
        ? random.below(0x8000)
        : random.pick(exponents);
  return exponent | (random.chance(2) ? 0x8000 : 0);
}

const INTEGER_BIT = 1n << 63n;

function significandOf(random: Random): bigint {
  const digits = () => {
    switch (random.below(6)) {
      case 0:
        return 0n;
      case 1:
        return 1n << BigInt(random.below(63));
      case 2:
        // Halves of single and double precision, and their neighbours.
        return (
          (BigInt(random.u32() >>> 0) << 40n) ^ random.pick([1n << 39n, 1n << 10n, (1n << 10n) - 1n, (1n << 39n) + 1n])
        );
      case 3:
        return INTEGER_BIT - 1n - BigInt(random.below(3));
      default:
        return random.u64();
    }
  };
  const value = BigInt.asUintN(63, digits());
  return random.chance(12) ? value : value | INTEGER_BIT;
}

/** 10 bytes. */
export function extendedBytes(random: Random): Uint8Array {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  const top = topOf(random);
  const significand = (top & 0x7fff) === 0 && !random.chance(8) ? significandOf(random) >> 1n : significandOf(random);
  view.setBigUint64(0, random.chance(14) && (top & 0x7fff) === 0 ? 0n : significand, true);
  view.setUint16(8, top, true);
  return bytes;
}

/** Mostly occupied registers, any rounding and precision, now and then unmasked or pending exceptions. */
export function randomX87(random: Random): X87State {
  const st = new Uint8Array(128);
  for (let i = 0; i < 8; i++) st.set(random.chance(8) ? new Uint8Array(10) : extendedBytes(random), 16 * i);
  const masks = random.chance(3) ? random.below(64) : 0x3f;
  const fcw = 0x40 | masks | (random.pick([0, 2, 3, 3]) << 8) | (random.below(4) << 10);
  const flags = random.chance(4) ? random.below(128) : 0;
  // Exceptions that the masks let through would be pending; a few cases are.
  const settled = random.chance(8) ? flags : flags & (masks | 0x40);
  // The summary bits follow from the others, whatever is loaded.
  const pending = settled & ~masks & 0x3f && random.chance(2) ? 0x8080 : 0;
  const fsw = settled | pending | (random.u32() & 0x7f00);
  return { fcw, fsw, ftw: random.chance(4) ? random.u32() & 0xff : random.pick([0xff, 0x7f, 0xfe, 0xef]), st };
}

/** Puts an operand of some format where the instruction finds it. */
export function fillX87Memory(random: Random, mem: Uint8Array, address: bigint | undefined): void {
  const window = WINDOWS.find(
    (w) => address !== undefined && address >= w.at && address + 10n <= w.at + BigInt(w.length),
  );
  if (!window || address === undefined) return;
  const at = window.offset + Number(address - window.at);
  if (at + 10 > MEM_BYTES) return;
  const view = new DataView(mem.buffer, mem.byteOffset + at, 10);
  switch (random.below(4)) {
    case 0:
      view.setBigUint64(0, random.value(), true);
      view.setUint16(8, random.u32() & 0xffff, true);
      break;
    case 1:
      mem.set(extendedBytes(random), at);
      break;
    case 2:
      // Decimal digits.
      for (let i = 0; i < 9; i++) mem[at + i] = random.below(10) | (random.below(10) << 4);
      mem[at + 9] = random.chance(2) ? 0x80 : 0;
      break;
    default:
      view.setBigUint64(0, random.floats(), true);
  }
}
