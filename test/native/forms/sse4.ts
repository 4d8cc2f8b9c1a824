/** SSE3, SSSE3, SSE4.1, SSE4.2 and POPCNT. */
import { type Form, forms } from './form.ts';

const opcodes = (list: string, form: (opcode: string) => string): string =>
  list
    .split(' ')
    .map((opcode) => form(opcode))
    .join('; ');

export const sse4Forms = forms((add) => {
  add('popcnt', 'f3 0f b8 /r s');
  add('crc32', 'f2 0f 38 f0 /r 8; f2 48 0f 38 f0 /r 8; f2 0f 38 f1 /r s');
  add('movdup', 'f3 0f 12 /r x al16; f3 0f 16 /r x al16; f2 0f 12 /r x');
  add('lddqu', 'f2 0f f0 /r x mem');
  add('movntdqa', '66 0f 38 2a /r x mem al16');
  for (const opcode of '00 01 02 03 04 05 06 07 08 09 0a 0b 1c 1d 1e'.split(' '))
    add(`ssse3 ${opcode}`, `66 0f 38 ${opcode} /r x al16`);
  add('palignr', '66 0f 3a 0f /r x ib al16');
  for (const opcode of '28 29 2b 37 38 39 3a 3b 3c 3d 3e 3f 40 41'.split(' '))
    add(`sse4 ${opcode}`, `66 0f 38 ${opcode} /r x al16`);
  add(
    'pmovx',
    opcodes('20 21 22 23 24 25 30 31 32 33 34 35', (opcode) => `66 0f 38 ${opcode} /r x`),
  );
  add('ptest', '66 0f 38 17 /r x al16');
  add('blendv', '66 0f 38 10 /r x al16; 66 0f 38 14 /r x al16; 66 0f 38 15 /r x al16');
  add('blend', '66 0f 3a 0c /r x ib al16; 66 0f 3a 0d /r x ib al16; 66 0f 3a 0e /r x ib al16');
  add('pextr', '66 0f 3a 14 /r x d ib; 66 0f 3a 15 /r x d ib; 66 0f 3a 16 /r x d ib; 66 0f 3a 17 /r x d ib');
  add('pinsr', '66 0f 3a 20 /r x d ib; 66 0f 3a 22 /r x d ib');
  add('insertps', '66 0f 3a 21 /r x ib');
  add('mpsadbw', '66 0f 3a 42 /r x ib al16');
  const TEXT: Partial<Form> = { contents: 'text' };
  add('pcmpestr', '66 0f 3a 60 /r x d ib; 66 0f 3a 61 /r x d ib', TEXT);
  add('pcmpistr', '66 0f 3a 62 /r x ib; 66 0f 3a 63 /r x ib', TEXT);
  const FLOAT: Partial<Form> = { floating: true, anyMxcsr: true };
  add('addsub', '66 0f d0 /r x al16; f2 0f d0 /r x al16', FLOAT);
  add('hadd', '66 0f 7c /r x al16; f2 0f 7c /r x al16; 66 0f 7d /r x al16; f2 0f 7d /r x al16', FLOAT);
  add('dot product', '66 0f 3a 40 /r x ib al16; 66 0f 3a 41 /r x ib al16', FLOAT);
  add('round', '66 0f 3a 08 /r x ib al16; 66 0f 3a 09 /r x ib al16; 66 0f 3a 0a /r x ib; 66 0f 3a 0b /r x ib', FLOAT);
  add('fisttp', 'df /1 mem; db /1 mem; dd /1 mem', { x87: 'exact' });
});
