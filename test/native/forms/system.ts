/** Far transfers, faults, segments and other rarities. */
import { forms } from './form.ts';

export const systemForms = forms((add) => {
  add('cmpxchg16b', '48 0f c7 /1 mem lock al16');
  // 32-bit offsets only: AMD's CPUs have no REX.W forms of far CALL and JMP.
  add('far', 'ff /5 mem; ff /3 mem', { ...{ implicit: 'stack' }, looseFaults: true });
  add('retf', 'cb; 48 cb; ca 08 00; 48 ca 08 00', { ...{ implicit: 'stack' }, looseFaults: true });
  add('iret', 'cf; 48 cf', { ...{ implicit: 'stack' }, looseFaults: true });
  add('push segment', '0f a0 p; 0f a8 p', { implicit: 'stack' });
  add('clflush', '0f ae /7 mem');
  add('fence', '0f ae e8; 0f ae f0; 0f ae f8');
  // Faults and traps
  add('ud', '0f 0b; 0f ff /r; 06; f0 01 c0; f0 89 08; f0 90');
  add('privileged', 'f4; fa; fb; 0f 06; 0f 22 c0; ec; e4 00; 0f 30; 6c; 0f 01 10');
  add('int', 'cd 05; cd 20; cd 00; cd 04');
  add('segment', '8c /0 s; 8c /1 s; 8c /3 s; 8c /2 s');
});
