import { Code, EncodingKind } from 'iced-x86';
import type { AddressSize, Size } from '../insn.ts';
import { codeInfo } from './mnemonic.ts';

/** Names in our semantics table where they differ from the lower-case mnemonic. */
const SYNONYMS: Readonly<Record<string, string>> = {
  sal: 'shl',
  xlatb: 'xlat',
  movsxd: 'movsx',
  cwde: 'cbw',
  cdqe: 'cbw',
  cdq: 'cwd',
  cqo: 'cwd',
  pushfd: 'pushf',
  pushfq: 'pushf',
  popfd: 'popf',
  popfq: 'popf',
  jecxz: 'jrcxz',
  retf: 'retf',
  iretd: 'iret',
  iretq: 'iret',
  movapd: 'movaps',
  movdqa: 'movaps',
  movntps: 'movaps',
  movntpd: 'movaps',
  movntdq: 'movaps',
  movupd: 'movups',
  movdqu: 'movups',
  lddqu: 'movups',
  movntdqa: 'movaps',
  movntq: 'movq',
  movlps: 'movlpd',
  movhps: 'movhpd',
  movnti: 'mov',
  andps: 'pand',
  andpd: 'pand',
  orps: 'por',
  orpd: 'por',
  xorps: 'pxor',
  xorpd: 'pxor',
  andnps: 'pandn',
  andnpd: 'pandn',
  unpcklps: 'punpckldq',
  unpckhps: 'punpckhdq',
  unpcklpd: 'punpcklqdq',
  unpckhpd: 'punpckhqdq',
  ud0: 'ud',
  ud1: 'ud',
  ud2: 'ud',
  // CR4.FSGSBASE is 0: Linux sets it since 5.9 only, which has no MPX any more.
  rdfsbase: 'ud',
  rdgsbase: 'ud',
  wrfsbase: 'ud',
  wrgsbase: 'ud',
};

/** No effect beyond their length: hints, and instructions of features that are off (RDSSP without shadow stacks). */
const NOPS = new Set(
  'nop reservednop endbr32 endbr64 pause prefetch prefetchw prefetchwt1 prefetchnta prefetcht0 prefetcht1 prefetcht2 prefetchit0 prefetchit1 rdsspd rdsspq lfence sfence mfence cldemote'.split(
    ' ',
  ),
);

/** #GP(0) at CPL 3 with IOPL 0. */
const PRIVILEGED = new Set(
  'hlt cli sti in out insb insw insd outsb outsw outsd lgdt lidt lldt ltr lmsw clts invd wbinvd invlpg rdmsr wrmsr rdpmc xsetbv swapgs sysretq sysret sysexit sysexitq sgdt sidt sldt str smsw'.split(
    ' ',
  ),
);

/** Sizes of 128-bit forms that do not follow from the first operand: the datum of a scalar FMA, the whole source of a narrowing store. */
function vexSize(mnemonic: string): 4 | 8 | 16 | undefined {
  if (mnemonic === 'vcvtps2ph') return 16;
  if (!/^vfn?m(add|sub)\d+s/.test(mnemonic)) return undefined;
  return mnemonic.endsWith('ss') ? 4 : 8;
}

const STRING_SIZES: Readonly<Record<string, 1 | 2 | 4 | 8>> = { b: 1, w: 2, d: 4, q: 8 };

/** Operation sizes of SSE instructions that do not follow from their first operand: the datum moved, or the general register written. */
const SSE_SIZES: Readonly<Record<string, 4 | 8>> = {
  movss: 4,
  movsd: 8,
  movlpd: 8,
  movhpd: 8,
  movmskps: 4,
  movmskpd: 4,
  pmovmskb: 4,
  pinsrw: 4,
  movddup: 8,
  extractps: 4,
  ...scalarSizes('add sub mul div min max sqrt cmp'),
  ...scalarSizes('comi ucomi'),
  cvtss2sd: 4,
  cvtsd2ss: 8,
};

