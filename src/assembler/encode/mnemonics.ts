/** What a mnemonic of the source may mean in Intel's terms. */

/** One way to understand a mnemonic; the first whose encodings take the operands is it. */
export interface Reading {
  /** Intel's mnemonic as the decoder library calls it, in lower case. */
  mnemonic: string;
  /** Bytes of the operation, if a suffix says so. */
  size?: number;
  /** Bytes of the source operand, of those that extend (`movzb`). */
  source?: number;
  /** An immediate that the mnemonic says (`cmpeqps`). */
  immediate?: bigint;
  /** Jump or call that loads CS too. */
  far?: boolean;
  /** Only with a whole 64-bit immediate or address. */
  movabs?: boolean;
}

/** Letters that say how many bytes an operation works on: of integers, of floating-point numbers. */
const INTEGER_SUFFIX: Record<string, number> = { b: 1, w: 2, l: 4, q: 8 };
const FLOAT_SUFFIX: Record<string, number> = { s: 4, l: 8, t: 10 };
const X87_INTEGER_SUFFIX: Record<string, number> = { s: 2, l: 4, q: 8, ll: 8 };

const CONDITIONS: Record<string, string> = {
  z: 'e',
  nz: 'ne',
  c: 'b',
  nae: 'b',
  nc: 'ae',
  nb: 'ae',
  na: 'be',
  nbe: 'a',
  pe: 'p',
  po: 'np',
  nge: 'l',
  nl: 'ge',
  ng: 'le',
  nle: 'g',
};
const PREDICATES = (
  'eq lt le unord neq nlt nle ord eq_uq nge ngt false neq_oq ge gt true ' +
  'eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us'
).split(' ');
/** Other names of the first predicates, which say all that they are. */
const PREDICATE_NAMES: Record<string, number> = {
  eq_oq: 0,
  lt_os: 1,
  le_os: 2,
  unord_q: 3,
  neq_uq: 4,
  nlt_us: 5,
  nle_us: 6,
  ord_q: 7,
  nge_us: 9,
  ngt_us: 10,
  false_oq: 11,
  ge_os: 13,
  gt_os: 14,
  true_uq: 15,
};
const CLMUL: Record<string, bigint> = { lql: 0n, hql: 1n, lqh: 0x10n, hqh: 0x11n };

/** Names that mean one thing whatever the syntax. */
const SYNONYMS: Record<string, string> = {
  sal: 'shl',
  repz: 'repe',
  xlat: 'xlatb',
  pushf: 'pushfq',
  popf: 'popfq',
  iret: 'iretd',
  lret: 'retf',
  retn: 'ret',
  icebp: 'int1',
  fwait: 'wait',
  ud2a: 'ud2',
  ud2b: 'ud1',
  fxsaveq: 'fxsave64',
  fxrstorq: 'fxrstor64',
  xsaveq: 'xsave64',
  xrstorq: 'xrstor64',
  sysret: 'sysret',
};
/** AT&T names that are not Intel's with a suffix. */
const ATT: Record<string, Reading> = {
  cbtw: { mnemonic: 'cbw' },
  cwtl: { mnemonic: 'cwde' },
  cltq: { mnemonic: 'cdqe' },
  cwtd: { mnemonic: 'cwd' },
  cltd: { mnemonic: 'cdq' },
  cqto: { mnemonic: 'cqo' },
  movslq: { mnemonic: 'movsxd', size: 8 },
  iretw: { mnemonic: 'iretw' },
  iretl: { mnemonic: 'iretd' },
  sysretl: { mnemonic: 'sysret' },
  pushfw: { mnemonic: 'pushf' },
  popfw: { mnemonic: 'popf' },
  ljmp: { mnemonic: 'jmp', far: true },
  lcall: { mnemonic: 'call', far: true },
  ljmpw: { mnemonic: 'jmp', far: true, size: 4 },
  lcallw: { mnemonic: 'call', far: true, size: 4 },
  ljmpl: { mnemonic: 'jmp', far: true, size: 6 },
  lcalll: { mnemonic: 'call', far: true, size: 6 },
  ljmpq: { mnemonic: 'jmp', far: true, size: 10 },
  lcallq: { mnemonic: 'call', far: true, size: 10 },
  lretl: { mnemonic: 'retf', size: 4 },
  lretw: { mnemonic: 'retf', size: 2 },
  lretq: { mnemonic: 'retf', size: 8 },
};
/** Names that are also used for a wider source, or register, than Intel has them for. */
const WIDE_MOVES: Record<string, string> = { movsx: 'movsxd', movd: 'movq', vmovd: 'vmovq' };
const STRINGS = /^(movs|cmps|stos|lods|scas|ins|outs)([bwlq])?$/;
const STRING_SIZES = { b: 'b', w: 'w', l: 'd', q: 'q' } as const;

