/**
 * The one implementation of XSAVE images: the instructions, the kernel's signal frames and the debugger all use it. It works on the
 * register block of a CPU (src/isa/emit/state.ts) and on bytes of an image.
 */
import { State } from '../../isa/emit/state.ts';
import { withSummary } from '../float/status.ts';
import { loadedBndcfgu } from '../mpx/translate.ts';
import {
  Component,
  compactedLayout,
  componentInfo,
  FCW_CHANGEABLE,
  FCW_FIXED,
  FCW_INIT,
  Header,
  type ImageLayout,
  Legacy,
  MXCSR_INIT,
  MXCSR_VALID,
  standardLayout,
  XCOMP_COMPACTED,
  XFEATURE_AVX,
  XFEATURE_BNDCSR,
  XFEATURE_BNDREGS,
  XFEATURE_SSE,
  XFEATURE_X87,
} from './layout.ts';

/** A CPU's register block: offsets are those of `State`. */
export type RegisterBlock = DataView;

const bytesOf = (view: DataView, offset: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + offset, length);

/** Whether `length` bytes, a multiple of four, are all zero. Every signal asks this: it looks at words. */
function isZero(view: DataView, offset: number, length: number): boolean {
  for (let at = offset; at < offset + length; at += 4) if (view.getUint32(at, true) !== 0) return false;
  return true;
}

/** Physical number of ST(i): the image holds them in stack order. */
const physical = (fsw: number, i: number): number => (((fsw >> 11) & 7) + i) & 7;

/** XINUSE: the components that are not in their initial configuration, exactly (spec A.3). */
export function xinuse(cpu: RegisterBlock): bigint {
  let features = 0n;
  const x87Initial =
    cpu.getUint16(State.FCW, true) === FCW_INIT &&
    cpu.getUint16(State.FSW, true) === 0 &&
    cpu.getUint8(State.FTW) === 0 &&
    cpu.getUint16(State.FOP, true) === 0 &&
    cpu.getBigUint64(State.FIP, true) === 0n &&
    cpu.getBigUint64(State.FDP, true) === 0n &&
    isZero(cpu, State.ST, 128);
  if (!x87Initial) features |= XFEATURE_X87;
  // MXCSR does not count here; XSAVEC considers it separately.
  if (!isZero(cpu, State.XMM, 256)) features |= XFEATURE_SSE;
  if (!isZero(cpu, State.YMM_HIGH, 256)) features |= XFEATURE_AVX;
  if (!isZero(cpu, State.BND, 64)) features |= XFEATURE_BNDREGS;
  if (!isZero(cpu, State.BNDCFGU, 16)) features |= XFEATURE_BNDCSR;
  return features;
}

/** How the x87 instruction and data pointers are stored: 64 bits (REX.W forms) or 32 bits and a selector of zero. */
export interface ImageOptions {
  wide: boolean;
}

function storeX87(cpu: RegisterBlock, image: DataView, { wide }: ImageOptions): void {
  const fsw = cpu.getUint16(State.FSW, true);
  image.setUint16(Legacy.FCW, cpu.getUint16(State.FCW, true), true);
  image.setUint16(Legacy.FSW, fsw, true);
  image.setUint8(Legacy.FTW, cpu.getUint8(State.FTW));
  image.setUint8(Legacy.FTW + 1, 0);
  image.setUint16(Legacy.FOP, cpu.getUint16(State.FOP, true), true);
  const pointer = (value: bigint) => (wide ? value : value & 0xffffffffn);
  image.setBigUint64(Legacy.FIP, pointer(cpu.getBigUint64(State.FIP, true)), true);
  image.setBigUint64(Legacy.FDP, pointer(cpu.getBigUint64(State.FDP, true)), true);
  for (let i = 0; i < 8; i++) {
    const slot = bytesOf(image, Legacy.ST + 16 * i, 16);
    slot.set(bytesOf(cpu, State.ST + 16 * physical(fsw, i), 10));
    slot.fill(0, 10);
  }
}

function loadX87(cpu: RegisterBlock, image: DataView, { wide }: ImageOptions): void {
  const fcw = (image.getUint16(Legacy.FCW, true) & FCW_CHANGEABLE) | FCW_FIXED;
  const fsw = withSummary(image.getUint16(Legacy.FSW, true), fcw);
  cpu.setUint16(State.FCW, fcw, true);
  cpu.setUint16(State.FSW, fsw, true);
  cpu.setUint8(State.FTW, image.getUint8(Legacy.FTW));
  cpu.setUint16(State.FOP, image.getUint16(Legacy.FOP, true) & 0x7ff, true);
  const pointer = (value: bigint) => (wide ? value : value & 0xffffffffn);
  cpu.setBigUint64(State.FIP, pointer(image.getBigUint64(Legacy.FIP, true)), true);
  cpu.setBigUint64(State.FDP, pointer(image.getBigUint64(Legacy.FDP, true)), true);
  for (let i = 0; i < 8; i++)
    bytesOf(cpu, State.ST + 16 * physical(fsw, i), 10).set(bytesOf(image, Legacy.ST + 16 * i, 10));
}

