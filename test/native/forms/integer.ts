/** General-purpose arithmetic, logic, moves and conditions. */
import { AF, ALL_FLAGS, CF, type Facts, type Form, forms, hex, OF, PF, SF, ZF } from './form.ts';

export const integerForms = forms((add) => {
  const ALU = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'];
  ALU.forEach((name, i) => {
    const undefinedFlags = ['and', 'or', 'xor'].includes(name) ? AF : 0;
    const lock = name === 'cmp' ? '' : 'lock';
    add(
      name,
      `${hex(8 * i)} /r 8 ${lock}; ${hex(8 * i + 1)} /r s ${lock}; ${hex(8 * i + 2)} /r 8; ${hex(8 * i + 3)} /r s; ${hex(8 * i + 4)} ib 8; ${hex(8 * i + 5)} iz s; 80 /${i} ib 8 ${lock}; 81 /${i} iz s ${lock}; 83 /${i} ib s ${lock}`,
      { undefinedFlags },
    );
  });
  add('xor', '31 c0; 48 31 c0; 45 31 ed; 4d 31 ed', { undefinedFlags: AF });
  add('test', '84 /r 8; 85 /r s; a8 ib 8; a9 iz s; f6 /0 ib 8; f7 /0 iz s; f6 /1 ib 8; f7 /1 iz s', {
    undefinedFlags: AF,
  });
  add('inc', 'fe /0 8 lock; ff /0 s lock');
  add('dec', 'fe /1 8 lock; ff /1 s lock');
  add('not', 'f6 /2 8 lock; f7 /2 s lock');
  add('neg', 'f6 /3 8 lock; f7 /3 s lock');
  const MUL = SF | ZF | AF | PF;
  add('mul', 'f6 /4 8; f7 /4 s', { undefinedFlags: MUL });
  add('imul', 'f6 /5 8; f7 /5 s; 0f af /r s; 69 /r iz s; 6b /r ib s', { undefinedFlags: MUL });
  add('div', 'f6 /6 8; f7 /6 s', { undefinedFlags: ALL_FLAGS });
  add('idiv', 'f6 /7 8; f7 /7 s', { undefinedFlags: ALL_FLAGS });

  const count = (f: Facts, byCl: boolean) => (byCl ? Number(f.rcx & 0xffn) : f.immediate) & (f.bits === 64 ? 63 : 31);
  const ROTATES = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'shl', 'sar'];
  ROTATES.forEach((name, i) => {
    const rotate = i < 4;
    const mask = (byCl: boolean) => (f: Facts) => {
      const n = count(f, byCl);
      if (n === 0) return 0;
      let undefinedFlags = n === 1 ? 0 : OF;
      if (!rotate) undefinedFlags |= AF;
      if (!rotate && n >= f.bits && name !== 'sar') undefinedFlags |= CF;
      return undefinedFlags;
    };
    add(name, `d0 /${i} 8; d1 /${i} s`, { undefinedFlags: rotate ? 0 : AF });
    add(name, `d2 /${i} 8; d3 /${i} s`, { undefinedFlags: mask(true) });
    add(name, `c0 /${i} ib 8; c1 /${i} ib s`, { undefinedFlags: mask(false) });
  });
  const doubleShift = (byCl: boolean): Partial<Form> => ({
    undefinedFlags: (f) => {
      const n = count(f, byCl);
      if (n === 0) return 0;
      if (n > f.bits) return ALL_FLAGS;
      return (n === 1 ? 0 : OF) | AF;
    },
    undefinedResult: (f) => count(f, byCl) > f.bits,
  });
  add('shld', '0f a4 /r ib s; 0f a4 /r ib s zero', doubleShift(false));
  add('shld', '0f a5 /r s', doubleShift(true));
  add('shrd', '0f ac /r ib s; 0f ac /r ib s zero', doubleShift(false));
  add('shrd', '0f ad /r s', doubleShift(true));

  const BIT = OF | SF | AF | PF;
  add('bt', '0f a3 /r s reg; 0f ba /4 ib s', { undefinedFlags: BIT });
  add('bts', '0f ab /r s reg; 0f ba /5 ib s lock', { undefinedFlags: BIT });
  add('btr', '0f b3 /r s reg; 0f ba /6 ib s lock', { undefinedFlags: BIT });
  add('btc', '0f bb /r s reg; 0f ba /7 ib s lock', { undefinedFlags: BIT });
  add('bt', '0f a3 /r s mem bitbase', { undefinedFlags: BIT });
  add('bts', '0f ab /r s mem bitbase lock', { undefinedFlags: BIT });
  add('btr', '0f b3 /r s mem bitbase lock', { undefinedFlags: BIT });
  add('btc', '0f bb /r s mem bitbase lock', { undefinedFlags: BIT });
  const SCAN = CF | OF | SF | AF | PF;
  add('bsf', '0f bc /r s', { undefinedFlags: SCAN, undefinedResult: (f) => f.rm === 0n });
  add('bsr', '0f bd /r s', { undefinedFlags: SCAN, undefinedResult: (f) => f.rm === 0n });
  add('bswap', '0f c8 +r d');

  add('mov', '88 /r 8; 89 /r s; 8a /r 8; 8b /r s; b0 +r ib 8; b8 +r iv s; c6 /0 ib 8; c7 /0 iz s');
  add('mov', 'a0 moffs 8; a1 moffs s; a2 moffs 8; a3 moffs s');
  add('movzx', '0f b6 /r s; 0f b7 /r s');
  add('movsx', '0f be /r s; 0f bf /r s; 63 /r d; 66 63 /r reg');
  add('lea', '8d /r s mem');
  add('xchg', '86 /r 8 lockmem; 87 /r s lockmem; 90 +r s');
  add('xadd', '0f c0 /r 8 lock; 0f c1 /r s lock');
  // A failing 32-bit comparison writes the register back, zero-extended, by Intel's description; AMD's CPUs leave it alone.
  add('cmpxchg', '0f b0 /r 8 lock; 0f b1 /r s lock', {
    undefinedResult: (f) => f.bits === 32 && f.rm !== (f.rax & 0xffffffffn),
  });
  add('cmpxchg8b', '0f c7 /1 d mem lock al16');
  for (let cc = 0; cc < 16; cc++) {
    add('setcc', `0f ${hex(0x90 + cc)} /0 8`);
    add('cmov', `0f ${hex(0x40 + cc)} /r s`);
    add('jcc', `${hex(0x70 + cc)} rel8; 0f ${hex(0x80 + cc)} rel32`);
  }
  add('cbw', '98 s');
  add('cwd', '99 s');
  add('lahf', '9f; 9e');
  add('flag', 'f5; f8; f9; fc; fd');
  add('nop', '90; 0f 1f /0 s; f3 0f 1e fa; f3 0f 1e fb; f3 0f 1e /1 d reg; f3 90');
  for (const hint of ['0d', '18', '19', '1c', '1d', '1e', '1f'])
    for (let i = 0; i < 8; i++) add('hint', `0f ${hint} /${i} s mem`);
  add('xlat', 'd7', { implicit: 'rbx' });
});
