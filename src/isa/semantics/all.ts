/** The whole semantics table, in two parts: what every CPU model has, and what `skylake` has besides. */
import { arithmetic } from './arithmetic.ts';
import { bits } from './bits.ts';
import { bmi } from './bmi.ts';
import { control } from './control.ts';
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

export const baseSemantics: readonly Definition[] = [
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

export const skylakeSemantics: readonly Definition[] = [
  ...bmi,
  ...vexForms(baseSemantics),
  ...vexFma,
  ...vexMove,
  ...vexSelect,
  ...vexShift,
];

export const allSemantics: readonly Definition[] = [...baseSemantics, ...skylakeSemantics];
