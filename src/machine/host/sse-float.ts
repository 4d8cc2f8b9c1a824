/**
 * SSE floating-point instructions with all of MXCSR: rounding, denormals, flags, #XM. Generated code comes here with whatever is not ordinary
 * (src/isa/semantics/float-check.ts). `v` before a name is its VEX form.
 */
import { Flag } from '../../isa/emit/flags.ts';
import type { Insn } from '../../isa/insn.ts';
import type { BinaryContext } from '../float/binary.ts';
import type { Precision } from '../float/simd.ts';
import * as float from '../float/simd.ts';
import type { HostContext, HostFunction } from './context.ts';
import { eachLane } from './lanes.ts';
import { emptyVector, lane, readVector, setLane, writeVector } from './vector.ts';
import { readXmm, viewOf, xmmBytes } from './xmm.ts';

type Binary = (c: BinaryContext, a: bigint, b: bigint, p: Precision) => bigint;

const isVex = (insn: Insn): boolean => insn.op.startsWith('v');
const widthOf = (insn: Insn): number => (insn.size === 32 ? 32 : 16);

/** The last source: `length` bytes; legacy forms want whole vectors in memory aligned. */
function lastSource(cpu: HostContext, insn: Insn, length: number): DataView {
  if (isVex(insn)) return readVector(cpu, insn.b, length);
  return viewOf(readXmm(cpu, insn.b, length, length === 16));
}
const firstSource = (cpu: HostContext, insn: Insn): DataView => readVector(cpu, insn.v ?? insn.a, widthOf(insn));

/** Legacy forms leave what lies above 128 bits. */
function write(cpu: HostContext, insn: Insn, value: DataView): void {
  if (isVex(insn)) writeVector(cpu, insn.a, value);
  else xmmBytes(cpu, insn.a).set(new Uint8Array(value.buffer, value.byteOffset, 16));
}

function copyOf(v: DataView): DataView {
  return new DataView(v.buffer.slice(v.byteOffset, v.byteOffset + v.byteLength));
}

/** Lane by lane; a scalar keeps the rest of the first source. */
const lanewise = (p: Precision, packed: boolean, operation: (insn: Insn, cpu: HostContext) => Binary): HostFunction => {
  return (cpu, insn) => {
    const length = packed ? widthOf(insn) : p;
    const b = lastSource(cpu, insn, length);
    const a = firstSource(cpu, insn);
    const result = copyOf(a);
    const compute = operation(insn, cpu);
    eachLane(cpu, length / p, (c, n) => setLane(result, p, n, compute(c, lane(a, p, n), lane(b, p, n), p)));
    write(cpu, insn, result);
    return 'next';
  };
};

const ALL_ONES: Readonly<Record<Precision, bigint>> = { 4: 0xffffffffn, 8: 0xffffffffffffffffn };
const compareBy = (insn: Insn, cpu: HostContext): Binary => {
  const immediate = Number(cpu.read(insn.c, 1)) & (isVex(insn) ? 31 : 7);
  return (c, a, b, p) => (float.holds(c, a, b, p, immediate) ? ALL_ONES[p] : 0n);
};
/** Bit 2 of the immediate: as MXCSR says; bit 3: inexact results raise nothing. */
const roundBy = (insn: Insn, cpu: HostContext): Binary => {
  const immediate = Number(cpu.read(insn.c, 1));
  return (c, _, b, p) => float.wholeNumber(c, b, p, immediate & 4 ? c.rounding : immediate & 3, (immediate & 8) !== 0);
};

const always = (operation: Binary) => () => operation;
const FAMILIES: Readonly<Record<string, (insn: Insn, cpu: HostContext) => Binary>> = {
  add: always(float.add),
  sub: always(float.subtract),
  mul: always(float.multiply),
  div: always(float.divide),
  sqrt: always((c, _, b, p) => float.root(c, b, p)),
  min: always((c, a, b, p) => float.extreme(c, a, b, p, true)),
  max: always((c, a, b, p) => float.extreme(c, a, b, p, false)),
  cmp: compareBy,
  round: roundBy,
};
const SUFFIXES = [
  ['ps', 4, true],
  ['pd', 8, true],
  ['ss', 4, false],
  ['sd', 8, false],
] as const;