/** A name with its condition as Intel's manual has it first: `jnz` → `jne`. */
function withCondition(name: string): string {
  const match = /^(j|set|cmov)(\w+)$/.exec(name);
  const condition = match && CONDITIONS[match[2]];
  return condition ? match[1] + condition : name;
}

/** Comparisons and carry-less products with their immediate in the name. */
function withImmediate(name: string): Reading | undefined {
  const compare = /^(v?)cmp(\w+?)([ps][sd])$/.exec(name);
  if (compare) {
    const [, vex, predicate, type] = compare;
    const number = PREDICATE_NAMES[predicate] ?? PREDICATES.indexOf(predicate);
    if (number >= 0 && (vex || PREDICATES.indexOf(predicate) < 8) && (vex || PREDICATE_NAMES[predicate] === undefined))
      return { mnemonic: `${vex}cmp${type}`, immediate: BigInt(number) };
  }
  const product = /^(v?pclmul)(lql|hql|lqh|hqh)qdq$/.exec(name);
  return product ? { mnemonic: `${product[1]}qdq`, immediate: CLMUL[product[2]] } : undefined;
}

/** The readings of `name` in Intel syntax, best first. */
export function intelReadings(name: string): Reading[] {
  if (name === 'movabs') return [{ mnemonic: 'mov', movabs: true }];
  const sized = /^(retf?)([wq])$/.exec(name);
  if (sized) return [{ mnemonic: sized[1], size: INTEGER_SUFFIX[sized[2]] }];
  // Intel's names of 16 bits are the ones that assemblers take for 64 bits.
  const flags = /^(pushf|popf)w$/.exec(name);
  if (flags) return [{ mnemonic: flags[1] }];
  const readings: Reading[] = [{ mnemonic: withCondition(SYNONYMS[name] ?? name) }];
  const wide = WIDE_MOVES[name];
  if (wide) readings.push({ mnemonic: wide });
  const special = withImmediate(name);
  return special ? [special, ...readings] : readings;
}

/** The readings of `name` in AT&T syntax, best first. */
export function attReadings(name: string): Reading[] {
  const readings: Reading[] = [];
  const add = (reading: Reading) => readings.push(reading);
  if (ATT[name]) add(ATT[name]);
  const special = withImmediate(name);
  if (special) add(special);
  const absolute = /^movabs([bwlq])?$/.exec(name);
  if (absolute) return [{ mnemonic: 'mov', movabs: true, size: INTEGER_SUFFIX[absolute[1]] }];
  const string = STRINGS.exec(name);
  if (string) {
    const [, base, suffix] = string;
    const letters = suffix ? [STRING_SIZES[suffix as keyof typeof STRING_SIZES]] : Object.values(STRING_SIZES);
    for (const letter of letters) add({ mnemonic: base + letter });
  }
  const extend = /^mov([sz])([bwl])?([wlq])?x?$/.exec(name);
  if (extend && !/^mov[sz]x?$/.test(name)) {
    const [, kind, from, to] = extend;
    const source = from && INTEGER_SUFFIX[from];
    add({
      mnemonic: from === 'l' ? 'movsxd' : `mov${kind}x`,
      source: source || undefined,
      size: to ? INTEGER_SUFFIX[to] : undefined,
    });
  }
  add({ mnemonic: withCondition(SYNONYMS[name] ?? name) });
  if (WIDE_MOVES[name]) add({ mnemonic: WIDE_MOVES[name] });
  const suffixed = (pattern: RegExp, sizes: Record<string, number>) => {
    const match = pattern.exec(name);
    if (match) add({ mnemonic: withCondition(SYNONYMS[match[1]] ?? match[1]), size: sizes[match[2]] });
  };
  const strings = /^(v?pcmpestr[im])q$/.exec(name);
  if (strings) add({ mnemonic: `${strings[1]}64` });
  suffixed(/^(fn?stenv|fldenv)([sl])$/, { s: 14, l: 28 });
  suffixed(/^(fn?save|frstor)([sl])$/, { s: 94, l: 108 });
  if (/^fn?(i|st?sw|ld?cw|st?cw)/.test(name)) suffixed(/^(fi\w*?)(ll|[slq])$/, X87_INTEGER_SUFFIX);
  if (name.startsWith('f')) suffixed(/^(f\w+?)([slt])$/, FLOAT_SUFFIX);
  suffixed(/^(\w+)([bwlq])$/, INTEGER_SUFFIX);
  if (name.startsWith('vcvt')) suffixed(/^(\w+)([xy])$/, { x: 16, y: 32 });
  return readings;
}
