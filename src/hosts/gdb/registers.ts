/** The registers as GDB numbers them, and the target description that tells GDB so. Values are little-endian bytes. */
import { bigintOf, bytesOf } from '../../debugger/format.ts';
import type { Vcpu } from '../../machine/api.ts';

export interface GdbRegister {
  readonly name: string;
  readonly bytes: number;
  /** A type of the target description. */
  readonly type: string;
  read(cpu: Vcpu): Uint8Array;
  write(cpu: Vcpu, value: Uint8Array): void;
}

interface Feature {
  readonly name: string;
  /** Type definitions, in XML. */
  readonly types: string;
  readonly registers: readonly GdbRegister[];
}

const integer = (
  name: string,
  bytes: number,
  type: string,
  get: (cpu: Vcpu) => bigint,
  set: (cpu: Vcpu, value: bigint) => void,
): GdbRegister => ({
  name,
  bytes,
  type,
  read: (cpu) => bytesOf(get(cpu), bytes),
  write: (cpu, value) => set(cpu, bigintOf(value)),
});

/** GDB's order of the general registers, as encoding numbers. */
const GENERAL: readonly (readonly [string, number])[] = [
  ['rax', 0],
  ['rbx', 3],
  ['rcx', 1],
  ['rdx', 2],
  ['rsi', 6],
  ['rdi', 7],
  ['rbp', 5],
  ['rsp', 4],
  ...Array.from({ length: 8 }, (_, i) => [`r${8 + i}`, 8 + i] as const),
];
const POINTERS = new Set(['rbp', 'rsp']);
const SELECTORS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const;

const general = GENERAL.map(([name, number]) =>
  integer(
    name,
    8,
    POINTERS.has(name) ? 'data_ptr' : 'int64',
    (cpu) => cpu.gpr(number),
    (cpu, value) => cpu.setGpr(number, value),
  ),
);
const selectors = SELECTORS.map((name) =>
  integer(
    name,
    4,
    'int32',
    (cpu) => BigInt(cpu.selector(name)),
    // A selector decides what the segment is: GDB changes only what it could load anyway.
    () => undefined,
  ),
);

/** Two tag bits a register (0 valid, 3 empty) from the eight bits that FXSAVE has. */
const fullTags = (abridged: number): bigint => {
  let word = 0n;
  for (let i = 0; i < 8; i++) if (!(abridged & (1 << i))) word |= 3n << BigInt(2 * i);
  return word;
};
const abridgedTags = (word: bigint): number => {
  let tags = 0;
  for (let i = 0; i < 8; i++) if (((word >> BigInt(2 * i)) & 3n) !== 3n) tags |= 1 << i;
  return tags;
};
/** Physical number of ST(i). */
const physical = (cpu: Vcpu, i: number): number => (((cpu.fsw >> 11) & 7) + i) & 7;
const nothing = (name: string): GdbRegister =>
  integer(
    name,
    4,
    'int',
    () => 0n,
    () => undefined,
  );

const x87: GdbRegister[] = [
  ...Array.from({ length: 8 }, (_, i) => ({
    name: `st${i}`,
    bytes: 10,
    type: 'i387_ext',
    read: (cpu: Vcpu) => cpu.st(physical(cpu, i)),
    write: (cpu: Vcpu, value: Uint8Array) => cpu.setSt(physical(cpu, i), value),
  })),
  integer(
    'fctrl',
    4,
    'int',
    (cpu) => BigInt(cpu.fcw),
    (cpu, value) => {
      cpu.fcw = Number(value & 0xffffn);
    },
  ),
  integer(
    'fstat',
    4,
    'int',
    (cpu) => BigInt(cpu.fsw),
    (cpu, value) => {
      cpu.fsw = Number(value & 0xffffn);
    },
  ),
  integer(
    'ftag',
    4,
    'int',
    (cpu) => fullTags(cpu.ftw),
    (cpu, value) => {
      cpu.ftw = abridgedTags(value);
    },
  ),
  // Where the last x87 instruction was: GDB wants the registers to exist.
  ...['fiseg', 'fioff', 'foseg', 'fooff', 'fop'].map(nothing),
];

