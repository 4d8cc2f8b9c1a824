/** Where registers lie in the state block. */
import type { Operand } from '../insn.ts';
import { State } from './state.ts';

/** From a vector register's slot to that of its upper half. */
export const UPPER_HALF = State.YMM_HIGH - State.XMM;

/** What bits 79:64 of an x87 register become when MMX writes it, and where they are in its slot. */
export const MMX_TOP = { offset: 8, value: 0xffff } as const;

/** Byte offset of a register operand in the state block; AH, CH, DH and BH lie one byte into their register. */
export function registerSlot(o: Operand): number {
  switch (o.kind) {
    case 'reg':
      return State.GPR + o.number * 8 + (o.high ? 1 : 0);
    case 'xmm':
      return State.XMM + o.number * 16;
    case 'mm':
      return State.ST + o.number * 16;
    case 'bnd':
      return State.BND + o.number * 16;
    default:
      throw new Error(`a ${o.kind} operand is in no register`);
  }
}
