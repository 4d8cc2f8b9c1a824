/** MMX, and the MMX forms of SSE, SSE2 and SSSE3. The x87 unit they share registers with is compared too. */
import { type Form, forms } from './form.ts';

export const mmxForms = forms((add) => {
  const MMX: Partial<Form> = { x87: 'exact' };
  add('mmx movd', '0f 6e /r d; 0f 7e /r d', MMX);
  add('mmx movq', '0f 6f /r; 0f 7f /r; 0f e7 /r mem', MMX);
  add('mmx movq2dq', 'f3 0f d6 /r reg; f2 0f d6 /r reg', MMX);
  add('emms', '0f 77', MMX);
  const INTEGER =
    '60 61 62 63 64 65 66 67 68 69 6a 6b 74 75 76 d1 d2 d3 d4 d5 d8 d9 da db dc dd de df e0 e1 e2 e3 e4 e5 e8 e9 ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f8 f9 fa fb fc fd fe';
  for (const opcode of INTEGER.split(' ')) add(`mmx ${opcode}`, `0f ${opcode} /r`, MMX);
  add(
    'mmx shift imm',
    '0f 71 /2 ib reg; 0f 71 /4 ib reg; 0f 71 /6 ib reg; 0f 72 /2 ib reg; 0f 72 /4 ib reg; 0f 72 /6 ib reg; 0f 73 /2 ib reg; 0f 73 /6 ib reg',
    MMX,
  );
  for (const opcode of '00 01 02 03 04 05 06 07 08 09 0a 0b 1c 1d 1e'.split(' '))
    add(`mmx ssse3 ${opcode}`, `0f 38 ${opcode} /r`, MMX);
  add('mmx palignr', '0f 3a 0f /r ib', MMX);
  add('pshufw', '0f 70 /r ib', MMX);
  add('mmx word', '0f c4 /r d ib; 0f c5 /r d ib reg', MMX);
  add('mmx pmovmskb', '0f d7 /r d reg', MMX);
  add('maskmovq', '0f f7 /r reg', { ...MMX, implicit: 'string', looseFaults: true });
  const FLOAT: Partial<Form> = { ...MMX, floating: true, anyMxcsr: true };
  add('cvtpi2', '0f 2a /r reg; 66 0f 2a /r', FLOAT);
  add('cvtpi2ps', '0f 2a /r mem', { floating: true, anyMxcsr: true });
  add('cvt2pi', '0f 2c /r; 0f 2d /r; 66 0f 2c /r al16; 66 0f 2d /r al16', FLOAT);
});
