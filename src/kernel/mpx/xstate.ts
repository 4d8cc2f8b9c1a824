/** The MPX part of a task's saved extended state, as kernel code gets at it. */
import type { Task } from '../task.ts';
import { XFEATURE_BNDCSR, XFEATURE_BNDREGS } from './constants.ts';

const XSTATE_BV_OFFSET = 512;
const BNDREGS_OFFSET = 960;
const BNDCSR_OFFSET = 1024;

/**
 * Saves the task's registers and finds the data of one state component in the image (spec B.3, A.3). undefined if the component
 * is in its initial configuration: then the image does not hold it.
 */
function get_xsave_field_ptr(
  task: Task,
  feature: typeof XFEATURE_BNDREGS | typeof XFEATURE_BNDCSR,
): DataView | undefined {
  const mask = 1n << BigInt(feature);
  const image = task.cpu.xsave(mask);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if ((view.getBigUint64(XSTATE_BV_OFFSET, true) & mask) === 0n) return undefined;
  const offset = feature === XFEATURE_BNDREGS ? BNDREGS_OFFSET : BNDCSR_OFFSET;
  return new DataView(image.buffer, image.byteOffset + offset, 64);
}

interface BndCsr {
  readonly bndcfgu: bigint;
  readonly bndstatus: bigint;
}

/** BNDCFGU and BNDSTATUS; undefined if both are 0. */
export function bndcsr_of(task: Task): BndCsr | undefined {
  const bndcsr = get_xsave_field_ptr(task, XFEATURE_BNDCSR);
  return bndcsr && { bndcfgu: bndcsr.getBigUint64(0, true), bndstatus: bndcsr.getBigUint64(8, true) };
}

/** Lower and raw upper half of a bounds register; undefined if all four are in their initial state. */
export function bndreg_of(task: Task, regno: number): { lower_bound: bigint; upper_bound: bigint } | undefined {
  const bndregs = get_xsave_field_ptr(task, XFEATURE_BNDREGS);
  if (!bndregs) return undefined;
  return {
    lower_bound: bndregs.getBigUint64(16 * regno, true),
    upper_bound: bndregs.getBigUint64(16 * regno + 8, true),
  };
}
