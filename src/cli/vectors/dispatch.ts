/** Group R: what do_bounds makes of a #BR. */

import { VM_WRITE } from '../../kernel/mm/vma.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { PROT_READ } from '../../machine/api.ts';
import { encodeRegister } from './encode.ts';
import { type Observations, observedText } from './expectation.ts';
import { type Fields, NotUnderstood } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { place, preparedCpu, words } from './machine.ts';
import { areaOf, PreparedProcess } from './process.ts';
import { SEGV_BNDERR, SI_KERNEL, seenSignal } from './signal-frame.ts';

const DIRECTORY = 0x7f5500000000n;
const DIRECTORY_SIZE = 0x80000000n;
const ENTRY = DIRECTORY + 0x918n;
const GARBAGE = 0x7f5408000000n;
const KERNEL_CS = 0x10;
/** Left behind by an earlier page fault. */
const STALE = { trap_nr: 14, error_code: 6, cr2: 0x1234000n };

interface Scene {
  mpx: boolean;
  present: boolean;
  user: boolean;
  decodable: boolean;
  managed: boolean;
  bt_fault: string | number;
}

function sceneOf(input: Fields): Scene {
  const bt_fault = input.has('bt_fault') ? input.raw('bt_fault') : 0;
  if (bt_fault !== 0 && bt_fault !== '-EINVAL' && bt_fault !== '-ENOMEM' && bt_fault !== '-EFAULT') {
    throw new NotUnderstood(`bt_fault is ${JSON.stringify(bt_fault)}`);
  }
  return {
    mpx: input.flag('mpx', true),
    present: input.choice('bndcsr', ['present', 'absent'], 'present') === 'present',
    user: input.flag('user', true),
    decodable: input.choice('decode', ['ok', '-EINVAL'], 'ok') === 'ok',
    managed: input.flag('managed', false),
    bt_fault,
  };
}

function prepare(context: GroupContext, scene: Scene, ec: number): PreparedProcess {
  const machine = context.machines.empty({ mpx: scene.mpx });
  const cpu = preparedCpu(machine, context.common);
  const prepared = new PreparedProcess(machine, cpu, resolveProfile(context.profile));
  const { mm } = prepared;
  mm.install([areaOf(mm, prepared.profile, DIRECTORY, DIRECTORY + DIRECTORY_SIZE, 'directory')]);
  prepared.catchSignals();
  place(machine, cpu.rip, scene.decodable ? encodeRegister('bndcl', 0, 0) : Uint8Array.of(0x90));
  if (scene.present) {
    cpu.bndcfgu = DIRECTORY | 1n;
    cpu.bndstatus = ec === 2 ? ENTRY | 2n : BigInt(ec);
  }
  if (scene.managed) mm.bd_addr = DIRECTORY;
  if (!scene.user) cpu.setSelector('cs', KERNEL_CS);
  if (scene.bt_fault === '-EINVAL') place(machine, ENTRY, words(GARBAGE));
  if (scene.bt_fault === '-ENOMEM') mm.sysctl_max_map_count = 0;
  if (scene.bt_fault === '-EFAULT') {
    const directory = mm.find_vma(ENTRY);
    if (directory) directory.vm_flags &= ~VM_WRITE;
    place(machine, ENTRY, words(0n), PROT_READ);
  }
  Object.assign(prepared.task.thread, STALE);
  return prepared;
}

/** The vector's words for what happened. */
function actionText(prepared: PreparedProcess, scene: Scene): string {
  const { process, cpu, records } = prepared;
  if (process.oops) {
    const died = /^die\("bounds"\)/.exec(process.oops.reason)?.[0] ?? process.oops.reason;
    return scene.user ? `${died}: kernel oops path` : died;
  }
  const signal = seenSignal(prepared);
  if (!signal) {
    if (process.exit) return `the process ended: ${JSON.stringify(process.exit)}`;
    return cpu.rip === 0x400d7cn ? 'resume at the same IP, no signal' : 'no signal, but IP moved';
  }
  const { code, trapno, error, address } = signal;
  if (code === SEGV_BNDERR) {
    const { lower, upperRaw } = cpu.bnd(0);
    return `SIGSEGV si_code=${code} with bounds, trapno ${trapno}${lower || upperRaw ? ', MPX still on in the handler' : ''}`;
  }
  if (code !== SI_KERNEL || address !== 0n) return `si_code ${code}, address ${observedText(address)}`;
  if (trapno === BigInt(STALE.trap_nr) && error === BigInt(STALE.error_code)) {
    return 'force SIGSEGV (SI_KERNEL) without touching trapno/error code';
  }
  const allocationTried = records.some((r) => r.kind === 'step' && r.functions.includes('do_mpx_bt_fault'));
  return allocationTried
    ? `plain SIGSEGV via the common exit (trapno ${trapno})`
    : `plain SIGSEGV (SI_KERNEL, trapno ${trapno})`;
}

export const dispatch: Group = {
  profiled: true,
  run(input, context): Observations {
    const scene = sceneOf(input);
    // Without a given error code none may matter.
    const codes = input.has('ec') ? [input.integer('ec')] : [0, 1, 2, 3];
    const actions = codes.map((ec) => {
      const prepared = prepare(context, scene, ec);
      prepared.trapBr();
      return actionText(prepared, scene);
    });
    const same = actions.every((action) => action === actions[0]);
    const action = same ? actions[0] : `it depends on the error code: ${actions.join('; ')}`;
    return { action, outcome: action };
  },
};
