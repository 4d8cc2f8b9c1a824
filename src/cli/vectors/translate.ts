/** Groups T64_ and T32_: from a pointer slot to directory entry and table entry. */

import { MPX, mpx_get_bd_entry_offset, mpx_get_bt_entry_offset } from '../../kernel/mpx/constants.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { bndTranslate, tableEntryAddress, tableEntryFields } from '../../machine/mpx/translate.ts';
import { encodeMemory } from './encode.ts';
import type { Observations, Observed } from './expectation.ts';
import { NotUnderstood } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { type CodeMode, DEFAULT_RIP, pageOf, place, preparedCpu, stepOne, wordsOf } from './machine.ts';
import { type WalkSetup, watchWalk } from './walk.ts';

const RAX = 0;
const MARK = 0x5a5a5a5a5a5a5a5an;

/** Whether user code may reach the address: canonical, and not the kernel's half. */
const reachable = (address: Observed): boolean => typeof address === 'bigint' && address < 1n << 47n;

/** Code page that is in nobody's way. */
function codeAddress(busy: readonly bigint[]): bigint {
  const candidates = [DEFAULT_RIP, DEFAULT_RIP + 0x100000n, DEFAULT_RIP + 0x200000n, DEFAULT_RIP + 0x300000n];
  return candidates.find((rip) => busy.every((address) => pageOf(address) !== pageOf(rip))) ?? DEFAULT_RIP;
}

/** One vector's walk, in code of its width. */
interface Slot {
  mode: CodeMode;
  lap: bigint;
  cfg: bigint;
  bde: bigint;
  mawa: number;
}

function setupFor(context: GroupContext, { mode, mawa: mawau, lap, cfg: bndcfgu }: Slot, rip: bigint) {
  const machine = context.machines.empty({ mawau });
  const at = (code: Uint8Array): WalkSetup => ({
    machine,
    mode,
    clear() {
      machine.memory.discard(0n, 1n << 64n);
      place(machine, rip, code);
    },
    cpu() {
      const cpu = preparedCpu(machine, context.common, rip, mode);
      cpu.setGpr(RAX, lap);
      cpu.bndcfgu = bndcfgu;
      return cpu;
    },
  });
  return { machine, at };
}

/** Where a BNDSTX through the same walk stored its three words, and what it left alone. */
function fieldsStored(setup: WalkSetup, bte_addr: bigint): Observations {
  const { machine, mode } = setup;
  place(machine, bte_addr, wordsOf(mode, MARK, MARK, MARK, MARK));
  place(machine, setup.cpu().rip, encodeMemory('bndstx', 0, { base: RAX, index: RAX }));
  const cpu = setup.cpu();
  const stop = stepOne(machine, cpu);
  if (stop.kind !== 'budget') throw new NotUnderstood('BNDSTX did not reach the entry that BNDLDX reached');
  const { lower, upperRaw } = cpu.bnd(0);
  const size = mode === 64 ? 8 : 4;
  const at = (value: bigint): bigint | undefined =>
    [0n, 1n, 2n, 3n]
      .map((n) => bte_addr + n * BigInt(size))
      .find((address) => machine.memory.readUint(address, size) === BigInt.asUintN(mode, value));
  return { lb_at: at(lower), ub_at: at(upperRaw), ptr_at: at(cpu.gpr(RAX)), rsvd_at: at(MARK) };
}

/** Addresses as the CPU shows them by executing BNDLDX and BNDSTX. */
function byExecution(context: GroupContext, slot: Slot, busy: bigint[]): Observations {
  const { mode, lap, cfg, bde, mawa } = slot;
  const { at } = setupFor(context, slot, codeAddress(busy));
  const setup = at(encodeMemory('bndldx', 0, { base: RAX, index: null }));
  const unitsEntry = tableEntryAddress(bde, bndTranslate(lap, cfg, mawa, mode).tableIndex, mode);
  const { bde_addr, bte_addr } = watchWalk(setup, bde, [0n, 0n, 0n], unitsEntry);
  if (bte_addr === undefined) throw new NotUnderstood('the directory entry is not valid');
  const [directoryShift, tableShift] = mode === 64 ? [3n, 5n] : [2n, 4n];
  const tail = mode === 64 ? 7n : 3n;
  return {
    bd_index: BigInt.asUintN(mode, bde_addr - (cfg & ~0xfffn)) >> directoryShift,
    bt_index: BigInt.asUintN(mode, bte_addr - (bde & ~tail)) >> tableShift,
    bde_addr,
    bte_addr,
    ...fieldsStored(setup, bte_addr),
  };
}

/** Addresses as the MPX unit's own function computes them: for those no access can reach. */
function byUnit({ mode, lap, cfg, bde, mawa }: Slot): Observations {
  const { directoryIndex, tableIndex, directoryEntry } = bndTranslate(lap, cfg, mawa, mode);
  const bte_addr = tableEntryAddress(bde, tableIndex, mode);
  const { lower, upper, pointer, reserved } = tableEntryFields(bte_addr, mode);
  return {
    bd_index: directoryIndex,
    bt_index: tableIndex,
    bde_addr: directoryEntry,
    bte_addr,
    lb_at: lower,
    ub_at: upper,
    ptr_at: pointer,
    rsvd_at: reserved,
  };
}

/** The group for code of one width. */
export const translate = (mode: CodeMode): Group => ({
  profiled: true,
  run(input, context): Observations {
    const lap = input.word('lap');
    const cfg = input.word('bndcfgu');
    const bde = input.word('bde_value');
    const mawa = input.integer('mawa', 0);
    const slot: Slot = { mode, lap, cfg, bde, mawa };
    const unit = byUnit(slot);
    const executable = [unit.bde_addr, unit.rsvd_at].every(reachable);
    const enabled = (cfg & 1n) === 1n && (bde & 1n) === 1n;
    const busy = [unit.bde_addr, unit.bte_addr, unit.rsvd_at].filter((address) => typeof address === 'bigint');
    const walk = executable && enabled ? byExecution(context, slot, busy) : unit;
    const { bdOffsetByVirtBits } = resolveProfile(context.profile).switches;
    return {
      ...walk,
      bd_offset: mpx_get_bd_entry_offset(MPX[mode], lap, bdOffsetByVirtBits),
      bt_offset: mpx_get_bt_entry_offset(MPX[mode], lap),
    };
  },
});
