/** Computes relocated fields (x86-64 psABI, 4.4.1). */
import { patch } from '../bytes.ts';
import { R, type Relocation } from '../object.ts';

export interface Addresses {
  symbol: bigint;
  size: bigint;
  /** Of the field itself. */
  place: bigint;
  gotEntry: bigint | undefined;
}

/** Whether the relocation wants an entry of the global offset table. */
export function needsGotEntry(type: number): boolean {
  return type === R.GOTPCREL || type === R.GOTPCRELX || type === R.REX_GOTPCRELX;
}

type Rule = readonly [
  size: number,
  value: (symbol: bigint, place: bigint) => bigint,
  range: 'signed' | 'unsigned' | 'either',
];

const absolute = (symbol: bigint): bigint => symbol;
const relative = (symbol: bigint, place: bigint): bigint => symbol - place;

const RULES: Record<number, Rule> = {
  [R[64]]: [8, absolute, 'either'],
  [R[32]]: [4, absolute, 'unsigned'],
  [R['32S']]: [4, absolute, 'signed'],
  [R[16]]: [2, absolute, 'either'],
  [R[8]]: [1, absolute, 'either'],
  [R.PC64]: [8, relative, 'either'],
  [R.PC32]: [4, relative, 'signed'],
  [R.PLT32]: [4, relative, 'signed'],
  [R.PC16]: [2, relative, 'signed'],
  [R.PC8]: [1, relative, 'signed'],
  [R.GOTPCREL]: [4, relative, 'signed'],
  [R.GOTPCRELX]: [4, relative, 'signed'],
  [R.REX_GOTPCRELX]: [4, relative, 'signed'],
  [R.SIZE32]: [4, absolute, 'unsigned'],
  [R.SIZE64]: [8, absolute, 'either'],
};

/** Fills the field in; → one sentence if that is not possible. */
export function applyRelocation(
  bytes: Uint8Array,
  { type, offset, addend }: Relocation,
  addresses: Addresses,
): string | undefined {
  const rule = RULES[type];
  if (!rule) return 'A reference to a variable of threads needs a C library, and none is linked here.';
  const [size, compute, range] = rule;
  const symbol = needsGotEntry(type)
    ? (addresses.gotEntry ?? 0n)
    : type === R.SIZE32 || type === R.SIZE64
      ? addresses.size
      : addresses.symbol;
  const value = compute(symbol + addend, addresses.place);
  const bits = BigInt(8 * size);
  const least = range === 'unsigned' ? 0n : -(1n << (bits - 1n));
  const most = range === 'signed' ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  if (size < 8 && (value < least || value > most))
    return `The address does not fit into ${size === 1 ? 'a byte' : `${size} bytes`}.`;
  patch(bytes, offset, value, size);
  return undefined;
}