function scalarSizes(names: string): Record<string, 4 | 8> {
  return Object.fromEntries(names.split(' ').flatMap((n) => [[`${n}ss`, 4] as const, [`${n}sd`, 8] as const]));
}

/** How an encoding is normalised; the same for every instruction with that code. */
export interface Encoding {
  op: string;
  mnemonic: string;
  shape: 'general' | 'string' | 'branch' | 'none' | 'unimplemented' | 'invalid' | 'mpx';
  /** Operation size fixed by the encoding, or 0: that of the first operand. */
  size: 0 | Size;
  addressSize: AddressSize;
  /** Pushes or pops: the address size of its implicit operands is the stack pointer's width. */
  usesStack: boolean;
  /** Short JMP and the counted branches leave the bounds alone (spec A.6). */
  initialisesBounds: boolean;
  /** Which operand is `Insn.v`, or −1. */
  first: number;
}

/** Operations that push or pop, by the names below. */
const STACK_OPERATIONS: ReadonlySet<string> = new Set(
  'push pop pusha popa pushf popf enter leave call calli callf ret retf iret'.split(' '),
);

const encoding = (op: string, mnemonic: string, shape: Encoding['shape'], more?: Partial<Encoding>): Encoding => ({
  op,
  mnemonic,
  shape,
  size: 0,
  addressSize: 8,
  usesStack: STACK_OPERATIONS.has(op),
  initialisesBounds: false,
  first: -1,
  ...more,
});

function branch(mnemonic: string, name: string): Encoding | undefined {
  if (/^(Loop|Loope|Loopne|Jcxz|Jecxz|Jrcxz)_/.test(name)) {
    const addressSize = /_CX$|^Jcxz/.test(name) ? 2 : /_ECX$|^Jecxz/.test(name) ? 4 : 8;
    return encoding(mnemonic.endsWith('cxz') ? 'jrcxz' : mnemonic, mnemonic, 'branch', { size: 8, addressSize });
  }
  if (/^Jmp_rel/.test(name))
    return encoding('jmp', mnemonic, 'branch', { size: 8, initialisesBounds: !/^Jmp_rel8/.test(name) });
  if (/^Call_rel/.test(name))
    return encoding('call', mnemonic, 'branch', { size: numberSize(name), initialisesBounds: true });
  if (/^J[a-z]+_rel/.test(name)) return encoding('jcc', mnemonic, 'branch', { size: 8, initialisesBounds: true });
  if (/^(Jmp|Call)_rm/.test(name))
    return encoding(`${mnemonic}i`, mnemonic, 'general', { size: numberSize(name), initialisesBounds: true });
  if (/^(Jmp|Call)_(m|ptr)16/.test(name))
    return encoding(`${mnemonic}f`, mnemonic, 'general', { size: numberSize(name) });
  if (/^Retn/.test(name))
    return encoding('ret', mnemonic, 'general', { size: letterSize(name.slice(4)), initialisesBounds: true });
  if (/^Retf/.test(name)) return encoding('retf', mnemonic, 'general', { size: letterSize(name.slice(4)) });
  return undefined;
}

/** Size in bytes by the bits in which names like Call_rel32_64, Jmp_rm32, Call_m1632 end. */
const numberSize = (name: string): 2 | 4 | 8 => (name.endsWith('64') ? 8 : name.endsWith('32') ? 4 : 2);
/** Size by the letter in names like Retfq_imm16, Iretd. */
const letterSize = (text: string): 2 | 4 | 8 => (text[0] === 'q' ? 8 : text[0] === 'd' ? 4 : 2);

/**
 * Which operand is the first source in VEX.vvvv, by the code's name: the second of three, but the third behind `rm` or a vector of indexes. Vector
 * shifts by an immediate have their destination in VEX.vvvv and then the source.
 */
