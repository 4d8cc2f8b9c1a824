/** Far transfers, faults, segments and other rarities. */
import { forms, hex } from './form.ts';

export const systemForms = forms((add) => {
  add('cmpxchg16b', '48 0f c7 /1 mem lock al16');
  // 32-bit offsets only: AMD's CPUs have no REX.W forms of far CALL and JMP.
  add('far', 'ff /5 mem; ff /3 mem; 66 ff /5 mem; 66 ff /3 mem', { ...{ implicit: 'stack' }, looseFaults: true });
  add('retf', 'cb; 48 cb; ca 08 00; 48 ca 08 00', { ...{ implicit: 'stack' }, looseFaults: true });
  add('iret', 'cf; 48 cf', { ...{ implicit: 'stack' }, looseFaults: true });
  add('push segment', '0f a0 p; 0f a8 p', { implicit: 'stack' });
  add('clflush', '0f ae /7 mem');
  add('fence', Array.from({ length: 24 }, (_, i) => `0f ae ${hex(0xe8 + i)}`).join('; '));
  // Faults and traps
  add('ud', '0f 0b; 0f ff /r s; 0f b9 /r s; 06; f0 01 c0; f0 89 08; f0 90');
  add(
    'privileged',
    'f4; fa; fb; 0f 06; 0f 08; 0f 09; 0f 30; 0f 32; 0f 33; 0f 07; 48 0f 07; 0f 01 d1; 0f 01 f8; 0f 00 /2 s; 0f 00 /3 s; 0f 01 /2 mem; 0f 01 /3 mem; 0f 01 /6 s; 0f 01 /7 mem',
  );
  add(
    'privileged',
    '0f 20 c0; 0f 22 c0; 0f 21 c0; 0f 23 c0; ec; ed; 66 ed; ee; ef; 66 ef; e4 00; e5 00; 66 e5 00; e6 00; e7 00; 66 e7 00; 6c; 6d; 66 6d; 6e; 6f; 66 6f',
  );
  add('int', 'cd 05; cd 20; cd 00; cd 04');
  add('segment', '8c /0 s; 8c /1 s; 8c /3 s; 8c /2 s');
});
