/** The whole semantics table, in two parts: what every CPU model has, and what `skylake` has besides. */
import { arithmetic } from './arithmetic.ts';
import { bits } from './bits.ts';
import { bmi } from './bmi.ts';
import { control } from './control.ts';
import { mmx } from './mmx.ts';
import { mmxForms } from './mmx-forms.ts';
import { move } from './move.ts';
import { mpx } from './mpx.ts';
import { shift } from './shift.ts';
import { sseFloat } from './sse-float.ts';
import { sseInteger } from './sse-integer.ts';
import { sseMove } from './sse-move.ts';
import { sseShuffle } from './sse-shuffle.ts';
import { sse4 } from './sse4.ts';
import { ssse3 } from './ssse3.ts';
import { stack } from './stack.ts';
import { string } from './string.ts';
import type { Definition } from './table.ts';
import { vexFma } from './vex-fma.ts';
import { vexForms } from './vex-legacy.ts';
import { vexMove } from './vex-move.ts';
import { vexSelect } from './vex-select.ts';
import { vexShift } from './vex-shift.ts';

/** Without MMX: VEX and MMX forms are made of these. */
const legacySemantics: readonly Definition[] = [
  ...arithmetic,
  ...bits,
  ...control,
  ...move,
  ...mpx,
  ...shift,
  ...sse4,
  ...sseFloat,
  ...sseInteger,
  ...sseMove,
  ...sseShuffle,
  ...ssse3,
  ...stack,
  ...string,
];

export const baseSemantics: readonly Definition[] = [...legacySemantics, ...mmx, ...mmxForms(legacySemantics)];

export const skylakeSemantics: readonly Definition[] = [
  ...bmi,
  ...vexForms(legacySemantics),
  ...vexFma,
  ...vexMove,
  ...vexSelect,
  ...vexShift,
];

export const allSemantics: readonly Definition[] = [...baseSemantics, ...skylakeSemantics];