function firstSource(name: string, mnemonic: string): number {
  if (/_(xmm|ymm)_\1_imm8$/.test(name)) return 1;
  const [, , ...operands] = name.replace(/_0F[0-9A-F]+$/, '').split('_');
  const sources = operands.filter((operand) => operand !== 'imm8');
  if (sources.length < 3 || mnemonic === 'vmaskmovdqu') return -1;
  return /^(rm|vm)/.test(sources[1]) ? 2 : 1;
}

/** A VEX form is named after its legacy form and has its size, or 32 with YMM registers. */
function vexEncoding(name: string, mnemonic: string): Encoding {
  const first = firstSource(name, mnemonic);
  if (!mnemonic.startsWith('v')) return encoding(mnemonic, mnemonic, 'general', { first });
  const legacy = SYNONYMS[mnemonic.slice(1)] ?? mnemonic.slice(1);
  const size = /ymm|vm..y/.test(name) ? 32 : (SSE_SIZES[legacy] ?? vexSize(mnemonic) ?? 0);
  return encoding(`v${legacy}`, mnemonic, 'general', { size, first });
}

/** Derives the normal form of an encoding from its code. Called once per code and decoder. */
export function describe(code: Code): Encoding {
  const name = Code[code];
  if (code === Code.INVALID) return encoding('ud', '(bad)', 'invalid');
  const info = codeInfo(code);
  const { mnemonic } = info;
  if (info.encoding === EncodingKind.VEX) return vexEncoding(name, mnemonic);
  if (info.encoding !== EncodingKind.Legacy) return encoding('unimplemented', mnemonic, 'unimplemented');
  if (/^Reservednop_.*_0F1[AB]$/.test(name)) return encoding('nop', mnemonic, 'mpx');
  if (NOPS.has(mnemonic)) return encoding('nop', mnemonic, 'none');
  const isControlRegister = /^Mov_(c|d|t)r_|^Mov_r(32|64)_(c|d|t)r$/.test(name);
  if (PRIVILEGED.has(mnemonic) || isControlRegister) return encoding('privileged', mnemonic, 'none');
  const string = /^(Movs|Stos|Lods|Cmps|Scas)([bwdq])_/.exec(name);
  if (string && !name.includes('xmm'))
    return encoding(string[1].toLowerCase(), mnemonic, 'string', { size: STRING_SIZES[string[2]] });
  const jump = branch(mnemonic, name);
  if (jump) return jump;
  if (/^Set[a-z]+_rm8$/.test(name)) return encoding('setcc', mnemonic, 'general', { size: 1 });
  if (/^Cmov[a-z]+_r/.test(name)) return encoding('cmov', mnemonic, 'general');
  if (/^(Cbw|Cwd)$/.test(name)) return encoding(SYNONYMS[mnemonic] ?? mnemonic, mnemonic, 'none', { size: 2 });
  if (/^(Cwde|Cdq)$/.test(name)) return encoding(SYNONYMS[mnemonic], mnemonic, 'none', { size: 4 });
  if (/^(Cdqe|Cqo)$/.test(name)) return encoding(SYNONYMS[mnemonic], mnemonic, 'none', { size: 8 });
  const sized = /^(Pushf|Popf|Iret|Enter|Leave)([wdq])/.exec(name);
  if (sized) return encoding(sized[1].toLowerCase(), mnemonic, 'general', { size: letterSize(sized[2]) });
  const pushed = /^(Push|Pop)(a?)([wdq]?)(_|$)/.exec(name);
  if (pushed) {
    const isWord = /^(Pusha?|Popa?)w|_(r|rm)16$|^Push_imm16$/.test(name);
    const isDouble = /^(Pusha?|Popa?)d|_(r|rm)32$/.test(name);
    const op = `${pushed[1].toLowerCase()}${pushed[2]}`;
    return encoding(op, mnemonic, pushed[2] ? 'none' : 'general', { size: isWord ? 2 : isDouble ? 4 : 8 });
  }
  const op = SYNONYMS[mnemonic] ?? mnemonic;
  return encoding(op, mnemonic, 'general', { size: SSE_SIZES[op] ?? 0 });
}
