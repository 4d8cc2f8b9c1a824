/** One virtual CPU: typed access to its register block, wherever that is (its own buffer, or linear memory while it is the current one). */
import { Flag } from '../isa/emit/flags.ts';
import { State } from '../isa/emit/state.ts';
import type { Bounds, Vcpu, VcpuState } from './api.ts';
import { initAll, restore, saveStandard, xinuse } from './xsave/image.ts';

/** The block is found through this: `home` may move when CPUs are switched or memory grows. */
export interface RegisterHome {
  blockOf(cpu: Cpu): DataView;
  /** Number of the flags helper: kind and three words → CF PF AF ZF SF OF in EFLAGS positions. */
  flagsWord(kind: number, a: bigint, b: bigint, c: bigint): number;
  /** XCR0, which XSAVE and XRSTOR obey. */
  readonly xcr0: bigint;
  /** BNDCFGU of a CPU changed, so cached table frames are void. */
  boundsConfigurationChanged(cpu: Cpu): void;
}

type SelectorName = 'cs' | 'ss' | 'ds' | 'es' | 'fs' | 'gs';
const SELECTOR_OFFSET: Record<SelectorName, number> = { es: 0, cs: 2, ss: 4, ds: 6, fs: 8, gs: 10 };

const ARITHMETIC = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF;
/** TF NT RF AC ID: kept as they are. */
const REST = Flag.TF | 0x4000 | 0x10000 | 0x40000 | 0x200000;
/** Bit 1 and IF read as one in user mode. */
const ALWAYS = 0x202;
const FLAG_KIND_WORD = 0;
const X87_REGISTER_BYTES = 10;
/** Standard-format image with all components this machine has. */
const IMAGE_BYTES = 1088;

/** RFLAGS of a register block. */
export function readFlags(block: DataView, home: Pick<RegisterHome, 'flagsWord'>): bigint {
  const word = (offset: number) => block.getBigInt64(offset, true);
  const arithmetic = home.flagsWord(
    block.getInt32(State.FLAG_KIND, true),
    word(State.FLAG_A),
    word(State.FLAG_B),
    word(State.FLAG_C),
  );
  const direction = block.getInt32(State.DF, true) ? Flag.DF : 0;
  return BigInt(arithmetic | direction | block.getInt32(State.RFLAGS_REST, true) | ALWAYS);
}

/** Sets the bits of RFLAGS that user code can change. */
export function writeFlags(block: DataView, value: bigint): void {
  const bits = Number(BigInt.asUintN(32, value));
  block.setInt32(State.FLAG_KIND, FLAG_KIND_WORD, true);
  block.setBigUint64(State.FLAG_A, BigInt(bits & ARITHMETIC), true);
  block.setInt32(State.DF, bits & Flag.DF ? 1 : 0, true);
  block.setInt32(State.RFLAGS_REST, bits & REST, true);
}

export class Cpu implements Vcpu {
  /** The registers while another CPU is current. */
  readonly own = new Uint8Array(State.SIZE);

  constructor(private readonly home: RegisterHome) {
    const block = new DataView(this.own.buffer);
    initAll(block);
    writeFlags(block, 0n);
    block.setUint16(State.SELECTORS + SELECTOR_OFFSET.cs, 0x33, true);
    block.setUint16(State.SELECTORS + SELECTOR_OFFSET.ss, 0x2b, true);
  }

  private get block(): DataView {
    return this.home.blockOf(this);
  }
  private word(offset: number): bigint {
    return this.block.getBigUint64(offset, true);
  }
  private setWord(offset: number, value: bigint): void {
    this.block.setBigUint64(offset, BigInt.asUintN(64, value), true);
  }
  private bytes(offset: number, length: number): Uint8Array {
    const { block } = this;
    return new Uint8Array(block.buffer, block.byteOffset + offset, length);
  }

  gpr(index: number): bigint {
    return this.word(State.GPR + (index & 15) * 8);
  }
  setGpr(index: number, value: bigint): void {
    this.setWord(State.GPR + (index & 15) * 8, value);
  }

  get rip(): bigint {
    return this.word(State.RIP);
  }
  set rip(value: bigint) {
    this.setWord(State.RIP, value);
  }
  get rflags(): bigint {
    return readFlags(this.block, this.home);
  }
  set rflags(value: bigint) {
    writeFlags(this.block, value);
  }
  get fsBase(): bigint {
    return this.word(State.FS_BASE);
  }
  set fsBase(value: bigint) {
    this.setWord(State.FS_BASE, value);
  }
  get gsBase(): bigint {
    return this.word(State.GS_BASE);
  }
  set gsBase(value: bigint) {
    this.setWord(State.GS_BASE, value);
  }

