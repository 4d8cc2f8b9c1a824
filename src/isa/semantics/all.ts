/** The whole semantics table. */
import { arithmetic } from './arithmetic.ts';
import { bits } from './bits.ts';
import { control } from './control.ts';
import { move } from './move.ts';
import { mpx } from './mpx.ts';
import { shift } from './shift.ts';
import { sseFloat } from './sse-float.ts';
import { sseInteger } from './sse-integer.ts';
import { sseMove } from './sse-move.ts';
import { sseShuffle } from './sse-shuffle.ts';
import { stack } from './stack.ts';
import { string } from './string.ts';
import type { Definition } from './table.ts';

export const allSemantics: readonly Definition[] = [
  ...arithmetic,
  ...bits,
  ...control,
  ...move,
  ...mpx,
  ...shift,
  ...sseFloat,
  ...sseInteger,
  ...sseMove,
  ...sseShuffle,
  ...stack,
  ...string,
];
