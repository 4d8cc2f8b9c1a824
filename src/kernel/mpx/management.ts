/** Turning the kernel's table management on and off: prctl 43 and 44 (spec B.6). */
import { ENXIO } from '../errno.ts';
import { MPX_INVALID_BOUNDS_DIR } from '../mm/mm.ts';
import { down_write, up_write } from '../mm/rwsem.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { MPX, MPX_BNDCFG_ENABLE_FLAG, type MpxConstants } from './constants.ts';
import { bndcsr_of } from './xstate.ts';

export const PR_MPX_ENABLE_MANAGEMENT = 43;
export const PR_MPX_DISABLE_MANAGEMENT = 44;

/** End of the addresses that 64-bit tables can describe with MAWA = 0: above it no directory entry belongs to an address. */
const DEFAULT_MAP_WINDOW = 1n << 47n;

/** The constants for the word size of the task's program. */
export const mpxConstants = (task: Task): MpxConstants => MPX[task.mm.ia32 ? 32 : 64];

/** Whether the kernel frees and allocates tables for the task's program. */
export const kernel_managing_mpx_tables = (task: Task): boolean => task.mm.bd_addr !== MPX_INVALID_BOUNDS_DIR;

/** Base of the directory that the task's BNDCFGU names, or MPX_INVALID_BOUNDS_DIR if it uses none. */
export const mpx_get_bounds_dir: (task: Task) => Steps<bigint> = kernelFunction(
  'mpx_get_bounds_dir',
  function* (frame, task: Task) {
    yield frame.at('mpx_get_bounds_dir: is there MPX', { ia32: task.mm.ia32 });
    if (!task.process.machine.features.mpx) return MPX_INVALID_BOUNDS_DIR;
    if (task.mm.ia32 && !task.process.profile.switches.ia32Allowed) return MPX_INVALID_BOUNDS_DIR;
    yield frame.at('mpx_get_bounds_dir: read BNDCSR');
    const bndcsr = bndcsr_of(task);
    if (!bndcsr) return MPX_INVALID_BOUNDS_DIR;
    yield frame.at('mpx_get_bounds_dir: is it enabled', { bndcfgu: bndcsr.bndcfgu });
    if ((bndcsr.bndcfgu & MPX_BNDCFG_ENABLE_FLAG) === 0n) return MPX_INVALID_BOUNDS_DIR;
    // Nobody asks whether anything is mapped there (K-29).
    return bndcsr.bndcfgu & mpxConstants(task).MPX_BNDCFG_ADDR_MASK;
  },
);

/** PR_MPX_ENABLE_MANAGEMENT: from now on the kernel allocates and frees tables in the directory of BNDCFGU. → 0 or −ENXIO */
export const mpx_enable_management: (task: Task) => Steps<number> = kernelFunction(
  'mpx_enable_management',
  function* (frame, task: Task) {
    const { mm } = task;
    const { check47bit, failedEnableForgets } = task.process.profile.switches;
    // Read before the lock is taken: it may have to save the FPU state.
    yield frame.at('mpx_enable_management: which directory', { old_bd_addr: mm.bd_addr });
    const bd_base = yield* mpx_get_bounds_dir(task);
    let ret = 0;
    yield frame.at('mpx_enable_management: take mmap_sem', { bd_base });
    yield* down_write(task, mm.mmap_sem);
    const tooHigh = check47bit ? mm.find_vma(DEFAULT_MAP_WINDOW) : undefined;
    if (tooHigh) {
      yield frame.at('mpx_enable_management: refuse, a mapping lies above 47 bits', { vm_end: tooHigh.vm_end });
      const text = 'mpx_enable_management: MPX cannot handle addresses above 47 bits, disabling it';
      task.process.emit(task, { kind: 'mpx-log', text });
      ret = -ENXIO;
    } else {
      const failed = bd_base === MPX_INVALID_BOUNDS_DIR;
      yield frame.at('mpx_enable_management: store bd_addr', { failed });
      // Stored even if it is none: a failing second call forgets what the first one established (K-23).
      if (!failed || failedEnableForgets) mm.bd_addr = bd_base;
      if (failed) ret = -ENXIO;
    }
    up_write(task, mm.mmap_sem);
    task.process.emit(task, { kind: 'management', enabled: true, bdAddr: mm.bd_addr, result: ret });
    return ret;
  },
);

/** PR_MPX_DISABLE_MANAGEMENT: tables and entries stay as they are, nobody cares for them any more. → 0 or −ENXIO */
export const mpx_disable_management: (task: Task) => Steps<number> = kernelFunction(
  'mpx_disable_management',
  function* (frame, task: Task) {
    const { mm } = task;
    yield frame.at('mpx_disable_management: is there MPX', { old_bd_addr: mm.bd_addr });
    if (!task.process.machine.features.mpx) return -ENXIO;
    yield frame.at('mpx_disable_management: take mmap_sem');
    yield* down_write(task, mm.mmap_sem);
    yield frame.at('mpx_disable_management: forget bd_addr');
    mm.bd_addr = MPX_INVALID_BOUNDS_DIR;
    up_write(task, mm.mmap_sem);
    task.process.emit(task, { kind: 'management', enabled: false, bdAddr: mm.bd_addr, result: 0 });
    return 0;
  },
);
