/** The alternate signal stack (sigaltstack). */
import type { AltStack } from '../task.ts';

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
/** Smallest stack sigaltstack accepts. */
export const MINSIGSTKSZ = 2048n;

/** Whether `sp` is on the alternate stack. */
export const on_sig_stack = (sas: AltStack, sp: bigint): boolean => sp > sas.ss_sp && sp - sas.ss_sp <= sas.ss_size;

/** What ss_flags reads as for a task whose stack pointer is `sp`. */
export function sas_ss_flags(sas: AltStack, sp: bigint): number {
  if (sas.ss_size === 0n) return SS_DISABLE;
  return on_sig_stack(sas, sp) ? SS_ONSTACK : 0;
}
