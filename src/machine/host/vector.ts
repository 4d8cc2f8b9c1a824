/** Vector registers as host functions see them. */
import { State } from '../../isa/emit/state.ts';
import { type Operand, Segment } from '../../isa/insn.ts';
import type { HostContext } from './context.ts';

const HALF = 16;

function slots(o: Operand | undefined): { low: number; high: number } {
  if (o?.kind !== 'xmm') throw new TypeError('not a vector register');
  return { low: State.XMM + o.number * HALF, high: State.YMM_HIGH + o.number * HALF };
}

/** The low `length` (at most 32) bytes of a vector register, or `length` bytes of memory. */
export function readVector(cpu: HostContext, o: Operand | undefined, length: number): DataView {
  const bytes = new Uint8Array(2 * HALF);
  if (o?.kind === 'mem') bytes.set(cpu.load(cpu.address(o), length, o.segment === Segment.SS));
  else {
    const { low, high } = slots(o);
    const { buffer, byteOffset } = cpu.registers;
    bytes.set(new Uint8Array(buffer, byteOffset + low, HALF));
    bytes.set(new Uint8Array(buffer, byteOffset + high, HALF), HALF);
  }
  return new DataView(bytes.buffer, 0, length);
}

/** Writes a vector register as VEX instructions do: what lies above `value` becomes zero. */
export function writeVector(cpu: HostContext, o: Operand | undefined, value: DataView): void {
  const bytes = new Uint8Array(2 * HALF);
  bytes.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  const { low, high } = slots(o);
  const { buffer, byteOffset } = cpu.registers;
  new Uint8Array(buffer, byteOffset + low, HALF).set(bytes.subarray(0, HALF));
  new Uint8Array(buffer, byteOffset + high, HALF).set(bytes.subarray(HALF));
}

export const emptyVector = (length: number): DataView => new DataView(new ArrayBuffer(length));

/** Lane `n` of `size` bytes. */
export function lane(v: DataView, size: 4 | 8, n: number): bigint {
  return size === 8 ? v.getBigUint64(8 * n, true) : BigInt(v.getUint32(4 * n, true));
}
export function setLane(v: DataView, size: 4 | 8, n: number, value: bigint): void {
  if (size === 8) v.setBigUint64(8 * n, value, true);
  else v.setUint32(4 * n, Number(value), true);
}

/** Whether the sign bit of lane `n` is set. */
export const isMasked = (mask: DataView, size: 4 | 8, n: number): boolean =>
  (mask.getUint8(size * n + size - 1) & 0x80) !== 0;
