/**
 * Decoded code depends on the state of the MPX unit: opcodes that are NOPs, branches that initialise the bounds. So there is one block cache
 * for each mode, and no handler asks at run time.
 */
import { BNDCFG_EN, BNDCFG_PRESERVE } from '../mpx/translate.ts';

/** MPX off; on, with branches initialising the bounds; on with BNDPRESERVE; the latter two with MPX events reported. */
export const Mode = { OFF: 0, INIT: 1, PRESERVE: 2, INIT_OBSERVED: 3, PRESERVE_OBSERVED: 4 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];
export const MODES = 5;

/** The mode that `bndcfgu` means where MPX is available. */
export function modeOf(bndcfgu: bigint, observing: boolean): Mode {
  if (!(bndcfgu & BNDCFG_EN)) return Mode.OFF;
  if (bndcfgu & BNDCFG_PRESERVE) return observing ? Mode.PRESERVE_OBSERVED : Mode.PRESERVE;
  return observing ? Mode.INIT_OBSERVED : Mode.INIT;
}

export function decodesMpx(mode: Mode): boolean {
  return mode !== Mode.OFF;
}
export function initialisesBounds(mode: Mode): boolean {
  return mode === Mode.INIT || mode === Mode.INIT_OBSERVED;
}
export function isObserving(mode: Mode): boolean {
  return mode === Mode.INIT_OBSERVED || mode === Mode.PRESERVE_OBSERVED;
}
