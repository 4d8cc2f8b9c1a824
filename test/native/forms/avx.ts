/** VEX forms of SSE, AVX and AVX2. */
import { type Form, forms } from './form.ts';

const AVX: Partial<Form> = { model: 'skylake' };
const FLOAT: Partial<Form> = { ...AVX, floating: true, anyMxcsr: true };

/** With XMM and with YMM registers. */
const both = (text: string): string => `vex.128.${text}; vex.256.${text}`;
const all = (texts: readonly string[], form: (text: string) => string): string => texts.map(form).join('; ');

export const avxForms = forms((add) => {
  // Moves
  const opcodes = (prefix: string, list: string) => list.split(' ').map((opcode) => `${prefix}.0f.wig ${opcode} /r x`);
  const ALIGNED = [...opcodes('np', '28 29'), ...opcodes('66', '28 29 6f 7f')];
  add(
    'vmovaps',
    all(ALIGNED, (text) => `vex.128.${text} al16; vex.256.${text} al32`),
    AVX,
  );
  const UNALIGNED = [...opcodes('np', '10 11'), ...opcodes('66', '10 11'), ...opcodes('f3', '6f 7f')];
  add('vmovups', all(UNALIGNED, both), AVX);
  const STREAMING = [...opcodes('np', '2b'), ...opcodes('66', '2b e7')];
  add(
    'vmovnt',
    all(STREAMING, (text) => `vex.128.${text} mem al16; vex.256.${text} mem al32`),
    AVX,
  );
  for (const prefix of ['f3', 'f2'])
    for (const opcode of ['10', '11'])
      add('vmovss', `vex.lig.${prefix}.0f.wig ${opcode} /r x v reg; vex.lig.${prefix}.0f.wig ${opcode} /r x mem`, AVX);
  add('vmovq', 'vex.128.f3.0f.wig 7e /r x; vex.128.66.0f.wig d6 /r x', AVX);
  add('vmovd', 'vex.128.66.0f.wd 6e /r x d; vex.128.66.0f.wd 7e /r x d', AVX);
  for (const [load, store] of [
    ['12', '13'],
    ['16', '17'],
  ])
    for (const prefix of ['np', '66'])
      add(
        'vmovlp, vmovhp',
        `vex.128.${prefix}.0f.wig ${load} /r x v mem; vex.128.${prefix}.0f.wig ${store} /r x mem`,
        AVX,
      );
  add('vmovhlps', 'vex.128.np.0f.wig 12 /r x v reg; vex.128.np.0f.wig 16 /r x v reg', AVX);
  add('vmovmsk', all(['np.0f.wig 50 /r reg', '66.0f.wig 50 /r reg', '66.0f.wig d7 /r reg'], both), AVX);
  add('vmaskmovdqu', 'vex.128.66.0f.wig f7 /r x reg', { ...AVX, implicit: 'string', looseFaults: true });
  add('vzero', 'vex.128.np.0f.wig 77; vex.256.np.0f.wig 77', AVX);
  add('vmxcsr', 'vex.128.np.0f.wig ae /2 mem; vex.128.np.0f.wig ae /3 mem', AVX);

  // Integer operations and shuffles
  const INTEGER =
    '60 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 74 75 76 d1 d2 d3 d4 d5 d8 d9 da db dc dd de df e0 e1 e2 e3 e4 e5 e8 e9 ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f8 f9 fa fb fc fd fe';
  for (const opcode of INTEGER.split(' ')) add(`vex 66 0f ${opcode}`, both(`66.0f.wig ${opcode} /r x v`), AVX);
  add(
    'vpshuf',
    all(['66', 'f3', 'f2'], (prefix) => both(`${prefix}.0f.wig 70 /r x ib`)),
    AVX,
  );
  add(
    'vshuf',
    all(['np', '66'], (prefix) => both(`${prefix}.0f.wig c6 /r x v ib`)),
    AVX,
  );
  const PACKED = ['14', '15', '54', '55', '56', '57'];
  add(
    'vunpck, vand',
    all(['np', '66'], (p) => all(PACKED, (o) => both(`${p}.0f.wig ${o} /r x v`))),
    AVX,
  );
  add(
    'vpinsrw',
    'vex.128.66.0f.wd c4 /r x d v ib; vex.128.66.0f.wd c5 /r x d ib reg; vex.128.66.0f3a.wd 15 /r x d ib',
    AVX,
  );
  const SHIFTS = ['71 /2', '71 /4', '71 /6', '72 /2', '72 /4', '72 /6', '73 /2', '73 /3', '73 /6', '73 /7'];
  add(
    'vector shift imm',
    all(SHIFTS, (shift) => both(`66.0f.wig ${shift} x v ib reg`)),
    AVX,
  );
  add(
    'vpsllv',
    all(['47 w0', '47 w1', '45 w0', '45 w1', '46 w0'], (text) => {
      const [opcode, w] = text.split(' ');
      return both(`66.0f38.${w} ${opcode} /r x v`);
    }),
    AVX,
  );

  const SSSE3 = '00 01 02 03 04 05 06 07 08 09 0a 0b';
  const SSE41 = '28 29 2b 37 38 39 3a 3b 3c 3d 3e 3f 40';
  for (const opcode of [...SSSE3.split(' '), ...SSE41.split(' ')])
    add(`vex 66 0f 38 ${opcode}`, both(`66.0f38.wig ${opcode} /r x v`), AVX);
  add(
    'vpabs',
    all(['1c', '1d', '1e'], (opcode) => both(`66.0f38.wig ${opcode} /r x`)),
    AVX,
  );
  const EXTENSIONS = '20 21 22 23 24 25 30 31 32 33 34 35'.split(' ');
  add(
    'vpmovx',
    all(EXTENSIONS, (opcode) => both(`66.0f38.wig ${opcode} /r x`)),
    AVX,
  );
  add('vphminposuw', 'vex.128.66.0f38.wig 41 /r x', AVX);
  add('vpalignr', both('66.0f3a.wig 0f /r x v ib'), AVX);
  add(
    'vblend',
    all(['0c', '0d', '0e'], (opcode) => both(`66.0f3a.wig ${opcode} /r x v ib`)),
    AVX,
  );
  add('vmpsadbw', both('66.0f3a.wig 42 /r x v ib'), AVX);
  add('vmovdup', `${both('f3.0f.wig 12 /r x')}; ${both('f3.0f.wig 16 /r x')}; ${both('f2.0f.wig 12 /r x')}`, AVX);
  add('vlddqu', both('f2.0f.wig f0 /r x mem'), AVX);
  add('vmovntdqa', 'vex.128.66.0f38.wig 2a /r x mem al16; vex.256.66.0f38.wig 2a /r x mem al32', AVX);
  add(
    'vpextr',
    all(['14', '15', '17'], (opcode) => `vex.128.66.0f3a.wd ${opcode} /r x d ib`),
    AVX,
  );
  add('vpextr', 'vex.128.66.0f3a.wd 16 /r x d ib', AVX);
  add('vpinsr', 'vex.128.66.0f3a.wd 20 /r x d v ib; vex.128.66.0f3a.wd 22 /r x d v ib', AVX);
  add('vinsertps', 'vex.128.66.0f3a.wig 21 /r x v ib', AVX);
  const TEXT: Partial<Form> = { ...AVX, contents: 'text' };
  add('vpcmpestr', 'vex.128.66.0f3a.wd 60 /r x d ib; vex.128.66.0f3a.wd 61 /r x d ib', TEXT);
  add('vpcmpistr', 'vex.128.66.0f3a.wig 62 /r x ib; vex.128.66.0f3a.wig 63 /r x ib', TEXT);

  // Broadcasts, permutations, blends, tests
  add(
    'vbroadcast',
    all(['18', '58', '59', '78', '79'], (opcode) => both(`66.0f38.w0 ${opcode} /r x`)),
    AVX,
  );
  add('vbroadcast', 'vex.256.66.0f38.w0 19 /r x; vex.256.66.0f38.w0 1a /r x mem; vex.256.66.0f38.w0 5a /r x mem', AVX);
  add('vperm2', 'vex.256.66.0f3a.w0 06 /r x v ib; vex.256.66.0f3a.w0 46 /r x v ib', AVX);
  add('vinsert', 'vex.256.66.0f3a.w0 18 /r x v ib; vex.256.66.0f3a.w0 38 /r x v ib', AVX);
  add('vextract', 'vex.256.66.0f3a.w0 19 /r x ib; vex.256.66.0f3a.w0 39 /r x ib', AVX);
  add('vpermq', 'vex.256.66.0f3a.w1 00 /r x ib; vex.256.66.0f3a.w1 01 /r x ib', AVX);
  add('vpermd', 'vex.256.66.0f38.w0 36 /r x v; vex.256.66.0f38.w0 16 /r x v', AVX);
  add('vpermil', `${both('66.0f38.w0 0c /r x v')}; ${both('66.0f38.w0 0d /r x v')}`, AVX);
  add('vpermil', `${both('66.0f3a.w0 04 /r x ib')}; ${both('66.0f3a.w0 05 /r x ib')}`, AVX);
  add(
    'vblendv',
    all(['4a', '4b', '4c'], (opcode) => both(`66.0f3a.w0 ${opcode} /r x v is4`)),
    AVX,
  );
  add('vpblendd', both('66.0f3a.w0 02 /r x v ib'), AVX);
  add(
    'vtest',
    all(['0e', '0f'], (opcode) => both(`66.0f38.w0 ${opcode} /r x`)),
    AVX,
  );
  add('vptest', both('66.0f38.wig 17 /r x'), AVX);

  // Memory lane by lane
  add(
    'vmaskmov',
    all(['2c', '2d', '2e', '2f'], (opcode) => both(`66.0f38.w0 ${opcode} /r x v mem`)),
    AVX,
  );
  add(
    'vpmaskmov',
    all(['w0 8c', 'w1 8c', 'w0 8e', 'w1 8e'], (text) => both(`66.0f38.${text} /r x v mem`)),
    AVX,
  );
  add(
    'vgatherd',
    all(['w0 90', 'w1 90', 'w0 92', 'w1 92'], (text) => both(`66.0f38.${text} /r x v vsib`)),
    AVX,
  );
  add(
    'vgatherq',
    all(['w0 91', 'w1 91', 'w0 93', 'w1 93'], (text) => both(`66.0f38.${text} /r x v vsib qindex`)),
    AVX,
  );

  // Floating point
  for (const opcode of ['58', '59', '5c', '5d', '5e', '5f']) {
    const packed = all(['np', '66'], (prefix) => both(`${prefix}.0f.wig ${opcode} /r x v`));
    add(`vfloat ${opcode}`, `${packed}; vex.lig.f3.0f.wig ${opcode} /r x v; vex.lig.f2.0f.wig ${opcode} /r x v`, FLOAT);
  }
  const ROOTS = all(['np', '66'], (prefix) => both(`${prefix}.0f.wig 51 /r x`));
  add('vsqrt', `${ROOTS}; vex.lig.f3.0f.wig 51 /r x v; vex.lig.f2.0f.wig 51 /r x v`, FLOAT);
  const COMPARISONS = all(['np', '66'], (prefix) => both(`${prefix}.0f.wig c2 /r x v ib`));
  add('vcmp', `${COMPARISONS}; vex.lig.f3.0f.wig c2 /r x v ib; vex.lig.f2.0f.wig c2 /r x v ib`, FLOAT);
  add(
    'vcomi',
    all(['np.0f.wig 2e', '66.0f.wig 2e', 'np.0f.wig 2f', '66.0f.wig 2f'], (t) => `vex.lig.${t} /r x`),
    FLOAT,
  );
  add('vcvtsi2', 'vex.lig.f3.0f.wd 2a /r d v; vex.lig.f2.0f.wd 2a /r d v', FLOAT);
  add(
    'vcvt2si',
    all(['f3.0f.wd 2c', 'f2.0f.wd 2c', 'f3.0f.wd 2d', 'f2.0f.wd 2d'], (t) => `vex.lig.${t} /r x d`),
    FLOAT,
  );
  add('vcvt', 'vex.lig.f3.0f.wig 5a /r x v; vex.lig.f2.0f.wig 5a /r x v', FLOAT);
  const CONVERSIONS = ['np 5a', '66 5a', 'np 5b', '66 5b', 'f3 5b', 'f3 e6', '66 e6', 'f2 e6'];
  add(
    'vcvt',
    all(CONVERSIONS, (text) => {
      const [prefix, opcode] = text.split(' ');
      return both(`${prefix}.0f.wig ${opcode} /r x`);
    }),
    FLOAT,
  );
});

