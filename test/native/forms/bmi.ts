/** BMI1, BMI2, LZCNT, MOVBE and ADX. */
import { AF, type Form, forms, OF, PF, SF } from './form.ts';

const SKYLAKE: Partial<Form> = { model: 'skylake' };

export const bmiForms = forms((add) => {
  const general = (text: string) => `vex.128.${text}`;
  add('andn', general('np.0f38.wd f2 /r d v'), { ...SKYLAKE, undefinedFlags: AF | PF });
  for (const [name, extension] of [
    ['blsr', 1],
    ['blsmsk', 2],
    ['blsi', 3],
  ] as const)
    add(name, general(`np.0f38.wd f3 /${extension} d v`), { ...SKYLAKE, undefinedFlags: AF | PF });
  add('bextr', general('np.0f38.wd f7 /r d v smallv'), { ...SKYLAKE, undefinedFlags: AF | SF | PF });
  add('bzhi', general('np.0f38.wd f5 /r d v smallv'), { ...SKYLAKE, undefinedFlags: AF | PF });
  add('mulx', general('f2.0f38.wd f6 /r d v'), SKYLAKE);
  add('pdep', general('f2.0f38.wd f5 /r d v'), SKYLAKE);
  add('pext', general('f3.0f38.wd f5 /r d v'), SKYLAKE);
  add('rorx', general('f2.0f3a.wd f0 /r d ib'), SKYLAKE);
  add(
    'shiftx',
    `${general('66.0f38.wd f7 /r d v')}; ${general('f2.0f38.wd f7 /r d v')}; ${general('f3.0f38.wd f7 /r d v')}`,
    SKYLAKE,
  );
  const COUNT: Partial<Form> = { ...SKYLAKE, undefinedFlags: PF | AF | SF | OF };
  add('tzcnt', 'f3 0f bc /r s', COUNT);
  add('lzcnt', 'f3 0f bd /r s', COUNT);
  add('movbe', '0f 38 f0 /r s mem; 0f 38 f1 /r s mem', SKYLAKE);
  add('adcx', '66 0f 38 f6 /r d; f3 0f 38 f6 /r d', SKYLAKE);
});