/** The x87 state after FNINIT and with empty registers. */
export function initX87(cpu: RegisterBlock): void {
  cpu.setUint16(State.FCW, FCW_INIT, true);
  cpu.setUint16(State.FSW, 0, true);
  cpu.setUint8(State.FTW, 0);
  cpu.setUint16(State.FOP, 0, true);
  cpu.setBigUint64(State.FIP, 0n, true);
  cpu.setBigUint64(State.FDP, 0n, true);
  bytesOf(cpu, State.ST, 128).fill(0);
}

/** All components to their initial configuration: bounds INIT, MPX off. */
export function initAll(cpu: RegisterBlock): void {
  initX87(cpu);
  bytesOf(cpu, State.XMM, 256).fill(0);
  bytesOf(cpu, State.YMM_HIGH, 256).fill(0);
  cpu.setUint32(State.MXCSR, MXCSR_INIT, true);
  bytesOf(cpu, State.BND, 64).fill(0);
  bytesOf(cpu, State.BNDCFGU, 16).fill(0);
}

function storeExtended(cpu: RegisterBlock, image: DataView, layout: ImageLayout, components: bigint): void {
  const bndregs = layout.offsets.get(Component.BNDREGS);
  if (bndregs !== undefined && components & XFEATURE_BNDREGS)
    bytesOf(image, bndregs, 64).set(bytesOf(cpu, State.BND, 64));
  const bndcsr = layout.offsets.get(Component.BNDCSR);
  if (bndcsr !== undefined && components & XFEATURE_BNDCSR) {
    const area = bytesOf(image, bndcsr, 64);
    area.fill(0);
    area.set(bytesOf(cpu, State.BNDCFGU, 16));
  }
  const avx = layout.offsets.get(Component.AVX);
  if (avx !== undefined && components & XFEATURE_AVX) bytesOf(image, avx, 256).set(bytesOf(cpu, State.YMM_HIGH, 256));
}

function storeMxcsr(cpu: RegisterBlock, image: DataView): void {
  image.setUint32(Legacy.MXCSR, cpu.getUint32(State.MXCSR, true), true);
  image.setUint32(Legacy.MXCSR_MASK, MXCSR_VALID, true);
}

/**
 * XSAVE (`optimise` false) and XSAVEOPT (true: components in their initial configuration are not written; we do not track modified
 * ones) into `image`, which holds the former content: what is not written stays.
 */
export function saveStandard(
  cpu: RegisterBlock,
  image: DataView,
  rfbm: bigint,
  optimise: boolean,
  options: ImageOptions,
): void {
  const inUse = xinuse(cpu);
  const written = optimise ? rfbm & inUse : rfbm;
  if (written & XFEATURE_X87) storeX87(cpu, image, options);
  if (rfbm & (XFEATURE_SSE | XFEATURE_AVX)) storeMxcsr(cpu, image);
  if (written & XFEATURE_SSE) bytesOf(image, Legacy.XMM, 256).set(bytesOf(cpu, State.XMM, 256));
  storeExtended(cpu, image, standardLayout(rfbm), written);
  const bv = image.getBigUint64(Header.XSTATE_BV, true);
  image.setBigUint64(Header.XSTATE_BV, (bv & ~rfbm) | (inUse & rfbm), true);
}

/** XSAVEC: compacted format, only components that are in use; XSTATE_BV and XCOMP_BV are overwritten. */
export function saveCompacted(cpu: RegisterBlock, image: DataView, rfbm: bigint, options: ImageOptions): void {
  let written = xinuse(cpu) & rfbm;
  if (rfbm & XFEATURE_SSE && cpu.getUint32(State.MXCSR, true) !== MXCSR_INIT) written |= XFEATURE_SSE;
  if (written & XFEATURE_X87) storeX87(cpu, image, options);
  if (written & XFEATURE_SSE) {
    storeMxcsr(cpu, image);
    bytesOf(image, Legacy.XMM, 256).set(bytesOf(cpu, State.XMM, 256));
  }
  storeExtended(cpu, image, compactedLayout(rfbm), written);
  image.setBigUint64(Header.XSTATE_BV, written, true);
  image.setBigUint64(Header.XCOMP_BV, rfbm | XCOMP_COMPACTED, true);
}

