/** AVX arithmetic whose results or exceptions need more than one WebAssembly operation. */
import { type Insn, Segment } from '../../isa/insn.ts';
import { fusedShape, fusedSigns } from '../../isa/semantics/vex-fma.ts';
import { fusedMultiplyAdd } from '../float/fused.ts';
import { halfToSingle, singleToHalf } from '../float/half.ts';
import type { HostFunction } from './context.ts';
import { eachLane } from './lanes.ts';
import { emptyVector, lane, readVector, setLane, writeVector } from './vector.ts';

/** Bytes of the sources: the whole size, or one number. */
const sourceBytes = (insn: Insn, size: 4 | 8, packed: boolean): number => (packed ? insn.size : size);

/** FMA: all forms. */
export const fusedMultiplication: HostFunction = (cpu, insn) => {
  const shape = fusedShape(insn.op);
  const { size, packed, order } = shape;
  const length = sourceBytes(insn, size, packed);
  const third = readVector(cpu, insn.b, length);
  const second = readVector(cpu, insn.v, length);
  const first = readVector(cpu, insn.a, packed ? length : 16);
  const result = emptyVector(first.byteLength);
  for (let at = 0; at < first.byteLength; at++) result.setUint8(at, first.getUint8(at));
  eachLane(cpu, length / size, (context, n) => {
    const [a, b, c] = [first, second, third].map((v) => lane(v, size, n));
    const operands = { '132': [a, c, b], '213': [b, a, c], '231': [b, c, a] }[order] as [bigint, bigint, bigint];
    setLane(result, size, n, fusedMultiplyAdd(context, size, operands, operands, fusedSigns(shape, n)));
  });
  writeVector(cpu, insn.a, result);
  return 'next';
};

/** VCVTPH2PS: denormals are numbers, whatever MXCSR says. */
export const halvesToSingles: HostFunction = (cpu, insn) => {
  const source = readVector(cpu, insn.b, insn.size / 2);
  const result = emptyVector(insn.size);
  eachLane(cpu, insn.size / 4, (context, n) => {
    setLane(result, 4, n, halfToSingle(context, BigInt(source.getUint16(2 * n, true))));
  });
  writeVector(cpu, insn.a, result);
  return 'next';
};

/** Rounding control and flush-to-zero in MXCSR. */
const ROUNDING = 0x6000;
const FLUSH = 0x8000;

/** VCVTPS2PH: the immediate says how to round, or that MXCSR does (bit 2); nothing is flushed to zero. */
export const singlesToHalves: HostFunction = (cpu, insn) => {
  const { a, b, c, size } = insn;
  const source = readVector(cpu, b, size);
  const result = emptyVector(size / 2);
  const immediate = Number(cpu.read(c, 1));
  const control = (mxcsr: number) => (immediate & 4 ? mxcsr : (mxcsr & ~ROUNDING) | ((immediate & 3) << 13)) & ~FLUSH;
  if (a?.kind === 'mem') cpu.probeStore(cpu.address(a), size / 2, a.segment === Segment.SS);
  eachLane(
    cpu,
    size / 4,
    (context, n) => {
      result.setUint16(2 * n, Number(singleToHalf(context, lane(source, 4, n))), true);
    },
    control,
  );
  if (a?.kind === 'mem') cpu.store(cpu.address(a), new Uint8Array(result.buffer), a.segment === Segment.SS);
  else writeVector(cpu, a, result);
  return 'next';
};
