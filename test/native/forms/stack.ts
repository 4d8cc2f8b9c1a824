/** Stack, control flow and string instructions. */
import { type Form, forms } from './form.ts';

export const stackForms = forms((add) => {
  const STACK: Partial<Form> = { implicit: 'stack' };
  add('push', '50 +r p; 6a ib p; 68 iz p; ff /6 p', STACK);
  add('pop', '58 +r p; 8f /0 p', STACK);
  add('pushf', '9c p', STACK);
  add('popf', '9d p', STACK);
  add('enter', 'c8 iw 00; c8 10 00 01; c8 08 00 03', { ...STACK, looseFaults: true });
  add('leave', 'c9 p', STACK);
  add('call', 'e8 rel32; ff /2', STACK);
  add('ret', 'c3; c2 08 00', STACK);
  add('jmp', 'eb rel8; e9 rel32; ff /4');
  add(
    'loop',
    'e0 rel8 lowcount; e1 rel8 lowcount; e2 rel8 lowcount; e3 rel8 lowcount; 67 e0 rel8 lowcount; 67 e1 rel8 lowcount; 67 e2 rel8 lowcount; 67 e3 rel8 lowcount',
  );

  const STRING: Partial<Form> = { implicit: 'string' };
  add('movs', 'a4 8 rep lowcount; a5 s rep lowcount; 65 a4 8 rep lowcount; 67 a5 rep lowcount', STRING);
  add('stos', 'aa 8 rep lowcount; ab s rep lowcount; 67 aa 8 rep lowcount', STRING);
  add('lods', 'ac 8 rep lowcount; ad s rep lowcount; 65 ad s rep lowcount', STRING);
  add('cmps', 'a6 8 rep lowcount; a7 s rep lowcount; 65 a7 s rep lowcount', STRING);
  add('scas', 'ae 8 rep lowcount; af s rep lowcount; 67 ae 8 rep lowcount', STRING);
});
