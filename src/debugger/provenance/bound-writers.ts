/** Where the program's code has instructions that change a bound register. */
import type { Insn } from '../../isa/insn.ts';
import { PAGE_SIZE } from '../../machine/api.ts';
import { type CodeReader, isCheck, isMpx } from '../code.ts';

/** Mapped memory. */
interface Area {
  readonly start: bigint;
  readonly end: bigint;
  /** `rwxp` text. */
  readonly protection: string;
}

/** The memory that code is read from. */
interface CodeMemory {
  read(address: bigint, length: number): Uint8Array;
  presentPages(start: bigint, end: bigint): bigint[];
}

/** Two-byte opcodes of BNDMK, BNDMOV, BNDLDX, and of the group that XRSTOR is in. */
const ESCAPE = 0x0f;
const OPCODES = new Set([0x1a, 0x1b, 0xae]);
/** Legacy prefixes that may stand before them (SDM Vol. 2, 2.1.1); REX is told by its high half. */
const PREFIXES = new Set([0x66, 0x67, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]);
const MOST_PREFIXES = 4;
const isPrefix = (byte: number): boolean => PREFIXES.has(byte) || (byte & 0xf0) === 0x40;

/** Whether the instruction can change bound register `register`, apart from branches without BND prefix. */
export function changesBounds({ op, a }: Insn, register: number): boolean {
  return op.startsWith('xrstor') || (a?.kind === 'bnd' && a.number === register && !op.startsWith('bndc'));
}

/** Candidates by address: every place from which such an instruction can be decoded, whether it is ever executed or not. */
export function boundWriters(code: CodeReader, memory: CodeMemory, areas: readonly Area[]): Map<bigint, Insn> {
  const found = new Map<bigint, Insn>();
  for (const { start, end, protection } of areas) {
    if (!protection.includes('x')) continue;
    for (const [from, length] of runs(memory.presentPages(start, end))) {
      const bytes = memory.read(from, length);
      for (let i = 0; i + 1 < bytes.length; i++) {
        if (bytes[i] !== ESCAPE || !OPCODES.has(bytes[i + 1])) continue;
        for (let at = i, prefixes = 0; at >= 0 && prefixes <= MOST_PREFIXES; at--, prefixes++) {
          if (prefixes > 0 && !isPrefix(bytes[at])) break;
          const insn = code.at(from + BigInt(at));
          if (insn && (insn.op.startsWith('xrstor') || (isMpx(insn) && !isCheck(insn)))) found.set(insn.ip, insn);
        }
      }
    }
  }
  return found;
}

/** Pages that lie side by side, as one stretch: [address, bytes]. */
function runs(pages: readonly bigint[]): [bigint, number][] {
  const found: [bigint, number][] = [];
  for (const page of pages) {
    const last = found.at(-1);
    if (last && last[0] + BigInt(last[1]) === page) last[1] += PAGE_SIZE;
    else found.push([page, PAGE_SIZE]);
  }
  return found;
}
