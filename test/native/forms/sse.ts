/** SSE and SSE2. */
import { type Form, forms } from './form.ts';

export const sseForms = forms((add) => {
  // SSE and SSE2: moves
  add(
    'movaps',
    '0f 28 /r x al16; 0f 29 /r x al16; 66 0f 28 /r x al16; 66 0f 29 /r x al16; 66 0f 6f /r x al16; 66 0f 7f /r x al16',
  );
  add('movups', '0f 10 /r x; 0f 11 /r x; 66 0f 10 /r x; 66 0f 11 /r x; f3 0f 6f /r x; f3 0f 7f /r x');
  add('movnt', '0f 2b /r x mem al16; 66 0f 2b /r x mem al16; 66 0f e7 /r x mem al16; 0f c3 /r d mem');
  add('movss', 'f3 0f 10 /r x; f3 0f 11 /r x; f2 0f 10 /r x; f2 0f 11 /r x');
  add('movq', 'f3 0f 7e /r x; 66 0f d6 /r x');
  add('movd', '66 0f 6e /r x d; 66 0f 7e /r x d');
  add('movlp', '0f 12 /r x; 0f 13 /r x mem; 66 0f 12 /r x mem; 66 0f 13 /r x mem');
  add('movhp', '0f 16 /r x; 0f 17 /r x mem; 66 0f 16 /r x mem; 66 0f 17 /r x mem');
  add('movmsk', '0f 50 /r x d reg; 66 0f 50 /r x d reg; 66 0f d7 /r x d reg');
  add('maskmovdqu', '66 0f f7 /r x reg', { implicit: 'string', looseFaults: true });
  add(
    'shuffle',
    '66 0f 70 /r x ib al16; f3 0f 70 /r x ib al16; f2 0f 70 /r x ib al16; 0f c6 /r x ib al16; 66 0f c6 /r x ib al16',
  );
  add('unpack', '0f 14 /r x al16; 66 0f 14 /r x al16; 0f 15 /r x al16; 66 0f 15 /r x al16');
  add('pinsrw', '66 0f c4 /r x d ib; 66 0f c5 /r x d ib reg');
  add(
    'logic',
    '0f 54 /r x al16; 66 0f 54 /r x al16; 0f 55 /r x al16; 66 0f 55 /r x al16; 0f 56 /r x al16; 66 0f 56 /r x al16; 0f 57 /r x al16; 66 0f 57 /r x al16',
  );
  // The integer operations with opcodes 0F 60–6D, 74–76, D1–EF, F1–FE.
  const INTEGER =
    '60 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 74 75 76 d1 d2 d3 d4 d5 d8 d9 da db dc dd de df e0 e1 e2 e3 e4 e5 e8 e9 ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f8 f9 fa fb fc fd fe';
  for (const opcode of INTEGER.split(' ')) add(`sse2 ${opcode}`, `66 0f ${opcode} /r x al16`);
  add(
    'shift imm',
    '66 0f 71 /2 x ib reg; 66 0f 71 /4 x ib reg; 66 0f 71 /6 x ib reg; 66 0f 72 /2 x ib reg; 66 0f 72 /4 x ib reg; 66 0f 72 /6 x ib reg; 66 0f 73 /2 x ib reg; 66 0f 73 /3 x ib reg; 66 0f 73 /6 x ib reg; 66 0f 73 /7 x ib reg',
  );
  const FLOAT: Partial<Form> = { floating: true, anyMxcsr: true };
  for (const opcode of ['51', '58', '59', '5c', '5d', '5e', '5f'])
    add(
      `float ${opcode}`,
      `0f ${opcode} /r x al16; 66 0f ${opcode} /r x al16; f3 0f ${opcode} /r x; f2 0f ${opcode} /r x`,
      FLOAT,
    );
  add('cmpps', '0f c2 /r x ib al16; 66 0f c2 /r x ib al16; f3 0f c2 /r x ib; f2 0f c2 /r x ib', FLOAT);
  add('comi', '0f 2e /r x; 66 0f 2e /r x; 0f 2f /r x; 66 0f 2f /r x', FLOAT);
  add('cvtsi2', 'f3 0f 2a /r d; f2 0f 2a /r d', FLOAT);
  add('cvt2si', 'f3 0f 2c /r x d; f2 0f 2c /r x d; f3 0f 2d /r x d; f2 0f 2d /r x d', FLOAT);
  add(
    'cvt',
    'f3 0f 5a /r x; f2 0f 5a /r x; 0f 5a /r x; 66 0f 5a /r x al16; 0f 5b /r x al16; 66 0f 5b /r x al16; f3 0f 5b /r x al16; f3 0f e6 /r x; 66 0f e6 /r x al16; f2 0f e6 /r x al16',
    FLOAT,
  );
  add('mxcsr', '0f ae /3 mem; 0f ae /2 mem');
});
