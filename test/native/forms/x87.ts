/** The x87 unit. */
import { type Form, forms, hex } from './form.ts';

export const x87Forms = forms((add) => {
  const X87: Partial<Form> = { x87: 'exact' };
  add('x87 control', 'd9 /7 mem; d9 /5 mem; dd /7 mem; df e0; db e2; db e3; 9b; d9 d0; db e0; db e1; db e4', X87);
  add(
    'x87 environment',
    'd9 /6 mem; d9 /4 mem; dd /6 mem; dd /4 mem; 66 d9 /6 mem; 66 d9 /4 mem; 66 dd /6 mem; 66 dd /4 mem',
    { ...X87, looseFaults: true },
  );
  const X87_ARITHMETIC = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr'];
  X87_ARITHMETIC.forEach((name, i) => {
    add(name, `d8 /${i} mem; dc /${i} mem; da /${i} mem; de /${i} mem`, X87);
    for (const register of [0, 1, 2, 7]) {
      const modrm = hex(0xc0 + 8 * i + register);
      add(name, `d8 ${modrm}; dc ${modrm}`, X87);
      if (i !== 3) add(name, `de ${modrm}`, X87);
    }
  });
  add('fcompp', 'de d9; da e9', X87);
  add('fld', 'd9 /0 mem; dd /0 mem; db /5 mem; d9 c0; d9 c1; d9 c7', X87);
  add('fild', 'df /0 mem; db /0 mem; df /5 mem', X87);
  add('fst', 'd9 /2 mem; dd /2 mem; dd d0; dd d2', X87);
  add('fstp', 'd9 /3 mem; dd /3 mem; db /7 mem; dd d8; dd d9; dd df; d9 d9; df d1; df d9', X87);
  add('fist', 'df /2 mem; db /2 mem', X87);
  add('fistp', 'df /3 mem; db /3 mem; df /7 mem', X87);
  add('fbld', 'df /4 mem', X87);
  add('fbstp', 'df /6 mem', X87);
  add('fxch', 'd9 c9; d9 cf; d9 c8; dd c9; df c9', X87);
  add('fcmov', 'da c1; da c9; da d1; da d9; db c1; db c9; db d1; db d9', X87);
  add('fcomi', 'db f1; df f1; db e9; df e9; dd e1; dd e9', X87);
  add('ftst', 'd9 e4', X87);
  add('fxam', 'd9 e5', X87);
  add('x87 constant', 'd9 e8; d9 e9; d9 ea; d9 eb; d9 ec; d9 ed; d9 ee', X87);
  add('x87 sign', 'd9 e0; d9 e1', X87);
  add('x87 stack', 'd9 f6; d9 f7; dd c1; dd c7; df c1', X87);
  add('fsqrt', 'd9 fa', X87);
  add('frndint', 'd9 fc', X87);
  add('fscale', 'd9 fd', X87);
  add('fxtract', 'd9 f4', X87);
  add('fprem', 'd9 f8; d9 f5', X87);
  const TRANSCENDENTAL: Partial<Form> = { x87: 'near' };
  add('f2xm1', 'd9 f0', TRANSCENDENTAL);
  add('fyl2x', 'd9 f1', TRANSCENDENTAL);
  add('fyl2xp1', 'd9 f9', TRANSCENDENTAL);
  add('fpatan', 'd9 f3', TRANSCENDENTAL);
  add('trigonometric', 'd9 fe; d9 ff; d9 fb; d9 f2', TRANSCENDENTAL);
});
