/** Groups T64_ and T32_: from a pointer slot to directory entry and table entry. */

import { MPX, mpx_get_bd_entry_offset, mpx_get_bt_entry_offset } from '../../kernel/mpx/constants.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { bndTranslate, tableEntryAddress, tableEntryFields } from '../../machine/mpx/translate.ts';
import { encodeMemory } from './encode.ts';
import type { Observations, Observed } from './expectation.ts';
import { NotUnderstood } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { DEFAULT_RIP, pageOf, place, preparedCpu, stepOne, words } from './machine.ts';
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

function setupFor(context: GroupContext, mawau: number, lap: bigint, bndcfgu: bigint, rip: bigint) {
  const machine = context.machines.empty({ mawau });
  const at = (code: Uint8Array): WalkSetup => ({
    machine,
    clear() {
      machine.memory.discard(0n, 1n << 64n);
      place(machine, rip, code);
    },
    cpu() {
      const cpu = preparedCpu(machine, context.common, rip);
      cpu.setGpr(RAX, lap);
      cpu.bndcfgu = bndcfgu;
      return cpu;
    },
  });
  return { machine, at };
}

/** Where a BNDSTX through the same walk stored its three words, and what it left alone. */
function fieldsStored(setup: WalkSetup, bte_addr: bigint): Observations {
  const { machine } = setup;
  place(machine, bte_addr, words(MARK, MARK, MARK, MARK));
  place(machine, setup.cpu().rip, encodeMemory('bndstx', 0, { base: RAX, index: RAX }));
  const cpu = setup.cpu();
  const stop = stepOne(machine, cpu);
  if (stop.kind !== 'budget') throw new NotUnderstood('BNDSTX did not reach the entry that BNDLDX reached');
  const { lower, upperRaw } = cpu.bnd(0);
  const at = (value: bigint): bigint | undefined =>
    [0n, 8n, 16n, 24n]
      .map((offset) => bte_addr + offset)
      .find((address) => machine.memory.readUint(address, 8) === value);
  return { lb_at: at(lower), ub_at: at(upperRaw), ptr_at: at(cpu.gpr(RAX)), rsvd_at: at(MARK) };
}

/** Addresses as the CPU shows them by executing BNDLDX and BNDSTX. */
function byExecution(
  context: GroupContext,
  lap: bigint,
  cfg: bigint,
  bde: bigint,
  mawa: number,
  busy: bigint[],
): Observations {
  const { at } = setupFor(context, mawa, lap, cfg, codeAddress(busy));
  const setup = at(encodeMemory('bndldx', 0, { base: RAX, index: null }));
  const unitsEntry = tableEntryAddress(bde, bndTranslate(lap, cfg, mawa).tableIndex);
  const { bde_addr, bte_addr } = watchWalk(setup, bde, [0n, 0n, 0n], unitsEntry);
  if (bte_addr === undefined) throw new NotUnderstood('the directory entry is not valid');
  return {
    bd_index: BigInt.asUintN(64, bde_addr - (cfg & ~0xfffn)) >> 3n,
    bt_index: BigInt.asUintN(64, bte_addr - (bde & ~7n)) >> 5n,
    bde_addr,
    bte_addr,
    ...fieldsStored(setup, bte_addr),
  };
}

/** Addresses as the MPX unit's own function computes them: for those no access can reach. */
function byUnit(lap: bigint, cfg: bigint, bde: bigint, mawa: number): Observations {
  const { directoryIndex, tableIndex, directoryEntry } = bndTranslate(lap, cfg, mawa);
  const bte_addr = tableEntryAddress(bde, tableIndex);
  const { lower, upper, pointer, reserved } = tableEntryFields(bte_addr);
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

export const translate: Group = {
  profiled: true,
  run(input, context): Observations {
    const lap = input.word('lap');
    const cfg = input.word('bndcfgu');
    const bde = input.word('bde_value');
    const mawa = input.integer('mawa', 0);
    const unit = byUnit(lap, cfg, bde, mawa);
    const executable = [unit.bde_addr, unit.rsvd_at].every(reachable);
    const enabled = (cfg & 1n) === 1n && (bde & 1n) === 1n;
    const busy = [unit.bde_addr, unit.bte_addr, unit.rsvd_at].filter((address) => typeof address === 'bigint');
    const walk = executable && enabled ? byExecution(context, lap, cfg, bde, mawa, busy) : unit;
    const { bdOffsetByVirtBits } = resolveProfile(context.profile).switches;
    return {
      ...walk,
      bd_offset: mpx_get_bd_entry_offset(MPX[64], lap, bdOffsetByVirtBits),
      bt_offset: mpx_get_bt_entry_offset(MPX[64], lap),
    };
  },
};
