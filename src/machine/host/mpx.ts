/** BNDLDX and BNDSTX with the full walk (spec A.5). Generated code comes here when its slot cache has no entry. */
import { State } from '../../isa/emit/state.ts';
import type { BndOperand, Insn, MemoryOperand } from '../../isa/insn.ts';
import { Vector } from '../api.ts';
import {
  BDE_VALID,
  BNDSTATUS_INVALID_BDE,
  bndTranslate,
  tableEntryAddress,
  tableEntryFields,
} from '../mpx/translate.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';

interface Walk {
  /** Slot address and pointer value of the `mib` operand. */
  lap: bigint;
  pointer: bigint;
  /** Address of the table entry. */
  entry: bigint;
}

/** Slot address and pointer value of a `mib` operand: without a base the displacement is dropped too; the scale does not count. */
export function slotOf(cpu: HostContext, o: MemoryOperand): { lap: bigint; pointer: bigint } {
  const wrap = (value: bigint) => BigInt.asUintN(8 * o.addressSize, value);
  const segmentBase = wrap(cpu.address(o) - cpu.effectiveAddress(o));
  const base = o.base < 0 ? 0n : wrap(cpu.gpr(o.base) + o.disp);
  return { lap: wrap(base + segmentBase), pointer: o.index < 0 ? 0n : wrap(cpu.gpr(o.index)) };
}

function walk(cpu: HostContext, o: MemoryOperand, word: 8 | 4): Walk {
  const { lap, pointer } = slotOf(cpu, o);
  const bndcfgu = cpu.registers.getBigUint64(State.BNDCFGU, true);
  const bitness = word === 8 ? 64 : 32;
  const slot = bndTranslate(lap, bndcfgu, word === 8 ? cpu.features.mawau : 0, bitness);
  const bde = cpu.loadUint(slot.directoryEntry, word);
  if (!(bde & BDE_VALID)) {
    // The status changes although the instruction has no other effect; loads do this too, not only stores.
    cpu.registers.setBigUint64(State.BNDSTATUS, slot.directoryEntry | BNDSTATUS_INVALID_BDE, true);
    throw new GuestFault(Vector.BR);
  }
  const entry = tableEntryAddress(bde, slot.tableIndex, bitness);
  return { lap, pointer, entry };
}

/** Tables that do not start at a page boundary are walked each time, and those of 32-bit code. */
function remember(cpu: HostContext, { lap, entry }: Walk, word: 8 | 4): void {
  if (word === 4) return;
  const offset = ((lap >> 3n) & 0x7fn) << 5n;
  if ((entry & 0xfffn) === offset) cpu.cacheBoundsSlot(lap, entry - offset);
}

function operands(insn: Insn): { memory: MemoryOperand; bnd: BndOperand; word: 8 | 4 } {
  const [memory, bnd] = insn.a?.kind === 'mem' ? [insn.a, insn.b] : [insn.b, insn.a];
  if (memory?.kind !== 'mem' || bnd?.kind !== 'bnd') throw new TypeError(`operands of ${insn.op}`);
  return { memory, bnd, word: insn.size === 4 ? 4 : 8 };
}

export const bndldx: HostFunction = (cpu, insn) => {
  const { memory, bnd, word } = operands(insn);
  const found = walk(cpu, memory, word);
  const fields = tableEntryFields(found.entry, word === 8 ? 64 : 32);
  const lower = cpu.loadUint(fields.lower, word);
  const upper = cpu.loadUint(fields.upper, word);
  const stored = cpu.loadUint(fields.pointer, word);
  const matches = stored === found.pointer;
  cpu.registers.setBigUint64(State.BND + 16 * bnd.number, matches ? lower : 0n, true);
  cpu.registers.setBigUint64(State.BND + 16 * bnd.number + 8, matches ? upper : 0n, true);
  if (!matches && cpu.observe)
    cpu.observe({ kind: 'bndldx-mismatch', pc: insn.ip, slot: found.lap, pointer: found.pointer, stored });
  remember(cpu, found, word);
  return 'next';
};

export const bndstx: HostFunction = (cpu, insn) => {
  const { memory, bnd, word } = operands(insn);
  const found = walk(cpu, memory, word);
  const fields = tableEntryFields(found.entry, word === 8 ? 64 : 32);
  // Lower, upper, pointer, in this order: a fault in the middle of an entry that straddles pages leaves the first part written.
  cpu.storeUint(fields.lower, word, cpu.registers.getBigUint64(State.BND + 16 * bnd.number, true));
  cpu.storeUint(fields.upper, word, cpu.registers.getBigUint64(State.BND + 16 * bnd.number + 8, true));
  cpu.storeUint(fields.pointer, word, found.pointer);
  remember(cpu, found, word);
  return 'next';
};
