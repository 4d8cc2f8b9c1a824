/** Group A: installing a table for a missing directory entry. */
import { hex } from '../../base/hex.ts';
import { VM_WRITE } from '../../kernel/mm/vma.ts';
import { MPX } from '../../kernel/mpx/constants.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { PROT_READ, PROT_WRITE } from '../../machine/api.ts';
import { resultText } from './errno-text.ts';
import type { Observations } from './expectation.ts';
import { NotUnderstood, wordOf } from './fields.ts';
import type { Group } from './group.ts';
import { pageOf, place, preparedCpu, words } from './machine.ts';
import { areaOf, PreparedProcess } from './process.ts';

/** Writes down mappings of tables and values of the entry as they change. */
function watch(prepared: PreparedProcess, entry: bigint): string[] {
  const { mm } = prepared;
  const actions: string[] = [];
  const tables = () =>
    new Map(mm.vmas.filter((vma) => vma.vm_flags & mm.vm_mpx).map((vma) => [vma.vm_start, vma.vm_end]));
  const value = () => mm.memory.readUint(entry, 8) ?? 0n;
  let [before, old] = [tables(), value()];
  prepared.afterStep = () => {
    const [after, now] = [tables(), value()];
    for (const [start, end] of after) if (!before.has(start)) actions.push(`mmap ${hex(start)} + ${hex(end - start)}`);
    if (now !== old) actions.push(`[${hex(entry)}] = ${hex(now)}`);
    for (const start of before.keys()) if (!after.has(start)) actions.push(`munmap ${hex(start)}`);
    [before, old] = [after, now];
  };
  return actions;
}

/** do_mpx_bt_fault's value, or the refusal of mpx_handle_bd_fault. */
function resultOf(prepared: PreparedProcess): bigint | string {
  const tried = prepared.step('mpx_handle_bd_fault: the result') ?? prepared.step('do_bounds: is the table there');
  const ret = tried?.locals.ret;
  if (typeof ret !== 'number') throw new NotUnderstood('do_bounds did not take this for a missing table');
  return resultText(ret);
}

export const allocation: Group = {
  profiled: true,
  commented: ['result'],
  run(input, context): Observations {
    const bndcfgu = input.word('bndcfgu');
    const bndstatus = input.word('bndstatus');
    const entry_before = input.word('entry_before');
    const managed = input.flag('managed');
    const mmap = input.raw('mmap');
    const writable = input.choice('cmpxchg', ['ok', '-EFAULT'], 'ok') === 'ok';

    const machine = context.machines.empty();
    const cpu = preparedCpu(machine, context.common);
    const prepared = new PreparedProcess(machine, cpu, resolveProfile(context.profile));
    const { mm, profile } = prepared;
    const directory = bndcfgu & MPX[64].MPX_BNDCFG_ADDR_MASK;
    const entry = bndstatus & MPX[64].MPX_BNDSTA_ADDR_MASK;
    const area = areaOf(mm, profile, directory, directory + MPX[64].MPX_BD_SIZE_BYTES, 'directory');
    if (!writable) area.vm_flags &= ~VM_WRITE;
    mm.install([area]);
    prepared.catchSignals();
    place(machine, pageOf(entry), new Uint8Array(1), writable ? PROT_READ | PROT_WRITE : PROT_READ);
    machine.memory.write(entry, words(entry_before));
    cpu.bndcfgu = bndcfgu;
    cpu.bndstatus = bndstatus;
    if (managed) mm.bd_addr = directory;
    if (mmap === '-ENOMEM') mm.sysctl_max_map_count = 0;
    else mm.placement = wordOf(mmap);
    if (mmap !== '-ENOMEM' && mm.placement === undefined) throw new NotUnderstood(`mmap is ${JSON.stringify(mmap)}`);

    const actions = watch(prepared, entry);
    prepared.trapBr();
    return { result: resultOf(prepared), actions, entry_after: machine.memory.readUint(entry, 8) };
  },
};
