import type { Vcpu } from '../../src/machine/api.ts';
import type { Case } from './case.ts';
import type { X87State } from './protocol.ts';

const topOf = (fsw: number) => (fsw >> 11) & 7;

const X87 = 1n;

/** As the kernel loads it for a native case: with XRSTOR. */
export function setX87(cpu: Vcpu, { fcw, fsw, ftw, st }: X87State): void {
  const image = cpu.xsave(X87);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  view.setUint16(0, fcw, true);
  view.setUint16(2, fsw, true);
  view.setUint8(4, ftw);
  image.set(st, 32);
  view.setBigUint64(512, X87, true);
  cpu.xrstor(image, X87);
}

export function x87Of(cpu: Vcpu): X87State {
  const { fcw, fsw, ftw } = cpu;
  const st = new Uint8Array(128);
  for (let i = 0; i < 8; i++) st.set(cpu.st((topOf(fsw) + i) & 7), 16 * i);
  return { fcw, fsw, ftw, st };
}

const hex = (value: number | bigint, digits: number) => value.toString(16).padStart(digits, '0');
const register = ({ st }: X87State, i: number) =>
  [...st.subarray(16 * i, 16 * i + 10)]
    .reverse()
    .map((b) => hex(b, 2))
    .join('');

export function describeX87(x: X87State): string {
  const stack = Array.from({ length: 8 }, (_, i) => register(x, i)).join(' ');
  return `fcw ${hex(x.fcw, 4)} fsw ${hex(x.fsw, 4)} ftw ${hex(x.ftw, 2)} st ${stack}`;
}

/** Whether two registers are at most `steps` apart. */
function isNear(a: string, b: string, steps: bigint): boolean {
  const sign = (v: string) => (Number.parseInt(v.slice(0, 4), 16) & 0x8000) !== 0;
  const size = (v: string) =>
    (BigInt(Number.parseInt(v.slice(0, 4), 16) & 0x7fff) << 63n) + BigInt.asUintN(63, BigInt(`0x${v.slice(4)}`));
  const distance = size(a) - size(b);
  return sign(a) === sign(b) && distance <= steps && distance >= -steps;
}

const LAST_BITS = 2n;

const IE = 1;
const DE = 2;
const PE = 0x20;
const SUMMARY = 0x8080;
/** C1 tells the rounding of a result whose last bit is open. */
const C1 = 0x200;
const CONDITION_CODES = 0x4700;
const COMPARISONS = new Set(['fcom', 'fcomp', 'fcompp', 'fcomi', 'ftst']);
const ARITHMETIC_FLAGS = 0x8d5n;

/** 1 − √½, the greatest operand of FYL2XP1 whose result is defined: the top of its significand. */
const isBeyondLogarithm = (st0: string): boolean => {
  const exponent = Number.parseInt(st0.slice(0, 4), 16) & 0x7fff;
  return (
    exponent < 0x7fff && (exponent > 0x3ffd || (exponent === 0x3ffd && Number.parseInt(st0.slice(4, 8), 16) >= 0x95f6))
  );
};

const RDI = 7;
const isCanonical = (address: bigint): boolean => BigInt.asIntN(64, address) === BigInt.asIntN(48, address);

/** What this CPU may do otherwise than Intel's manual (docs/DIFFERENCES.md): bits of the status word and EFLAGS, or the whole result. */
export function vendorDifference(c: Case, native: X87State): { fsw: number; flags: bigint; whole: boolean } {
  const [mnemonic] = c.name.split(' ');
  const unmasked = native.fsw & ~native.fcw;
  const invalid = (unmasked & IE) !== 0 && COMPARISONS.has(mnemonic);
  const comparesToFlags = mnemonic === 'fcomi';
  return {
    fsw: (invalid ? CONDITION_CODES : 0) | (comparesToFlags ? C1 : 0),
    flags: invalid && comparesToFlags ? ARITHMETIC_FLAGS : 0n,
    whole:
      mnemonic === 'cvtpi2ps' ||
      (mnemonic === 'maskmovq' && !isCanonical(c.gpr[RDI])) ||
      (mnemonic === 'fld' && (unmasked & DE) !== 0) ||
      (mnemonic === 'fyl2xp1' && isBeyondLogarithm(register(c.x87, 0))),
  };
}

export function x87Difference(c: Case, native: X87State, emulated: X87State): string[] {
  const lines: string[] = [];
  const near = c.x87Result === 'near';
  const same = (what: string, a: number, b: number) => {
    if (a !== b) lines.push(`  ${what}: native ${hex(a, 4)}, machine ${hex(b, 4)}`);
  };
  same('fcw', native.fcw, emulated.fcw);
  const vendor = vendorDifference(c, native);
  if (vendor.whole) return [];
  // An exact logarithm is inexact for some CPUs.
  const exactness = (native.fsw ^ emulated.fsw) & PE ? PE | SUMMARY : 0;
  const compared = ~(vendor.fsw | (near ? C1 | exactness : 0));
  same('fsw', native.fsw & compared, emulated.fsw & compared);
  same('ftw', native.ftw, emulated.ftw);
  if (Buffer.compare(native.st, emulated.st) === 0) return lines;
  for (let i = 0; i < 8; i++) {
    const [a, b] = [register(native, i), register(emulated, i)];
    if (a !== b && !(near && isNear(a, b, LAST_BITS))) lines.push(`  st${i}: native ${a}, machine ${b}`);
  }
  return lines;
}
