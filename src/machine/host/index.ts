import { FUSED_NAMES } from '../../isa/semantics/vex-fma.ts';
import { divide, divideSigned } from './arithmetic.ts';
import { depositBits, extractBits } from './bmi.ts';
import type { HostFunction } from './context.ts';
import { cpuidInstruction } from './cpuid.ts';
import { accumulateCrc32 } from './crc32.ts';
import {
  asciiAfterAddition,
  asciiAfterMultiplication,
  asciiAfterSubtraction,
  asciiBeforeDivision,
  decimalAfterAddition,
  decimalAfterSubtraction,
} from './decimal.ts';

import { enterFrame } from './enter.ts';
import {
  breakpointInterrupt,
  debugInterrupt,
  farCall,
  farJump,
  farReturn,
  fastSystemCall,
  interrupt,
  interruptReturn,
  privileged,
  systemCall,
  undefinedInstruction,
} from './far.ts';
import { adjustRpl, boundRange, interruptOnOverflow, popAll, pushAll, setAlFromCarry } from './legacy.ts';
import { MMX_FUNCTIONS } from './mmx.ts';
import { bndldx, bndstx } from './mpx.ts';
import { loadFarPointer, moveSegment, popSegment, pushSegment } from './segments.ts';
import { SSE_FLOAT_FUNCTIONS } from './sse-float.ts';
import { maskedStore, rareString, translateByte } from './string.ts';
import { STRING_COMPARISONS } from './string-compare.ts';
import { sumsOfDifferences } from './sums.ts';
import { flushLine, ldmxcsr, rdrand, rdtsc, rdtscp, stmxcsr, xgetbv } from './system.ts';
import { fusedMultiplication, halvesToSingles, singlesToHalves } from './vector-float.ts';
import { vectorSumsOfDifferences, withoutUpperHalf } from './vector-integer.ts';
import { gather, maskedMove } from './vector-memory.ts';
import { X87_FUNCTIONS } from './x87/index.ts';
import { fxrstor, fxsave, xrstor, xsave, xsavec, xsaveopt } from './xsave.ts';

const GATHERS = 'vgatherdps vgatherdpd vgatherqps vgatherqpd vpgatherdd vpgatherdq vpgatherqd vpgatherqq'.split(' ');
const MASKED_MOVES = 'vmaskmovps vmaskmovpd vpmaskmovd vpmaskmovq'.split(' ');

/** Instructions executed outside generated code, by `Insn.op`. */
export const HOST_FUNCTIONS: Readonly<Record<string, HostFunction>> = {
  div: divide,
  idiv: divideSigned,
  cpuid: cpuidInstruction,
  xgetbv,
  rdrand,
  rdtsc,
  rdtscp,
  ldmxcsr,
  stmxcsr,
  ...X87_FUNCTIONS,
  xsave,
  xsave64: xsave,
  xsaveopt,
  xsaveopt64: xsaveopt,
  xsavec,
  xsavec64: xsavec,
  xrstor,
  xrstor64: xrstor,
  fxsave,
  fxsave64: fxsave,
  fxrstor,
  fxrstor64: fxrstor,
  movseg: moveSegment,
  pushseg: pushSegment,
  popseg: popSegment,
  lss: loadFarPointer,
  lfs: loadFarPointer,
  lgs: loadFarPointer,
  les: loadFarPointer,
  lds: loadFarPointer,
  jmpf: farJump,
  callf: farCall,
  retf: farReturn,
  iret: interruptReturn,
  int: interrupt,
  int3: breakpointInterrupt,
  int1: debugInterrupt,
  syscall: systemCall,
  sysenter: fastSystemCall,
  pusha: pushAll,
  popa: popAll,
  into: interruptOnOverflow,
  bound: boundRange,
  arpl: adjustRpl,
  salc: setAlFromCarry,
  daa: decimalAfterAddition,
  das: decimalAfterSubtraction,
  aaa: asciiAfterAddition,
  aas: asciiAfterSubtraction,
  aam: asciiAfterMultiplication,
  aad: asciiBeforeDivision,
  privileged,
  toolong: privileged,
  ud: undefinedInstruction,
  bndldx,
  bndstx,
  'movs.rare': rareString,
  'stos.rare': rareString,
  'lods.rare': rareString,
  'cmps.rare': rareString,
  'scas.rare': rareString,
  xlat: translateByte,
  enter: enterFrame,
  clflush: flushLine,
  maskmovdqu: maskedStore,
  ...MMX_FUNCTIONS,
  ...Object.fromEntries(GATHERS.map((op) => [op, gather])),
  ...Object.fromEntries(MASKED_MOVES.map((op) => [op, maskedMove])),
  ...Object.fromEntries(FUSED_NAMES.map((op) => [op, fusedMultiplication])),
  ...Object.fromEntries(Object.entries(STRING_COMPARISONS).map(([op, run]) => [`v${op}`, withoutUpperHalf(run)])),
  vmpsadbw: vectorSumsOfDifferences,
  vcvtph2ps: halvesToSingles,
  vcvtps2ph: singlesToHalves,
  vmaskmovdqu: maskedStore,
  vldmxcsr: ldmxcsr,
  vstmxcsr: stmxcsr,
  pdep: depositBits,
  pext: extractBits,
  crc32: accumulateCrc32,
  mpsadbw: sumsOfDifferences,
  ...STRING_COMPARISONS,
  ...SSE_FLOAT_FUNCTIONS,
};
