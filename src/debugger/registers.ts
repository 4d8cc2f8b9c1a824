/** Registers by the names people type: every name gives a place that can be read and written. */

import type { Vcpu } from '../machine/api.ts';
import { boundsOf, setBoundsOf } from './bound-registers.ts';
import { UserError } from './errors.ts';
import { bigintOf, bytesOf, MASK64, upperOf } from './format.ts';

/** A readable and writable location. Values are unsigned and `size` bytes wide. */
export interface Place {
  /** How to write it in an expression. */
  readonly name: string;
  readonly size: number;
  read(): bigint;
  /** Stores the low `size` bytes. Throws UserError where that is impossible. */
  write(value: bigint): void;
}

/** General registers in encoding order. */
export const GPR64 = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
export const GPR32 = 'eax ecx edx ebx esp ebp esi edi'.split(' ');
const LEGACY16 = 'ax cx dx bx sp bp si di'.split(' ');
const LEGACY8 = 'al cl dl bl spl bpl sil dil'.split(' ');
const HIGH8 = 'ah ch dh bh'.split(' ');

/** Bit positions of RFLAGS (SDM Vol. 1, 3.4.3). */
export const FLAG_BITS = { cf: 0, pf: 2, af: 4, zf: 6, sf: 7, tf: 8, if: 9, df: 10, of: 11 } as const;
export const SEGMENTS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const;
type SegmentName = (typeof SEGMENTS)[number];

/** BNDCFGU (spec A.2). */
export const BNDCFG_EN = 1n;
export const BNDCFG_BNDPRESERVE = 2n;
export const BNDCFG_BASE = MASK64 & ~0xfffn;

interface GprPart {
  index: number;
  size: 1 | 2 | 4 | 8;
  shift: 0 | 8;
}

const gprParts = new Map<string, GprPart>();
for (let index = 0; index < 16; index++) {
  const numbered = `r${index}`;
  gprParts.set(GPR64[index], { index, size: 8, shift: 0 });
  gprParts.set(index < 8 ? GPR32[index] : `${numbered}d`, { index, size: 4, shift: 0 });
  gprParts.set(index < 8 ? LEGACY16[index] : `${numbered}w`, { index, size: 2, shift: 0 });
  gprParts.set(index < 8 ? LEGACY8[index] : `${numbered}b`, { index, size: 1, shift: 0 });
  if (index < 4) gprParts.set(HIGH8[index], { index, size: 1, shift: 8 });
}

/** The general registers of a CPU or of a frame. */
type GeneralRegisters = Pick<Vcpu, 'gpr' | 'setGpr'>;

function gprPlace(cpu: GeneralRegisters, name: string, { index, size, shift }: GprPart): Place {
  const mask = ((1n << BigInt(size * 8)) - 1n) << BigInt(shift);
  return {
    name,
    size,
    read: () => (cpu.gpr(index) & mask) >> BigInt(shift),
    write: (value) => {
      const part = (value << BigInt(shift)) & mask;
      // A 32-bit write clears the upper half, as the CPU does; 8- and 16-bit writes keep the rest.
      cpu.setGpr(index, size >= 4 ? part : (cpu.gpr(index) & ~mask) | part);
    },
  };
}

/** The general register, or its part, called `name`. */
export function generalPlace(registers: GeneralRegisters, name: string): Place | undefined {
  const part = gprParts.get(name);
  return part && gprPlace(registers, name, part);
}

/** A field of a register that is read and written as a whole. */
function field(name: string, size: number, read: () => bigint, write: (value: bigint) => void): Place {
  return { name, size, read, write: (value) => write(BigInt.asUintN(size * 8, value)) };
}

function bitField(name: string, bit: bigint, read: () => bigint, write: (value: bigint) => void): Place {
  return field(
    name,
    1,
    () => (read() >> bit) & 1n,
    (value) => {
      if (value > 1n) throw new UserError(`${name} is one bit: give it 0 or 1.`);
      write((read() & ~(1n << bit)) | (value << bit));
    },
  );
}

export function flagPlace(cpu: Vcpu, flag: keyof typeof FLAG_BITS): Place {
  return bitField(
    `$${flag}`,
    BigInt(FLAG_BITS[flag]),
    () => cpu.rflags,
    (value) => {
      cpu.rflags = value;
    },
  );
}

/** Fields of BND`index`; `lbound` and `ubound` are GDB's names. */
export function bndPlace(cpu: Vcpu, index: number, member: string): Place | undefined {
  const name = `bnd${index}.${member}`;
  const bnd = () => boundsOf(cpu, index);
  switch (member) {
    case 'lower':
    case 'lbound':
    case 'lb':
      return field(
        name,
        8,
        () => bnd().lower,
        (lower) => setBoundsOf(cpu, index, { ...bnd(), lower }),
      );
    case 'upper':
    case 'ubound':
    case 'ub':
      return field(
        name,
        8,
        () => upperOf(bnd()),
        (upper) => setBoundsOf(cpu, index, { ...bnd(), upperRaw: ~upper & MASK64 }),
      );
    case 'raw':
      return field(
        name,
        8,
        () => cpu.bnd(index).upperRaw,
        (upperRaw) => setBoundsOf(cpu, index, { ...bnd(), upperRaw }),
      );
    case 'size':
      return field(
        name,
        8,
        () => (upperOf(bnd()) - bnd().lower + 1n) & MASK64,
        (size) => setBoundsOf(cpu, index, { ...bnd(), upperRaw: ~(bnd().lower + size - 1n) & MASK64 }),
      );
    default:
      return undefined;
  }
}

