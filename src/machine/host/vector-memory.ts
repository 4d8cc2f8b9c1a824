/** AVX accesses of memory lane by lane: gathers, masked loads and stores. */
import { type Insn, type MemoryOperand, Segment } from '../../isa/insn.ts';
import { Vector } from '../api.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { emptyVector, isMasked, lane, readVector, setLane, writeVector } from './vector.ts';

function memoryOf(insn: Insn): MemoryOperand {
  const { a, b } = insn;
  if (b?.kind === 'mem') return b;
  if (a?.kind === 'mem') return a;
  throw new TypeError(`${insn.op} without memory`);
}

/** VGATHERDPS: dwords as indexes, single precision. VPGATHERQD: quadwords, dwords. */
function gatherSizes(op: string): { index: 4 | 8; element: 4 | 8 } {
  const [, index, element] = /gather(d|q)(ps|pd|d|q)$/.exec(op) ?? [];
  return { index: index === 'd' ? 4 : 8, element: element === 'ps' || element === 'd' ? 4 : 8 };
}

/**
 * Destination `a`, vector of indexes `c`, mask `v`. Lanes are loaded from the lowest on; at a fault those before are done and no longer asked for
 * (SDM Vol. 2, VGATHERDPS).
 */
export const gather: HostFunction = (cpu, insn) => {
  const { a, c, v } = insn;
  if (a?.kind !== 'xmm' || c?.kind !== 'xmm' || v?.kind !== 'xmm') throw new TypeError('a gather without registers');
  if (new Set([a.number, c.number, v.number]).size < 3) throw new GuestFault(Vector.UD);
  const memory = memoryOf(insn);
  const { index, element } = gatherSizes(insn.op);
  const count = insn.size / Math.max(index, element);
  const indexes = readVector(cpu, c, 32);
  const mask = readVector(cpu, v, 32);
  const result = readVector(cpu, a, 32);
  try {
    for (let n = 0; n < count; n++) {
      if (isMasked(mask, element, n)) {
        const offset = BigInt.asIntN(8 * index, lane(indexes, index, n)) * BigInt(memory.scale);
        const address = cpu.address({ ...memory, disp: memory.disp + offset });
        setLane(result, element, n, cpu.loadUint(address, element, memory.segment === Segment.SS));
      }
      setLane(mask, element, n, 0n);
    }
  } catch (error) {
    if (error instanceof GuestFault) {
      writeVector(cpu, a, result);
      writeVector(cpu, v, mask);
    }
    throw error;
  }
  writeVector(cpu, a, new DataView(result.buffer, 0, count * element));
  writeVector(cpu, v, emptyVector(0));
  return 'next';
};

const elementOf = (insn: Insn): 4 | 8 => (/(q|pd)$/.test(insn.op) ? 8 : 4);

/** VMASKMOVPS/PD, VPMASKMOVD/Q: lanes whose mask has no sign bit are zero, or not stored, and cannot fault. */
export const maskedMove: HostFunction = (cpu, insn) => {
  const memory = memoryOf(insn);
  const size = elementOf(insn);
  const count = insn.size / size;
  const mask = readVector(cpu, insn.v, insn.size);
  const stack = memory.segment === Segment.SS;
  const at = (n: number) => cpu.address(memory) + BigInt(n * size);
  const chosen = Array.from({ length: count }, (_, n) => n).filter((n) => isMasked(mask, size, n));
  if (insn.a?.kind === 'mem') store(cpu, insn, chosen, size, at, stack);
  else {
    const result = emptyVector(insn.size);
    for (const n of chosen) setLane(result, size, n, cpu.loadUint(at(n), size, stack));
    writeVector(cpu, insn.a, result);
  }
  return 'next';
};

function store(
  cpu: HostContext,
  insn: Insn,
  lanes: readonly number[],
  size: 4 | 8,
  at: (n: number) => bigint,
  stack: boolean,
): void {
  const source = readVector(cpu, insn.b, insn.size);
  for (const n of lanes) cpu.probeStore(BigInt.asUintN(64, at(n)), size, stack);
  for (const n of lanes) cpu.storeUint(at(n), size, lane(source, size, n), stack);
}