/** RCPPS and RSQRTPS raise nothing. */
const estimates = (kind: 'reciprocal' | 'root', packed: boolean): HostFunction =>
  lanewise(4, packed, () => (_c, _a, b) => float.estimate(b, kind));

const compareToFlags =
  (p: Precision, signals: boolean): HostFunction =>
  (cpu, insn) => {
    const b = lastSource(cpu, insn, p);
    const a = readVector(cpu, insn.a, 16);
    let order: float.Order = 'unordered';
    eachLane(cpu, 1, (c) => {
      order = float.compare(c, lane(a, p, 0), lane(b, p, 0), p, signals);
    });
    const flags = { unordered: Flag.ZF | Flag.PF | Flag.CF, greater: 0, less: Flag.CF, equal: Flag.ZF }[order];
    const arithmetic = BigInt(Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF);
    cpu.rflags = (cpu.rflags & ~arithmetic) | BigInt(flags);
    return 'next';
  };

// ---- conversions

const fromGeneral =
  (p: Precision): HostFunction =>
  (cpu, insn) => {
    const size = insn.size === 8 ? 8 : 4;
    const value = BigInt.asIntN(8 * size, cpu.read(insn.b, size));
    const result = copyOf(firstSource(cpu, insn));
    eachLane(cpu, 1, (c) => setLane(result, p, 0, float.fromInteger(c, value, p)));
    write(cpu, insn, result);
    return 'next';
  };

const TRUNCATE = 3;
const toGeneral =
  (p: Precision, truncates: boolean): HostFunction =>
  (cpu, insn) => {
    const bits = insn.size === 8 ? 64 : 32;
    const source = lane(lastSource(cpu, insn, p), p, 0);
    let result = 0n;
    eachLane(cpu, 1, (c) => {
      result = float.toInteger(c, source, p, bits, truncates ? TRUNCATE : c.rounding);
    });
    cpu.write(insn.a, bits / 8, BigInt.asUintN(bits, result));
    return 'next';
  };

const convertScalar =
  (from: Precision, to: Precision): HostFunction =>
  (cpu, insn) => {
    const b = lastSource(cpu, insn, from);
    const result = copyOf(firstSource(cpu, insn));
    eachLane(cpu, 1, (c) => setLane(result, to, 0, float.converted(c, lane(b, from, 0), from, to)));
    write(cpu, insn, result);
    return 'next';
  };

/** Elements of `from` bytes become elements of `to` bytes; a narrower result has zeros above. */
const convertPacked =
  (from: Precision, to: Precision, convert: (c: BinaryContext, v: bigint) => bigint): HostFunction =>
  (cpu, insn) => {
    const width = widthOf(insn);
    const count = width / Math.max(from, to);
    const b = lastSource(cpu, insn, count * from);
    const result = emptyVector(width);
    eachLane(cpu, count, (c, n) => setLane(result, to, n, convert(c, lane(b, from, n))));
    write(cpu, insn, result);
    return 'next';
  };
const packedToInteger = (from: Precision, truncates: boolean): HostFunction =>
  convertPacked(from, 4, (c, v) =>
    BigInt.asUintN(32, float.toInteger(c, v, from, 32, truncates ? TRUNCATE : c.rounding)),
  );

// ---- horizontal

/** ADDSUB: the even lanes are differences. */
const alternating =
  (p: Precision): HostFunction =>
  (cpu, insn) => {
    const width = widthOf(insn);
    const b = lastSource(cpu, insn, width);
    const a = firstSource(cpu, insn);
    const result = emptyVector(width);
    eachLane(cpu, width / p, (c, n) =>
      setLane(result, p, n, (n & 1 ? float.add : float.subtract)(c, lane(a, p, n), lane(b, p, n), p)),
    );
    write(cpu, insn, result);
    return 'next';
  };

