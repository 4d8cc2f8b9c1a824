/**
 * The instruction forms the differential test covers. A form is text: opcode bytes, then how the rest is made:
 *   /r      ModRM with random register        /0 … /7  ModRM with that extension
 *   +r      register in the opcode's low bits  ib iw iz iq  immediates (z: 2 or 4 bytes by operand size)
 *   8       byte operation (no size prefixes)  s  16, 32 and 64-bit variants     d  32 and 64-bit variants
 *   zero    an immediate that masks to zero
 *   mem reg only that ModRM form               lock  may carry LOCK with memory
 *   rep     may carry F2 or F3                 lowcount  RCX is small
 *   x       XMM operands (in fault classes only memory matters)
 *   al16    memory operands should mostly be 16-byte aligned
 */

export interface Form {
  name: string;
  text: string;
  /** Arithmetic flags (EFLAGS bits) that are undefined: a mask, or by the operands. */
  undefinedFlags?: number | ((facts: Facts) => number);
  /** General register whose result is undefined in some cases. */
  undefinedResult?: (facts: Facts) => boolean;
  /** Implicit memory: RSP, RSI and RDI should point into the scratch windows. */
  implicit?: 'stack' | 'string' | 'rbx';
  /** Whether it faults, where, and what it has stored by then depend on the CPU's model: cases with a native page or stack fault do not count. */
  looseFaults?: boolean;
  /** XMM registers and memory hold floating-point edge values; the sticky MXCSR flags are not compared. */
  floating?: boolean;
  /** The x87 unit and memory hold extended edge values, and its registers are compared in this way. */
  x87?: X87Result;
}

/** `near`: results of transcendental instructions may differ in the last bits (docs/DIFFERENCES.md). */
export type X87Result = 'exact' | 'near';

/** What a mask may depend on. */
export interface Facts {
  /** Operand size in bits. */
  bits: number;
  /** Immediate, as given. */
  immediate: number;
  /** RCX before. */
  rcx: bigint;
  /** RAX before. */
  rax: bigint;
  /** Value of ModRM's r/m operand before, if it is a register or within the windows. */
  rm: bigint | undefined;
  /** Value of ModRM's reg operand before. */
  reg: bigint;
}

const CF = 1;
const PF = 4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

const forms: Form[] = [];
const add = (name: string, texts: string, more: Partial<Form> = {}): void => {
  for (const text of texts.split(';')) forms.push({ name, text: text.trim(), ...more });
};
const hex = (n: number) => n.toString(16).padStart(2, '0');

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
add('test', '84 /r 8; 85 /r s; a8 ib 8; a9 iz s; f6 /0 ib 8; f7 /0 iz s', { undefinedFlags: AF });
add('inc', 'fe /0 8 lock; ff /0 s lock');
add('dec', 'fe /1 8 lock; ff /1 s lock');
add('not', 'f6 /2 8 lock; f7 /2 s lock');
add('neg', 'f6 /3 8 lock; f7 /3 s lock');
const MUL = SF | ZF | AF | PF;
add('mul', 'f6 /4 8; f7 /4 s', { undefinedFlags: MUL });
add('imul', 'f6 /5 8; f7 /5 s; 0f af /r s; 69 /r iz s; 6b /r ib s', { undefinedFlags: MUL });
const ALL_FLAGS = CF | PF | AF | ZF | SF | OF;
add('div', 'f6 /6 8; f7 /6 s', { undefinedFlags: ALL_FLAGS });
add('idiv', 'f6 /7 8; f7 /7 s', { undefinedFlags: ALL_FLAGS });

const count = (f: Facts, byCl: boolean) => (byCl ? Number(f.rcx & 0xffn) : f.immediate) & (f.bits === 64 ? 63 : 31);
const ROTATES = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'shl', 'sar'];
ROTATES.forEach((name, i) => {
  if (i === 6) return;
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
add('movzx', '0f b6 /r s; 0f b7 /r s');
add('movsx', '0f be /r s; 0f bf /r s; 63 /r d');
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
add('nop', '90; 0f 1f /0 s; 0f 18 /1 mem; 0f 0d /1 mem; f3 0f 1e fa; f3 90');
add('xlat', 'd7', { implicit: 'rbx' });

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
  'e0 rel8 lowcount; e1 rel8 lowcount; e2 rel8 lowcount; e3 rel8 lowcount; 67 e2 rel8 lowcount; 67 e3 rel8 lowcount',
);

const STRING: Partial<Form> = { implicit: 'string' };
add('movs', 'a4 8 rep lowcount; a5 s rep lowcount; 65 a4 8 rep lowcount; 67 a5 rep lowcount', STRING);
add('stos', 'aa 8 rep lowcount; ab s rep lowcount; 67 aa 8 rep lowcount', STRING);
add('lods', 'ac 8 rep lowcount; ad s rep lowcount; 65 ad s rep lowcount', STRING);
add('cmps', 'a6 8 rep lowcount; a7 s rep lowcount; 65 a7 s rep lowcount', STRING);
add('scas', 'ae 8 rep lowcount; af s rep lowcount; 67 ae 8 rep lowcount', STRING);

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
add('movmsk', '0f 50 /r x reg; 66 0f 50 /r x reg; 66 0f d7 /r x reg');
add('maskmovdqu', '66 0f f7 /r x reg', { ...STRING, looseFaults: true });
add(
  'shuffle',
  '66 0f 70 /r x ib al16; f3 0f 70 /r x ib al16; f2 0f 70 /r x ib al16; 0f c6 /r x ib al16; 66 0f c6 /r x ib al16',
);
add('unpack', '0f 14 /r x al16; 66 0f 14 /r x al16; 0f 15 /r x al16; 66 0f 15 /r x al16');
add('pinsrw', '66 0f c4 /r x ib; 66 0f c5 /r x ib reg');
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
const FLOAT: Partial<Form> = { floating: true };
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
add('cmpxchg16b', '48 0f c7 /1 mem lock al16');
// 32-bit offsets only: AMD's CPUs have no REX.W forms of far CALL and JMP.
add('far', 'ff /5 mem; ff /3 mem', { ...STACK, looseFaults: true });
add('retf', 'cb; 48 cb; ca 08 00; 48 ca 08 00', { ...STACK, looseFaults: true });
add('iret', 'cf; 48 cf', { ...STACK, looseFaults: true });
add('push segment', '0f a0 p; 0f a8 p', STACK);
add('clflush', '0f ae /7 mem');
add('fence', '0f ae e8; 0f ae f0; 0f ae f8');
// Faults and traps
add('ud', '0f 0b; 0f ff /r; 06; f0 01 c0; f0 89 08; f0 90');
add('privileged', 'f4; fa; fb; 0f 06; 0f 22 c0; ec; e4 00; 0f 30; 6c; 0f 01 10');
add('int', 'cd 05; cd 20; cd 00; cd 04');
add('segment', '8c /0 s; 8c /1 s; 8c /3 s; 8c /2 s');

export const FORMS: readonly Form[] = forms;
