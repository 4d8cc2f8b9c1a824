/** XMM registers and 128-bit memory as host functions see them. */
import { State } from '../../isa/emit/state.ts';
import { type Operand, Segment } from '../../isa/insn.ts';
import type { HostContext } from './context.ts';
import { generalProtection } from './registers.ts';

/** The bytes of an XMM register themselves: writing to them writes the register. */
export function xmmBytes(cpu: HostContext, o: Operand | undefined): Uint8Array {
  if (o?.kind !== 'xmm') throw new TypeError('not an XMM register');
  const { buffer, byteOffset } = cpu.registers;
  return new Uint8Array(buffer, byteOffset + State.XMM + o.number * 16, 16);
}

/** A copy of a register's low `length` bytes, or of memory. `aligned`: #GP(0) unless the address is a multiple of 16. */
export function readXmm(cpu: HostContext, o: Operand | undefined, length: number, aligned: boolean): Uint8Array {
  if (o?.kind !== 'mem') return xmmBytes(cpu, o).slice(0, length);
  const at = cpu.address(o);
  if (aligned && at % 16n !== 0n) throw generalProtection();
  return cpu.load(at, length, o.segment === Segment.SS).slice();
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
