import type { CpuFeatures } from '../api.ts';
import { compactedLayout, componentInfo, standardLayout, supportedXcr0 } from '../xsave/layout.ts';
import type { HostFunction } from './context.ts';
import { RAX, RBX, RCX, RDX } from './registers.ts';

/** EAX, EBX, ECX, EDX. */
export type CpuidResult = readonly [number, number, number, number];

const NONE: CpuidResult = [0, 0, 0, 0];
const MAX_BASIC = 0x0d;
const MAX_EXTENDED = 0x80000008;
/** Family 6, model 5EH (Skylake client), stepping 3. */
const SIGNATURE = 0x000506e3;
const BRAND = 'MPX Debugger emulated x86-64 CPU';

const bits = (...numbers: number[]): number => numbers.reduce((word, n) => word | (1 << n), 0) >>> 0;

const text = (s: string): number =>
  s.charCodeAt(0) | (s.charCodeAt(1) << 8) | (s.charCodeAt(2) << 16) | (s.charCodeAt(3) << 24);

/** Leaf 1: SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT, XSAVE, OSXSAVE, RDRAND; FPU, PSE, TSC, MSR, PAE, CX8, PGE, CMOV, PAT, CLFSH, MMX, FXSR, SSE, SSE2. */
const LEAF1_ECX = bits(0, 9, 13, 19, 20, 23, 26, 27, 30);
/** Of `skylake`: FMA, MOVBE, AVX, F16C. */
const SKYLAKE_LEAF1_ECX = bits(12, 22, 28, 29);
/** Of `skylake`: FSGSBASE (though CR4 does not enable it), BMI1, AVX2, BMI2, ADX. */
const SKYLAKE_LEAF7_EBX = bits(0, 3, 5, 8, 19);
/** Of `skylake`: LZCNT. */
const SKYLAKE_EXTENDED1_ECX = bits(5);
const LEAF1_EDX = bits(0, 3, 4, 5, 6, 8, 13, 15, 16, 19, 23, 24, 25, 26);

/** Deterministic cache parameters, one core: L1D 32 KiB, L1I 32 KiB, L2 256 KiB, L3 8 MiB. */
const CACHES: readonly CpuidResult[] = [
  [0x121, 0x01c0003f, 0x3f, 0],
  [0x122, 0x01c0003f, 0x3f, 0],
  [0x143, 0x00c0003f, 0x3ff, 0],
  [0x163, 0x03c0003f, 0x1fff, 6],
];

const isSkylake = ({ model }: CpuFeatures): boolean => model === 'skylake';

function xsaveLeaf(subleaf: number, xcr0: bigint, features: CpuFeatures): CpuidResult {
  const supported = supportedXcr0(features) | xcr0;
  if (subleaf === 0) return [Number(supported), standardLayout(xcr0).size, standardLayout(supported).size, 0];
  // XSAVEOPT, XSAVEC, XGETBV with ECX = 1; no XSAVES.
  if (subleaf === 1) return [bits(0, 1, 2), compactedLayout(xcr0).size, 0, 0];
  const info = subleaf < 64 && (supported >> BigInt(subleaf)) & 1n ? componentInfo(subleaf) : undefined;
  return info ? [info.size, info.offset, 0, 0] : NONE;
}

function basic(leaf: number, subleaf: number, xcr0: bigint, features: CpuFeatures): CpuidResult {
  switch (leaf) {
    case 0:
      return [MAX_BASIC, text('Genu'), text('ntel'), text('ineI')];
    case 1:
      return [SIGNATURE, (1 << 16) | (8 << 8), LEAF1_ECX | (isSkylake(features) ? SKYLAKE_LEAF1_ECX : 0), LEAF1_EDX];
    case 2:
      // Descriptor FFH: see leaf 4.
      return [0x76036301, 0x00f0b5ff, 0, 0x00c30000];
    case 4:
      return CACHES[subleaf] ?? NONE;
    case 7:
      // SMEP (without it Linux masks MPX), ERMS, FDP on exceptions only, no FCS/FDS, MPX; MAWAU.
      if (subleaf) return NONE;
      return [
        0,
        bits(6, 7, 9, 13) | (features.mpx ? 1 << 14 : 0) | (isSkylake(features) ? SKYLAKE_LEAF7_EBX : 0),
        (features.mawau & 31) << 17,
        0,
      ];
    case 0x0b:
      if (subleaf === 0) return [0, 1, 0x100, 0];
      return subleaf === 1 ? [0, 1, 0x201, 0] : [0, 0, subleaf & 0xff, 0];
    case 0x0d:
      return xsaveLeaf(subleaf, xcr0, features);
    default:
      return NONE;
  }
}

function extended(leaf: number, features: CpuFeatures): CpuidResult {
  switch (leaf) {
    case 0x80000000:
      return [MAX_EXTENDED, 0, 0, 0];
    case 0x80000001:
      // LAHF/SAHF, PREFETCHW; SYSCALL, NX, RDTSCP, long mode.
      return [0, 0, bits(0, 8) | (isSkylake(features) ? SKYLAKE_EXTENDED1_ECX : 0), bits(11, 20, 27, 29)];
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const part = BRAND.padEnd(48, '\0').slice((leaf - 0x80000002) * 16);
      return [text(part), text(part.slice(4)), text(part.slice(8)), text(part.slice(12))];
    }
    case 0x80000006:
      return [0, 0, 0x01006040, 0];
    case 0x80000007:
      return [0, 0, 0, bits(8)];
    case 0x80000008:
      // 39 physical bits; 48 linear bits (the kernel sizes directory entries by them, spec H).
      return [0x3027, 0, 0, 0];
    default:
      return NONE;
  }
}

/** CPUID as this CPU answers it: exactly the features that are implemented. Leaves above the highest basic one repeat that. */
export function cpuid(leaf: number, subleaf: number, xcr0: bigint, features: CpuFeatures): CpuidResult {
  if (leaf >= 0x80000000 && leaf <= MAX_EXTENDED) return extended(leaf, features);
  return basic(Math.min(leaf, MAX_BASIC), subleaf, xcr0, features);
}

export const cpuidInstruction: HostFunction = (cpu) => {
  const leaf = Number(cpu.gpr(RAX) & 0xffffffffn);
  const subleaf = Number(cpu.gpr(RCX) & 0xffffffffn);
  const result = cpuid(leaf, subleaf, cpu.xcr0, cpu.features);
  for (const [i, register] of [RAX, RBX, RCX, RDX].entries()) cpu.setGpr(register, BigInt(result[i] >>> 0), 4);
  return 'next';
};