const CORE: Feature = {
  name: 'org.gnu.gdb.i386.core',
  types: `<flags id="i386_eflags" size="4">${[
    ['', 1, 1],
    ['CF', 0],
    ['PF', 2],
    ['AF', 4],
    ['ZF', 6],
    ['SF', 7],
    ['TF', 8],
    ['IF', 9],
    ['DF', 10],
    ['OF', 11],
    ['NT', 14],
    ['RF', 16],
    ['AC', 18],
    ['ID', 21],
  ]
    .map(([name, bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`)
    .join('')}</flags>`,
  registers: [
    ...general,
    integer(
      'rip',
      8,
      'code_ptr',
      (cpu) => cpu.rip,
      (cpu, value) => {
        cpu.rip = value;
      },
    ),
    integer(
      'eflags',
      4,
      'i386_eflags',
      (cpu) => cpu.rflags,
      (cpu, value) => {
        cpu.rflags = value;
      },
    ),
    ...selectors,
    ...x87,
  ],
};

const SSE: Feature = {
  name: 'org.gnu.gdb.i386.sse',
  types:
    '<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>' +
    '<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>' +
    '<vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>' +
    '<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>' +
    '<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/>' +
    '<field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>',
  registers: [
    ...Array.from({ length: 16 }, (_, i) => ({
      name: `xmm${i}`,
      bytes: 16,
      type: 'vec128',
      read: (cpu: Vcpu) => cpu.xmm(i),
      write: (cpu: Vcpu, value: Uint8Array) => cpu.setXmm(i, value),
    })),
    integer(
      'mxcsr',
      4,
      'int',
      (cpu) => BigInt(cpu.mxcsr),
      (cpu, value) => {
        cpu.mxcsr = Number(value & 0xffffn);
      },
    ),
  ],
};

const LINUX: Feature = {
  name: 'org.gnu.gdb.i386.linux',
  types: '',
  registers: [
    integer(
      'orig_rax',
      8,
      'int64',
      // No system call is to be restarted on GDB's account.
      () => (1n << 64n) - 1n,
      () => undefined,
    ),
  ],
};

const SEGMENTS: Feature = {
  name: 'org.gnu.gdb.i386.segments',
  types: '',
  registers: [
    integer(
      'fs_base',
      8,
      'int',
      (cpu) => cpu.fsBase,
      (cpu, value) => {
        cpu.fsBase = value;
      },
    ),
    integer(
      'gs_base',
      8,
      'int',
      (cpu) => cpu.gsBase,
      (cpu, value) => {
        cpu.gsBase = value;
      },
    ),
  ],
};

const MPX: Feature = {
  name: 'org.gnu.gdb.i386.mpx',
  types:
    '<struct id="br128"><field name="lbound" type="uint64"/><field name="ubound_raw" type="uint64"/></struct>' +
    '<struct id="bndstatus_fields" size="8"><field name="bde" start="2" end="63"/><field name="error" start="0" end="1"/></struct>' +
    '<union id="status"><field name="raw" type="data_ptr"/><field name="status" type="bndstatus_fields"/></union>' +
    '<struct id="bndcfgu_fields" size="8"><field name="base" start="12" end="63"/><field name="reserved" start="2" end="11"/>' +
    '<field name="preserved" start="1" end="1"/><field name="enabled" start="0" end="0"/></struct>' +
    '<union id="cfgu"><field name="raw" type="data_ptr"/><field name="config" type="bndcfgu_fields"/></union>',
  registers: [
    ...Array.from({ length: 4 }, (_, i) => ({
      name: `bnd${i}raw`,
      bytes: 16,
      type: 'br128',
      read(cpu: Vcpu) {
        const { lower, upperRaw } = cpu.bnd(i);
        return Uint8Array.from([...bytesOf(lower, 8), ...bytesOf(upperRaw, 8)]);
      },
      write: (cpu: Vcpu, value: Uint8Array) =>
        cpu.setBnd(i, { lower: bigintOf(value.subarray(0, 8)), upperRaw: bigintOf(value.subarray(8)) }),
    })),
    integer(
      'bndcfgu',
      8,
      'cfgu',
      (cpu) => cpu.bndcfgu,
      (cpu, value) => {
        cpu.bndcfgu = value;
      },
    ),
    integer(
      'bndstatus',
      8,
      'status',
      (cpu) => cpu.bndstatus,
      (cpu, value) => {
        cpu.bndstatus = value;
      },
    ),
  ],
};

const FEATURES: readonly Feature[] = [CORE, SSE, LINUX, SEGMENTS, MPX];

/** All registers by GDB's number. */
export const GDB_REGISTERS: readonly GdbRegister[] = FEATURES.flatMap(({ registers }) => registers);

/** The target description (XML, GDB manual appendix G). */
export const TARGET_DESCRIPTION = [
  '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target>',
  '<architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>',
  ...FEATURES.map(
    ({ name, types, registers }) =>
      `<feature name="${name}">${types}${registers
        .map((r) => `<reg name="${r.name}" bitsize="${r.bytes * 8}" type="${r.type}"/>`)
        .join('')}</feature>`,
  ),
  '</target>',
].join('');
