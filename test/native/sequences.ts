import type { Case } from './case.ts';
import { CODE_BYTES, freshX87, MEM_BYTES, WINDOWS } from './protocol.ts';
import type { Random } from './random.ts';

const AF = 0x10;
const PREFIXES: readonly number[][] = [[], [0x66], [0x48]];

/** Instructions on registers only, whose flags (but AF) are all defined: what may stand side by side. */
function instruction(random: Random): number[] {
  const register = () => random.below(8);
  const prefix = random.pick(PREFIXES);
  const modrm = (reg: number) => 0xc0 | (reg << 3) | register();
  const byte = random.chance(4);
  const opcode = (n: number) => (byte ? n : n + 1);
  const head = byte ? [] : prefix;
  switch (random.below(13)) {
    case 0:
    case 1:
      // ADD OR ADC SBB AND SUB XOR CMP
      return [...head, opcode(8 * random.below(8) + (random.chance(2) ? 2 : 0)), modrm(register())];
    case 2:
      return [...head, ...(byte ? [0x80] : [0x83]), modrm(random.below(8)), random.below(256)];
    case 3:
      return [...head, opcode(0x84), modrm(register())];
    case 4:
      return [...head, opcode(0xfe), modrm(random.below(2))];
    case 5:
      return [...head, opcode(0xf6), modrm(2 + random.below(2))];
    case 6:
      return [0x0f, 0x90 + random.below(16), modrm(0)];
    case 7:
      return [...prefix, 0x0f, 0x40 + random.below(16), modrm(register())];
    case 8:
      return [...prefix, 0x8b, modrm(register())];
    case 9:
      return [...prefix, 0x0f, random.pick([0xb6, 0xbe]), modrm(register())];
    case 10: {
      // XOR r, r; a shift by one; flag instructions.
      const r = register();
      return random.pick([
        [...prefix, 0x31, 0xc0 | (r << 3) | r],
        [...prefix, 0xd1, modrm(random.pick([0, 1, 2, 3, 4, 5, 7]))],
        [0xf5],
        [0xf8],
        [0xf9],
      ]);
    }
    case 11:
      // A branch over a NOP, or two bytes on to an INT3.
      return [0x70 + random.below(16), 1, 0x90];
    default:
      return [...prefix, 0x8d, 0x44 | (register() << 3), random.below(256), random.below(256)].map((b, i, all) =>
        // LEA with SIB; RSP is not an index.
        i === all.length - 2 ? b & 0xc7 : b,
      );
  }
}

/** A run of instructions that ends in a conditional jump. Flags matter between them; registers are not addresses. */
export function makeSequence(random: Random): Case {
  const code: number[] = [];
  for (;;) {
    const next = instruction(random);
    if (code.length + next.length > CODE_BYTES - 12) break;
    code.push(...next);
    if (random.chance(9)) break;
  }
  code.push(0x70 + random.below(16), 4);
  const gpr = Array.from({ length: 16 }, () => random.value());
  gpr[4] = WINDOWS[1].at + 128n;
  const xmm = new Uint8Array(256);
  return {
    name: `sequence ${code.map((b) => b.toString(16).padStart(2, '0')).join(' ')}`,
    model: 'x86-64-v2',
    code: Uint8Array.from(code),
    gpr,
    rflags: BigInt(random.u32() & 0x8c5) | 0x202n,
    xmm,
    ymmHigh: new Uint8Array(256),
    mxcsr: 0x1f80,
    x87: freshX87(),
    mem: new Uint8Array(MEM_BYTES),
    undefinedFlags: AF,
    undefinedResult: false,
    floating: false,
    looseFaults: false,
    x87Result: 'exact',
  };
}