  tlsBase(index: number): number | undefined {
    const offset = State.TLS + index * 8;
    return this.block.getUint32(offset + 4, true) ? this.block.getUint32(offset, true) : undefined;
  }
  setTlsBase(index: number, base: number | undefined): void {
    const offset = State.TLS + index * 8;
    this.block.setUint32(offset, base ?? 0, true);
    this.block.setUint32(offset + 4, base === undefined ? 0 : 1, true);
  }

  selector(name: SelectorName): number {
    return this.block.getUint16(State.SELECTORS + SELECTOR_OFFSET[name], true);
  }
  setSelector(name: SelectorName, value: number): void {
    this.block.setUint16(State.SELECTORS + SELECTOR_OFFSET[name], value, true);
  }

  bnd(index: number): Bounds {
    const offset = State.BND + (index & 3) * 16;
    return { lower: this.word(offset), upperRaw: this.word(offset + 8) };
  }
  setBnd(index: number, { lower, upperRaw }: Bounds): void {
    const offset = State.BND + (index & 3) * 16;
    this.setWord(offset, lower);
    this.setWord(offset + 8, upperRaw);
  }
  get bndcfgu(): bigint {
    return this.word(State.BNDCFGU);
  }
  set bndcfgu(value: bigint) {
    this.setWord(State.BNDCFGU, value);
    this.home.boundsConfigurationChanged(this);
  }
  get bndstatus(): bigint {
    return this.word(State.BNDSTATUS);
  }
  set bndstatus(value: bigint) {
    this.setWord(State.BNDSTATUS, value);
  }

  xmm(index: number): Uint8Array {
    return this.bytes(State.XMM + (index & 15) * 16, 16).slice();
  }
  setXmm(index: number, bytes: Uint8Array): void {
    this.bytes(State.XMM + (index & 15) * 16, 16).set(bytes.subarray(0, 16));
  }
  ymm(index: number): Uint8Array {
    const bytes = new Uint8Array(32);
    bytes.set(this.xmm(index));
    bytes.set(this.bytes(State.YMM_HIGH + (index & 15) * 16, 16), 16);
    return bytes;
  }
  setYmm(index: number, bytes: Uint8Array): void {
    this.setXmm(index, bytes);
    this.bytes(State.YMM_HIGH + (index & 15) * 16, 16).set(bytes.subarray(16, 32));
  }
  get mxcsr(): number {
    return this.block.getUint32(State.MXCSR, true);
  }
  set mxcsr(value: number) {
    this.block.setUint32(State.MXCSR, value, true);
  }
  get fcw(): number {
    return this.block.getUint16(State.FCW, true);
  }
  set fcw(value: number) {
    this.block.setUint16(State.FCW, value, true);
  }
  get fsw(): number {
    return this.block.getUint16(State.FSW, true);
  }
  set fsw(value: number) {
    this.block.setUint16(State.FSW, value, true);
  }
  get ftw(): number {
    return this.block.getUint8(State.FTW);
  }
  set ftw(value: number) {
    this.block.setUint8(State.FTW, value);
  }
  st(index: number): Uint8Array {
    return this.bytes(State.ST + (index & 7) * 16, X87_REGISTER_BYTES).slice();
  }
  setSt(index: number, bytes: Uint8Array): void {
    this.bytes(State.ST + (index & 7) * 16, X87_REGISTER_BYTES).set(bytes.subarray(0, X87_REGISTER_BYTES));
  }

  get retired(): bigint {
    return BigInt(this.block.getFloat64(State.RETIRED, true));
  }

  xinuse(): bigint {
    return xinuse(this.block);
  }
  xsave(rfbm: bigint): Uint8Array {
    const image = new Uint8Array(IMAGE_BYTES);
    saveStandard(this.block, new DataView(image.buffer), rfbm & this.home.xcr0, false, { wide: true });
    return image;
  }
  xrstor(image: Uint8Array, rfbm: bigint): boolean {
    const { xcr0 } = this.home;
    const padded = new Uint8Array(Math.max(image.length, IMAGE_BYTES));
    padded.set(image);
    const done = restore(this.block, new DataView(padded.buffer), rfbm & xcr0, xcr0, { wide: true });
    this.home.boundsConfigurationChanged(this);
    return done;
  }
  initFpu(): void {
    initAll(this.block);
    this.home.boundsConfigurationChanged(this);
  }

  save(): VcpuState {
    return { bytes: this.bytes(0, State.SIZE).slice() };
  }
  restore(state: VcpuState): void {
    const { retired } = this;
    this.rewind(state.bytes);
    this.block.setFloat64(State.RETIRED, Number(retired), true);
  }
  /** Everything back to what it was, the count of instructions too. */
  rewind(bytes: Uint8Array): void {
    this.bytes(0, State.SIZE).set(bytes);
    this.home.boundsConfigurationChanged(this);
  }
}
