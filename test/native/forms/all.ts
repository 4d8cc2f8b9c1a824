/** Every form the differential test covers. */
import { avxForms, fmaForms } from './avx.ts';
import { bmiForms } from './bmi.ts';
import type { Form } from './form.ts';
import { integerForms } from './integer.ts';
import { mmxForms } from './mmx.ts';
import { sseForms } from './sse.ts';
import { sse4Forms } from './sse4.ts';
import { stackForms } from './stack.ts';
import { systemForms } from './system.ts';
import { x87Forms } from './x87.ts';

export const FORMS: readonly Form[] = [
  ...integerForms,
  ...bmiForms,
  ...stackForms,
  ...sseForms,
  ...avxForms,
  ...fmaForms,
  ...sse4Forms,
  ...mmxForms,
  ...x87Forms,
  ...systemForms,
];
