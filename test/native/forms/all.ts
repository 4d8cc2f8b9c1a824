/** Every form the differential test covers. */
import type { Form } from './form.ts';
import { integerForms } from './integer.ts';
import { sseForms } from './sse.ts';
import { stackForms } from './stack.ts';
import { systemForms } from './system.ts';
import { x87Forms } from './x87.ts';

export const FORMS: readonly Form[] = [...integerForms, ...stackForms, ...sseForms, ...x87Forms, ...systemForms];
