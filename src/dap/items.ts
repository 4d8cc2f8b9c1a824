/** Rows of the variables view, and what their makers work with. */

import { hex } from '../base/hex.ts';
import type { UserFrame } from '../debugger/backtrace.ts';
import { assignTo } from '../debugger/expressions/assign.ts';
import { evaluateText } from '../debugger/expressions/evaluate.ts';
import type { Scope } from '../debugger/expressions/scope.ts';
import { U64 } from '../debugger/expressions/types.ts';
import type { Place } from '../debugger/registers.ts';
import type { Container } from './containers.ts';
import type { Launched, SessionState } from './state.ts';

/** One row of the variables view. */
export interface Item {
  name: string;
  value: string;
  type?: string;
  /** Expression that gives the same value. */
  evaluateName?: string;
  /** Address for the memory view. */
  memoryReference?: string;
  children?: Container;
  /** How many indexed children there are: they are fetched in pages. */
  indexed?: number;
  readOnly?: boolean;
  /** Stores what the user typed. Throws UserError. */
  set?(text: string): void;
}

/** What the makers of items need. */
export interface ItemContext {
  state: SessionState;
  launched: Launched;
  /** DAP's ValueFormat.hex: every number in hexadecimal. */
  hex: boolean;
  /** Page of indexed children. */
  start: number;
  count: number;
}

/** What expressions typed into the variables view mean: anything may be written. */
export function editScope({ state, launched }: Pick<ItemContext, 'state' | 'launched'>, frame?: UserFrame): Scope {
  return launched.debuggee.scope(
    { mayWrite: true, onMemoryWritten: (address, length) => state.edited({ address, length }) },
    frame,
  );
}

/** A register or field: hexadecimal, settable by any expression; `pointer` offers the memory view at its value. */
export function placeItem(
  context: ItemContext,
  place: Place,
  name = place.name,
  pointer = false,
  frame?: UserFrame,
): Item {
  const value = place.read();
  return {
    name,
    value: hex(value),
    type: `u${place.size * 8}`,
    evaluateName: place.name.startsWith('$') ? place.name : `$${place.name}`,
    memoryReference: pointer ? hex(value) : undefined,
    set: (text) =>
      assignTo({ kind: 'integer', value, type: U64, place }, evaluateText(text, editScope(context, frame))),
  };
}

/** A small number: decimal unless hexadecimal is asked for. */
export function numberText(value: number | bigint, forceHex: boolean): string {
  return forceHex ? hex(value) : value.toString();
}
