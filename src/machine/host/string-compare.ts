/** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM Vol. 2, 4.1). */
import { Flag } from '../../isa/emit/flags.ts';
import type { Insn } from '../../isa/insn.ts';
import type { HostContext, HostFunction, HostResult } from './context.ts';
import { RAX, RCX, RDX } from './registers.ts';
import { readXmm, viewOf, xmmBytes } from './xmm.ts';

/** The control byte, field by field. */
interface Control {
  bytes: 1 | 2;
  signed: boolean;
  /** 0 equal any, 1 ranges, 2 equal each, 3 equal ordered. */
  aggregation: number;
  /** 0, 2 keep; 1 negates all; 3 negates what is valid in the second operand. */
  polarity: number;
  /** The index of the last set bit instead of the first; a mask of lanes instead of bits. */
  upper: boolean;
}

const controlOf = (byte: number): Control => ({
  bytes: byte & 1 ? 2 : 1,
  signed: (byte & 2) !== 0,
  aggregation: (byte >> 2) & 3,
  polarity: (byte >> 4) & 3,
  upper: (byte & 0x40) !== 0,
});

type Elements = Int8Array | Uint8Array | Int16Array | Uint16Array;

function elements(vector: Uint8Array, { bytes, signed }: Control): Elements {
  const { buffer } = vector.slice();
  if (bytes === 1) return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
  return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
}

/** Up to the first zero. */
function implicitLength(list: Elements): number {
  const end = list.indexOf(0);
  return end < 0 ? list.length : end;
}

/** The absolute value of EAX or EDX (RAX, RDX with REX.W), at most the number of elements. */
function explicitLength(cpu: HostContext, register: number, wide: boolean, most: number): number {
  const value = BigInt.asIntN(wide ? 64 : 32, cpu.gpr(register));
  const length = value < 0n ? -value : value;
  return length > BigInt(most) ? most : Number(length);
}

interface Text {
  elements: Elements;
  length: number;
}

/** Whether element `j` of `text` belongs to the set, ranges, string or pattern `wanted`; what is beyond an end is settled as the SDM's table 4-7 says. */
function matches({ aggregation }: Control, wanted: Text, text: Text, j: number): boolean {
  const a = wanted.elements;
  const b = text.elements;
  const valid = j < text.length;
  switch (aggregation) {
    case 0:
      if (!valid) return false;
      for (let i = 0; i < wanted.length; i++) if (a[i] === b[j]) return true;
      return false;
    case 1: {
      if (!valid) return false;
      for (let i = 0; i + 1 < wanted.length; i += 2) if (b[j] >= a[i] && b[j] <= a[i + 1]) return true;
      return false;
    }
    case 2:
      return valid && j < wanted.length ? a[j] === b[j] : valid === j < wanted.length;
    default:
      for (let i = 0; i < wanted.length && i + j < b.length; i++)
        if (i + j >= text.length || a[i] !== b[i + j]) return false;
      return true;
  }
}

function comparison(control: Control, wanted: Text, text: Text): number {
  let result = 0;
  for (let j = 0; j < text.elements.length; j++) {
    const negated = control.polarity === 1 || (control.polarity === 3 && j < text.length);
    if (matches(control, wanted, text, j) !== negated) result |= 1 << j;
  }
  return result;
}

const firstBit = (word: number): number => 31 - Math.clz32(word & -word);
const lastBit = (word: number): number => 31 - Math.clz32(word);

/** XMM0: a bit for each element, or all bits of the element. */
function writeMask(cpu: HostContext, result: number, { upper, bytes }: Control): void {
  const mask = new Uint8Array(16);
  if (!upper) viewOf(mask).setUint16(0, result, true);
  else for (let i = 0; i < 16; i++) mask[i] = (result >> Math.floor(i / bytes)) & 1 ? 0xff : 0;
  xmmBytes(cpu, { kind: 'xmm', number: 0 }).set(mask);
}

function compare(cpu: HostContext, insn: Insn): HostResult {
  const control = controlOf(Number(cpu.read(insn.c, 1)));
  const second = elements(readXmm(cpu, insn.b, 16, false), control);
  const first = elements(xmmBytes(cpu, insn.a), control);
  const most = first.length;
  const explicit = insn.op.includes('estr');
  const wide = insn.op.endsWith('64');
  const length = (list: Elements, register: number) =>
    explicit ? explicitLength(cpu, register, wide, most) : implicitLength(list);
  const wanted = { elements: first, length: length(first, RAX) };
  const text = { elements: second, length: length(second, RDX) };
  const result = comparison(control, wanted, text);
  if (/m(64)?$/.test(insn.op)) writeMask(cpu, result, control);
  else {
    const index = result === 0 ? most : control.upper ? lastBit(result) : firstBit(result);
    cpu.setGpr(RCX, BigInt(index), 4);
  }
  const flags =
    (result ? Flag.CF : 0) |
    (text.length < most ? Flag.ZF : 0) |
    (wanted.length < most ? Flag.SF : 0) |
    (result & 1 ? Flag.OF : 0);
  const arithmetic = BigInt(Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF);
  cpu.rflags = (cpu.rflags & ~arithmetic) | BigInt(flags);
  return 'next';
}

const NAMES = 'pcmpestri pcmpestri64 pcmpestrm pcmpestrm64 pcmpistri pcmpistrm'.split(' ');
export const STRING_COMPARISONS: Readonly<Record<string, HostFunction>> = Object.fromEntries(
  NAMES.map((name) => [name, compare]),
);