/** FMA and F16C. */
export const fmaForms = forms((add) => {
  add('vcvtph', `${both('66.0f38.w0 13 /r x')}; ${both('66.0f3a.w0 1d /r x ib')}`, { ...FLOAT, anyMxcsr: true });
  const OPERATIONS = { vfmaddsub: 6, vfmsubadd: 7, vfmadd: 8, vfmsub: 10, vfnmadd: 12, vfnmsub: 14 };
  for (const [name, low] of Object.entries(OPERATIONS))
    for (const [order, high] of [
      ['132', 0x90],
      ['213', 0xa0],
      ['231', 0xb0],
    ] as const) {
      const opcode = (n: number) => (high + n).toString(16);
      const packed = ['w0', 'w1'].map((w) => both(`66.0f38.${w} ${opcode(low)} /r x v`));
      const scalar = ['w0', 'w1'].map((w) => `vex.lig.66.0f38.${w} ${opcode(low + 1)} /r x v`);
      add(`${name}${order}`, [...packed, ...(low >= 8 ? scalar : [])].join('; '), {
        ...FLOAT,
        anyMxcsr: true,
        close: true,
      });
    }
  const HORIZONTAL = ['66.0f.wig d0', 'f2.0f.wig d0', '66.0f.wig 7c', 'f2.0f.wig 7c', '66.0f.wig 7d', 'f2.0f.wig 7d'];
  add(
    'vhorizontal',
    all(HORIZONTAL, (text) => both(`${text} /r x v`)),
    { ...FLOAT, anyMxcsr: true },
  );
  add('vdp', `${both('66.0f3a.wig 40 /r x v ib')}; vex.128.66.0f3a.wig 41 /r x v ib`, { ...FLOAT, anyMxcsr: true });
  add('vround', `${both('66.0f3a.wig 08 /r x ib')}; ${both('66.0f3a.wig 09 /r x ib')}`, { ...FLOAT, anyMxcsr: true });
  add('vround', 'vex.lig.66.0f3a.wig 0a /r x v ib; vex.lig.66.0f3a.wig 0b /r x v ib', { ...FLOAT, anyMxcsr: true });
});
