/**
 * Decoded code depends on the code segment and on the state of the MPX unit: operand sizes, opcodes that are NOPs, branches that initialise the
 * bounds. So there is one block cache for each mode, and no handler asks at run time.
 */
import { BNDCFG_EN, BNDCFG_PRESERVE } from '../mpx/translate.ts';

/** MPX off; on, with branches initialising the bounds; on with BNDPRESERVE; the latter two with MPX events reported. Plus CODE32 in 32-bit code. */
export const Mode = { OFF: 0, INIT: 1, PRESERVE: 2, INIT_OBSERVED: 3, PRESERVE_OBSERVED: 4, CODE32: 5 } as const;
export type Mode = number;
export const MODES = 2 * Mode.CODE32;

/** The mode that `bndcfgu` means where MPX is available. */
export function modeOf(bndcfgu: bigint, observing: boolean): Mode {
  if (!(bndcfgu & BNDCFG_EN)) return Mode.OFF;
  if (bndcfgu & BNDCFG_PRESERVE) return observing ? Mode.PRESERVE_OBSERVED : Mode.PRESERVE;
  return observing ? Mode.INIT_OBSERVED : Mode.INIT;
}

export const isCode32 = (mode: Mode): boolean => mode >= Mode.CODE32;
/** The part of a mode that is the MPX unit's. */
const unit = (mode: Mode): number => mode % Mode.CODE32;

export function decodesMpx(mode: Mode): boolean {
  return unit(mode) !== Mode.OFF;
}
export function initialisesBounds(mode: Mode): boolean {
  return unit(mode) === Mode.INIT || unit(mode) === Mode.INIT_OBSERVED;
}
export function isObserving(mode: Mode): boolean {
  return unit(mode) === Mode.INIT_OBSERVED || unit(mode) === Mode.PRESERVE_OBSERVED;
}
