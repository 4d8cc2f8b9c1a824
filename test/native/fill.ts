/** What memory holds where an instruction looks for something particular. */
import { CODE_PAGE, DATA } from './protocol.ts';
import type { Random } from './random.ts';
import { put, scratchAddress } from './scratch.ts';

export interface Filling {
  random: Random;
  mem: Uint8Array;
  gpr: readonly bigint[];
  /** Address of ModRM's memory operand. */
  rmAddress: bigint | undefined;
  /** 8 with REX.W in the opcode. */
  wide: boolean;
}

const RSP = 4;

/** Values of indirect branches and return addresses. */
export function branchTarget(random: Random): bigint {
  if (random.chance(6)) return random.pick([0x1000n, DATA, 0x2345_6789_a000n]);
  return CODE_PAGE + BigInt(random.pick([0x100, 0x7f0, 0x900, 0xff0]));
}

const flagsWord = (random: Random): bigint => BigInt(random.u32() & 0xcd5) | 0x202n;
const selector = (random: Random): bigint =>
  random.pick([0x33n, 0x33n, 0x33n, 0x30n, 0x2bn, 0n, 3n, 0x7bn, 0x10n, 0x4bn, 0xfff3n]);

/** The frame RETF and IRET take: RIP, CS, RFLAGS, RSP, SS. */
function farFrame({ random, mem, gpr, wide }: Filling): void {
  const words = [
    branchTarget(random),
    selector(random),
    flagsWord(random),
    scratchAddress(random, 8, false),
    random.pick([0x2bn, 0x2bn, 0x2bn, 0n, 0x33n, 0x28n]),
  ];
  for (const [i, word] of words.entries()) {
    if (wide) put(mem, gpr[RSP] + 8n * BigInt(i), word);
    else {
      const next = BigInt.asUintN(32, words[i + 1] ?? 0n);
      put(mem, gpr[RSP] + 4n * BigInt(i), (next << 32n) | BigInt.asUintN(32, word));
    }
  }
}

/** By the name of the form. */
const FILLERS: Readonly<Record<string, (filling: Filling) => void>> = {
  call: ({ random, mem, rmAddress }) => put(mem, rmAddress, branchTarget(random)),
  jmp: ({ random, mem, rmAddress }) => put(mem, rmAddress, branchTarget(random)),
  ret: ({ random, mem, gpr }) => put(mem, gpr[RSP], branchTarget(random)),
  popf: ({ random, mem, gpr }) => put(mem, gpr[RSP], flagsWord(random)),
  mxcsr: ({ random, mem, rmAddress }) =>
    put(mem, rmAddress, random.chance(3) ? BigInt(random.u32() >>> 0) : BigInt(random.u32() & 0xffff)),
  far: ({ random, mem, rmAddress }) =>
    put(mem, rmAddress, (selector(random) << 32n) | (branchTarget(random) & 0xffffffffn)),
  retf: farFrame,
  iret: farFrame,
  cmpxchg16b: ({ random, mem, gpr, rmAddress }) => {
    if (rmAddress === undefined || !random.chance(2)) return;
    put(mem, rmAddress, gpr[0]);
    put(mem, rmAddress + 8n, gpr[2]);
  },
  cmpxchg: ({ random, mem, gpr, rmAddress }) => {
    if (random.chance(2)) put(mem, rmAddress, gpr[0]);
  },
  cmpxchg8b: ({ random, mem, gpr, rmAddress }) => {
    if (random.chance(2)) put(mem, rmAddress, BigInt.asUintN(64, gpr[2] << 32n) | (gpr[0] & 0xffffffffn));
  },
};

export function fillMemory(name: string, filling: Filling): void {
  FILLERS[name]?.(filling);
}