/** HADD, HSUB: neighbours of the first source, then of the second, in each 128 bits. */
const horizontal =
  (p: Precision, operation: Binary): HostFunction =>
  (cpu, insn) => {
    const width = widthOf(insn);
    const b = lastSource(cpu, insn, width);
    const a = firstSource(cpu, insn);
    const result = emptyVector(width);
    const perHalf = 16 / p;
    eachLane(cpu, width / p, (c, n) => {
      const half = Math.floor(n / perHalf);
      const place = 2 * (n % perHalf);
      const source = place < perHalf ? a : b;
      const at = half * perHalf + (place % perHalf);
      setLane(result, p, n, operation(c, lane(source, p, at), lane(source, p, at + 1), p));
    });
    write(cpu, insn, result);
    return 'next';
  };

/** DPPS, DPPD: immediate bits 7:4 choose products, 3:0 where their sum goes. Each step raises its exceptions before the next. */
const dotProduct =
  (p: Precision): HostFunction =>
  (cpu, insn) => {
    const width = widthOf(insn);
    const immediate = Number(cpu.read(insn.c, 1));
    const b = lastSource(cpu, insn, width);
    const a = firstSource(cpu, insn);
    const perHalf = 16 / p;
    let terms = Array.from({ length: width / p }, () => 0n);
    eachLane(cpu, terms.length, (c, n) => {
      const taken = (immediate >> (4 + (n % perHalf))) & 1;
      terms[n] = taken ? float.multiply(c, lane(a, p, n), lane(b, p, n), p) : 0n;
    });
    for (let left = perHalf; left > 1; left /= 2) {
      const sums = Array.from({ length: terms.length / 2 }, () => 0n);
      eachLane(cpu, sums.length, (c, n) => {
        sums[n] = float.add(c, terms[2 * n], terms[2 * n + 1], p);
      });
      terms = sums;
    }
    const result = emptyVector(width);
    for (let n = 0; n < width / p; n++)
      if ((immediate >> (n % perHalf)) & 1) setLane(result, p, n, terms[Math.floor(n / perHalf)]);
    write(cpu, insn, result);
    return 'next';
  };

const LEGACY: Readonly<Record<string, HostFunction>> = {
  ...Object.fromEntries(
    Object.entries(FAMILIES).flatMap(([name, operation]) =>
      SUFFIXES.map(([suffix, p, packed]) => [`${name}${suffix}`, lanewise(p, packed, operation)]),
    ),
  ),
  rcpps: estimates('reciprocal', true),
  rcpss: estimates('reciprocal', false),
  rsqrtps: estimates('root', true),
  rsqrtss: estimates('root', false),
  comiss: compareToFlags(4, true),
  comisd: compareToFlags(8, true),
  ucomiss: compareToFlags(4, false),
  ucomisd: compareToFlags(8, false),
  cvtsi2ss: fromGeneral(4),
  cvtsi2sd: fromGeneral(8),
  cvtss2si: toGeneral(4, false),
  cvtsd2si: toGeneral(8, false),
  cvttss2si: toGeneral(4, true),
  cvttsd2si: toGeneral(8, true),
  cvtss2sd: convertScalar(4, 8),
  cvtsd2ss: convertScalar(8, 4),
  cvtps2pd: convertPacked(4, 8, (c, v) => float.converted(c, v, 4, 8)),
  cvtpd2ps: convertPacked(8, 4, (c, v) => float.converted(c, v, 8, 4)),
  cvtdq2ps: convertPacked(4, 4, (c, v) => float.fromInteger(c, BigInt.asIntN(32, v), 4)),
  cvtps2dq: packedToInteger(4, false),
  cvttps2dq: packedToInteger(4, true),
  cvtpd2dq: packedToInteger(8, false),
  cvttpd2dq: packedToInteger(8, true),
  addsubps: alternating(4),
  addsubpd: alternating(8),
  haddps: horizontal(4, float.add),
  haddpd: horizontal(8, float.add),
  hsubps: horizontal(4, float.subtract),
  hsubpd: horizontal(8, float.subtract),
  dpps: dotProduct(4),
  dppd: dotProduct(8),
};

export const SSE_FLOAT_FUNCTIONS: Readonly<Record<string, HostFunction>> = Object.fromEntries(
  Object.entries(LEGACY).flatMap(([name, fn]) => [
    [name, fn],
    [`v${name}`, fn],
  ]),
);