function bndcfguPlace(cpu: Vcpu, member: string): Place | undefined {
  const read = () => cpu.bndcfgu;
  const write = (value: bigint) => {
    cpu.bndcfgu = value;
  };
  if (member === 'en') return bitField('bndcfgu.en', 0n, read, write);
  if (member === 'bndpreserve') return bitField('bndcfgu.bndpreserve', 1n, read, write);
  if (member === 'base')
    return field(
      'bndcfgu.base',
      8,
      () => read() & BNDCFG_BASE,
      (value) => {
        if (value & 0xfffn) throw new UserError('The bounds directory must lie on a page boundary.');
        write((read() & ~BNDCFG_BASE) | value);
      },
    );
  return undefined;
}

function bndstatusPlace(cpu: Vcpu, member: string): Place | undefined {
  const write = (mask: bigint, value: bigint) => {
    cpu.bndstatus = (cpu.bndstatus & ~mask) | (value & mask);
  };
  if (member === 'ec')
    return field(
      'bndstatus.ec',
      1,
      () => cpu.bndstatus & 3n,
      (value) => write(3n, value),
    );
  if (member === 'abd')
    return field(
      'bndstatus.abd',
      8,
      () => cpu.bndstatus & ~3n,
      (value) => write(MASK64 & ~3n, value),
    );
  return undefined;
}

/** Members behind a dot, for completions. */
export const REGISTER_MEMBERS: Record<string, string[]> = {
  bnd0: ['lower', 'upper', 'raw', 'size'],
  bnd1: ['lower', 'upper', 'raw', 'size'],
  bnd2: ['lower', 'upper', 'raw', 'size'],
  bnd3: ['lower', 'upper', 'raw', 'size'],
  bndcfgu: ['en', 'bndpreserve', 'base'],
  bndstatus: ['ec', 'abd'],
};

/** Registers that are one property of the CPU, by the names people use for them. */
const WORDS = {
  rip: 'rip',
  pc: 'rip',
  rflags: 'rflags',
  eflags: 'rflags',
  fs_base: 'fsBase',
  gs_base: 'gsBase',
  bndcfgu: 'bndcfgu',
  bndstatus: 'bndstatus',
} as const;
const CONTROL_WORD_SIZES = { mxcsr: 4, fcw: 2, fsw: 2, ftw: 1 } as const;

function plainPlace(cpu: Vcpu, name: string): Place | undefined {
  if (name === 'eip')
    return field(
      name,
      4,
      () => BigInt.asUintN(32, cpu.rip),
      (value) => {
        cpu.rip = value;
      },
    );
  if (Object.hasOwn(WORDS, name)) {
    const property = WORDS[name as keyof typeof WORDS];
    return field(
      name,
      8,
      () => cpu[property],
      (value) => {
        cpu[property] = value;
      },
    );
  }
  if (Object.hasOwn(CONTROL_WORD_SIZES, name)) {
    const property = name as keyof typeof CONTROL_WORD_SIZES;
    return field(
      name,
      CONTROL_WORD_SIZES[property],
      () => BigInt(cpu[property] >>> 0),
      (value) => {
        cpu[property] = Number(value);
      },
    );
  }
  return undefined;
}

/**
 * The place called `name` (lower case, without `$`), with an optional member behind a dot; undefined if no register is
 * called so. `bnd0` to `bnd3` alone are not places: they are two values (see `bndIndex`).
 */
export function registerPlace(cpu: Vcpu, name: string, member?: string): Place | undefined {
  if (member !== undefined) {
    const index = bndIndex(name);
    if (index !== undefined) return bndPlace(cpu, index, member);
    if (name === 'bndcfgu') return bndcfguPlace(cpu, member);
    if (name === 'bndstatus') return bndstatusPlace(cpu, member);
    if ((name === 'rflags' || name === 'eflags') && Object.hasOwn(FLAG_BITS, member))
      return flagPlace(cpu, member as keyof typeof FLAG_BITS);
    return undefined;
  }
  const general = generalPlace(cpu, name);
  if (general) return general;
  if (SEGMENTS.includes(name as SegmentName)) {
    const segment = name as SegmentName;
    return field(
      name,
      2,
      () => BigInt(cpu.selector(segment)),
      (value) => cpu.setSelector(segment, Number(value)),
    );
  }
  const vector = /^(xmm|ymm|st)(\d{1,2})$/.exec(name);
  if (vector) {
    const index = Number(vector[2]);
    if (vector[1] === 'xmm' && index < 16)
      return field(
        name,
        16,
        () => bigintOf(cpu.xmm(index)),
        (value) => cpu.setXmm(index, bytesOf(value, 16)),
      );
    if (vector[1] === 'ymm' && index < 16)
      return field(
        name,
        32,
        () => bigintOf(cpu.ymm(index)),
        (value) => cpu.setYmm(index, bytesOf(value, 32)),
      );
    if (vector[1] === 'st' && index < 8)
      return field(
        name,
        10,
        () => bigintOf(cpu.st(index)),
        (value) => cpu.setSt(index, bytesOf(value, 10)),
      );
    return undefined;
  }
  return plainPlace(cpu, name);
}

/** 0–3 for `bnd0`–`bnd3`. */
export function bndIndex(name: string): number | undefined {
  return /^bnd[0-3]$/.test(name) ? Number(name[3]) : undefined;
}

/** All names `registerPlace` knows, for completions. */
export function registerNames(): string[] {
  const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const special = ['eip', ...Object.keys(WORDS), ...Object.keys(CONTROL_WORD_SIZES)];
  return [
    ...gprParts.keys(),
    ...special,
    ...SEGMENTS,
    ...numbered('bnd', 4),
    ...numbered('xmm', 16),
    ...numbered('st', 8),
  ];
}
