/** State components and image layouts of the XSAVE family (SDM Vol. 1, chapter 13; spec A.3). */
import type { CpuFeatures } from '../api.ts';

export const Component = { X87: 0, SSE: 1, AVX: 2, BNDREGS: 3, BNDCSR: 4 } as const;
export const XFEATURE_X87 = 1n;
export const XFEATURE_SSE = 2n;
export const XFEATURE_AVX = 4n;
export const XFEATURE_BNDREGS = 8n;
export const XFEATURE_BNDCSR = 16n;
export const XFEATURE_MPX = XFEATURE_BNDREGS | XFEATURE_BNDCSR;
/** Bit 63 of XCOMP_BV: compacted format. */
export const XCOMP_COMPACTED = 1n << 63n;

/** Offsets in the legacy region (FXSAVE) and the header. */
export const Legacy = {
  FCW: 0,
  FSW: 2,
  FTW: 4,
  FOP: 6,
  FIP: 8,
  FDP: 16,
  MXCSR: 24,
  MXCSR_MASK: 28,
  ST: 32,
  XMM: 160,
  SIZE: 512,
} as const;
export const Header = { XSTATE_BV: 512, XCOMP_BV: 520, RESERVED: 528, END: 576 } as const;

export const MXCSR_INIT = 0x1f80;
/** MXCSR bits that may be set, denormals-are-zero among them. */
export const MXCSR_VALID = 0xffff;
export const FCW_INIT = 0x37f;
/** x87 control word: the bits software may change (12, 11:8, 5:0), and bit 6, which always reads as one. */
export const FCW_CHANGEABLE = 0x1f3f;
export const FCW_FIXED = 0x40;

/** Size and standard-format offset of the extended components, by index (CPUID leaf 0DH). */
const EXTENDED: Readonly<Record<number, { size: number; offset: number }>> = {
  [Component.AVX]: { size: 256, offset: 576 },
  [Component.BNDREGS]: { size: 64, offset: 960 },
  [Component.BNDCSR]: { size: 64, offset: 1024 },
};

export interface ImageLayout {
  /** Offset of each extended component in the image; only those present. */
  offsets: ReadonlyMap<number, number>;
  size: number;
}

const extendedIn = (features: bigint): number[] =>
  [Component.AVX, Component.BNDREGS, Component.BNDCSR].filter((i) => (features >> BigInt(i)) & 1n);

/** CPUID.(0DH, component): size and offset; undefined for components this CPU does not have. */
export function componentInfo(component: number): { size: number; offset: number } | undefined {
  return EXTENDED[component];
}

/** Standard format for the enabled `features`. The area without extended components is 576 bytes. */
export function standardLayout(features: bigint): ImageLayout {
  const present = extendedIn(features);
  const offsets = new Map(present.map((i) => [i, EXTENDED[i].offset]));
  const size = present.reduce((end, i) => Math.max(end, EXTENDED[i].offset + EXTENDED[i].size), Header.END);
  return { offsets, size };
}

/** Compacted format for the components in `xcompBv`: packed in order; none of ours asks for 64-byte alignment. */
export function compactedLayout(xcompBv: bigint): ImageLayout {
  const offsets = new Map<number, number>();
  let size: number = Header.END;
  for (const i of extendedIn(xcompBv)) {
    offsets.set(i, size);
    size += EXTENDED[i].size;
  }
  return { offsets, size };
}

/** The components a CPU has: what its XCR0 may be at most. */
export function supportedXcr0({ model, mpx }: CpuFeatures): bigint {
  return XFEATURE_X87 | XFEATURE_SSE | (model === 'skylake' ? XFEATURE_AVX : 0n) | (mpx ? XFEATURE_MPX : 0n);
}