/** Layout that XRSTOR reads by the image's header, or undefined where it raises #GP(0) for the header. */
function checkedLayout(image: DataView, xcr0: bigint): ImageLayout | undefined {
  const bv = image.getBigUint64(Header.XSTATE_BV, true);
  const comp = image.getBigUint64(Header.XCOMP_BV, true);
  if (comp & XCOMP_COMPACTED) {
    const components = comp & ~XCOMP_COMPACTED;
    if (components & ~xcr0 || bv & ~components || !isZero(image, Header.RESERVED, 48)) return undefined;
    return compactedLayout(components);
  }
  if (bv & ~xcr0 || comp !== 0n || image.getBigUint64(Header.RESERVED, true) !== 0n) return undefined;
  return standardLayout(xcr0);
}

/** How many bytes XRSTOR of `rfbm` reads, by the image's legacy region and header; undefined where the header is refused. */
export function restoreSize(header: DataView, xcr0: bigint, rfbm: bigint): number | undefined {
  const layout = checkedLayout(header, xcr0);
  if (!layout) return undefined;
  const loaded = rfbm & header.getBigUint64(Header.XSTATE_BV, true);
  let size: number = Header.END;
  for (const [component, offset] of layout.offsets)
    if ((loaded >> BigInt(component)) & 1n) size = Math.max(size, offset + (componentInfo(component)?.size ?? 0));
  return size;
}

/**
 * XRSTOR of the components `rfbm` (already ∧ XCR0). False, and nothing changed, where it raises #GP(0): bad header, reserved MXCSR bits.
 * The image may be shorter than the layout: missing bytes read as zero.
 */
export function restore(
  cpu: RegisterBlock,
  image: DataView,
  rfbm: bigint,
  xcr0: bigint,
  options: ImageOptions,
): boolean {
  const layout = checkedLayout(image, xcr0);
  if (!layout) return false;
  const compacted = (image.getBigUint64(Header.XCOMP_BV, true) & XCOMP_COMPACTED) !== 0n;
  const bv = image.getBigUint64(Header.XSTATE_BV, true);
  // The standard form loads MXCSR whatever XSTATE_BV says; the compacted form treats it as part of component 1.
  const loadsMxcsr = compacted ? (rfbm & bv & XFEATURE_SSE) !== 0n : (rfbm & (XFEATURE_SSE | XFEATURE_AVX)) !== 0n;
  const mxcsr = image.getUint32(Legacy.MXCSR, true);
  if (loadsMxcsr && mxcsr & ~MXCSR_VALID) return false;

  if (rfbm & XFEATURE_X87) {
    if (bv & XFEATURE_X87) loadX87(cpu, image, options);
    else initX87(cpu);
  }
  if (loadsMxcsr) cpu.setUint32(State.MXCSR, mxcsr, true);
  else if (compacted && rfbm & XFEATURE_SSE) cpu.setUint32(State.MXCSR, MXCSR_INIT, true);
  const load = (to: number, from: number | undefined, length: number, loaded: bigint) => {
    const target = bytesOf(cpu, to, length);
    target.fill(0);
    if (loaded && from !== undefined && from < image.byteLength)
      target.set(bytesOf(image, from, Math.min(length, image.byteLength - from)));
  };
  if (rfbm & XFEATURE_SSE) load(State.XMM, Legacy.XMM, 256, bv & XFEATURE_SSE);
  if (rfbm & XFEATURE_AVX) load(State.YMM_HIGH, layout.offsets.get(Component.AVX), 256, bv & XFEATURE_AVX);
  if (rfbm & XFEATURE_BNDREGS) load(State.BND, layout.offsets.get(Component.BNDREGS), 64, bv & XFEATURE_BNDREGS);
  if (rfbm & XFEATURE_BNDCSR) {
    load(State.BNDCFGU, layout.offsets.get(Component.BNDCSR), 16, bv & XFEATURE_BNDCSR);
    cpu.setBigUint64(State.BNDCFGU, loadedBndcfgu(cpu.getBigUint64(State.BNDCFGU, true)), true);
  }
  return true;
}

/** FXSAVE: everything of the legacy region but bytes 416–511, which stay. */
export function saveLegacy(cpu: RegisterBlock, image: DataView, options: ImageOptions): void {
  storeX87(cpu, image, options);
  storeMxcsr(cpu, image);
  bytesOf(image, Legacy.XMM, 256).set(bytesOf(cpu, State.XMM, 256));
}

/** FXRSTOR. False, and nothing changed, for reserved MXCSR bits (#GP(0)). */
export function restoreLegacy(cpu: RegisterBlock, image: DataView, options: ImageOptions): boolean {
  const mxcsr = image.getUint32(Legacy.MXCSR, true);
  if (mxcsr & ~MXCSR_VALID) return false;
  loadX87(cpu, image, options);
  cpu.setUint32(State.MXCSR, mxcsr, true);
  bytesOf(cpu, State.XMM, 256).set(bytesOf(image, Legacy.XMM, 256));
  return true;
}
