/** Why MPX is on or off: every condition with its state (spec A.1, B.6, D-18). */
import { hex } from '../base/hex.ts';
import type { ProcessView, TaskView, VmaView } from '../kernel/api.ts';
import { BOUNDS_LAYOUTS } from './bounds-layout.ts';
import { byteSize } from './format.ts';
import { BNDCFG_BASE, BNDCFG_BNDPRESERVE, BNDCFG_EN } from './registers.ts';

export interface Condition {
  name: string;
  ok: boolean;
  detail: string;
}

/** XCR0: BNDREGS and BNDCSR. */
const XCR0_MPX = 0x18n;

/** Whether MPX instructions of the task do anything (spec A.1). */
export function isMpxEnabled(process: ProcessView, task: TaskView): boolean {
  const { machine } = process;
  return machine.features.mpx && (machine.xcr0 & XCR0_MPX) === XCR0_MPX && (task.cpu.bndcfgu & BNDCFG_EN) !== 0n;
}

/** The checklist. `inSignalHandler`: the kernel runs handlers with MPX off (spec B.8). */
export function enableConditions(process: ProcessView, task: TaskView, inSignalHandler: boolean): Condition[] {
  const { machine } = process;
  const { bndcfgu } = task.cpu;
  const base = bndcfgu & BNDCFG_BASE;
  const enabled = (bndcfgu & BNDCFG_EN) !== 0n;
  const managed = process.mpx.bdAddr;
  const state = (machine.xcr0 & XCR0_MPX) === XCR0_MPX;
  const vma = process.vmas().find(({ start, end }) => base >= start && base < end);
  const conditions: Condition[] = [
    {
      name: 'CPU supports MPX',
      ok: machine.features.mpx,
      detail: machine.features.mpx ? 'CPUID.(7,0):EBX[14] = 1' : 'CPUID.(7,0):EBX[14] = 0: MPX instructions are NOPs',
    },
    {
      name: 'Operating system enables the state',
      ok: state,
      detail: `XCR0 = ${hex(machine.xcr0)}: BNDREGS and BNDCSR ${state ? 'enabled' : 'disabled'}`,
    },
    { name: 'BNDCFGU.EN is set', ok: enabled, detail: enabledDetail(bndcfgu, enabled, inSignalHandler) },
  ];
  if (enabled) {
    conditions.push(directoryCondition(base, vma, BOUNDS_LAYOUTS[process.bits].directoryBytes));
    conditions.push({
      name: 'Kernel manages the tables',
      ok: managed !== undefined && managed === base,
      detail: managementDetail(managed, base),
    });
  } else if (managed !== undefined)
    conditions.push({ name: 'Kernel manages the tables', ok: true, detail: `directory at ${hex(managed)}` });
  return conditions;
}

function enabledDetail(bndcfgu: bigint, enabled: boolean, inSignalHandler: boolean): string {
  if (enabled)
    return bndcfgu & BNDCFG_BNDPRESERVE
      ? 'BNDPRESERVE = 1: branches without the BND prefix keep the bounds'
      : 'BNDPRESERVE = 0: branches without the BND prefix reset the bounds';
  if (inSignalHandler) return 'MPX is off in signal handlers until they return: the kernel resets the state on entry';
  return 'BNDCFGU = 0: MPX has not been enabled yet by a runtime (XRSTOR of BNDCSR), or has been switched off again';
}

function directoryCondition(base: bigint, vma: VmaView | undefined, size: bigint): Condition {
  const name = 'Bounds directory is mapped';
  if (!vma)
    return { name, ok: false, detail: `nothing is mapped at ${hex(base)}: the first BNDSTX or BNDLDX will page-fault` };
  const whole = vma.end >= base + size;
  const writable = vma.protection.startsWith('rw');
  const fault = whole ? (writable ? '' : ', but not writable') : `, but smaller than ${byteSize(Number(size))}`;
  return { name, ok: whole && writable, detail: `${hex(base)}, ${vma.protection}${fault}` };
}

function managementDetail(managed: bigint | undefined, base: bigint): string {
  if (managed === undefined)
    return 'prctl(PR_MPX_ENABLE_MANAGEMENT) was not called or failed: a missing table raises SIGSEGV';
  if (managed !== base)
    return `the kernel knows the directory at ${hex(managed)}, BNDCFGU points to ${hex(base)} (K-42)`;
  return `mm.bd_addr = ${hex(managed)}`;
}
