/** The running CPU as host functions see it. */
import { Shared, State } from '../isa/emit/state.ts';
import { type MemoryOperand, type Operand, Segment } from '../isa/insn.ts';
import { type CpuFeatures, type GuestMemory, type MpxEvent, Vector } from './api.ts';
import { GuestFault, type HostContext } from './host/context.ts';
import type { SlowAccess } from './interpreter/slow-access.ts';
import type { PagedMemory } from './memory/guest-memory.ts';
import type { LinearMemory } from './memory/linear.ts';
import { bndTranslate } from './mpx/translate.ts';
import { readFlags, writeFlags } from './vcpu.ts';

/** What the context takes from the machine. */
export interface HostEnvironment {
  readonly linear: LinearMemory;
  readonly paged: PagedMemory;
  readonly access: SlowAccess;
  readonly features: CpuFeatures;
  readonly xcr0: bigint;
  readonly retired: bigint;
  readonly entropy: ((count: number) => Uint8Array) | undefined;
  readonly observeMpx: ((event: MpxEvent) => void) | undefined;
  flagsWord(kind: number, a: bigint, b: bigint, c: bigint): number;
}

const SLOT_SHIFT = 10n;

export class EngineHostContext implements HostContext {
  constructor(private readonly environment: HostEnvironment) {}

  get registers(): DataView {
    return this.environment.linear.view;
  }
  get memory(): GuestMemory {
    return this.environment.paged;
  }
  get features(): CpuFeatures {
    return this.environment.features;
  }
  get xcr0(): bigint {
    return this.environment.xcr0;
  }
  get time(): bigint {
    return this.environment.retired;
  }
  random(count: number): Uint8Array | undefined {
    return this.environment.entropy?.(count);
  }
  get observe(): ((event: MpxEvent) => void) | undefined {
    return this.environment.observeMpx;
  }

  gpr(number: number): bigint {
    return this.registers.getBigUint64(State.GPR + number * 8, true);
  }
  setGpr(number: number, value: bigint, size = 8): void {
    const at = State.GPR + number * 8;
    if (size === 8) this.registers.setBigUint64(at, BigInt.asUintN(64, value), true);
    else if (size === 4) this.registers.setBigUint64(at, BigInt.asUintN(32, value), true);
    else if (size === 2) this.registers.setUint16(at, Number(BigInt.asUintN(16, value)), true);
    else this.registers.setUint8(at, Number(BigInt.asUintN(8, value)));
  }

  get rflags(): bigint {
    return readFlags(this.registers, this.environment);
  }
  set rflags(value: bigint) {
    writeFlags(this.registers, value);
  }
  get rip(): bigint {
    return this.registers.getBigUint64(State.RIP, true);
  }
  set rip(value: bigint) {
    this.registers.setBigUint64(State.RIP, BigInt.asUintN(64, value), true);
  }

  effectiveAddress(o: MemoryOperand): bigint {
    const base = o.base < 0 ? 0n : this.gpr(o.base);
    const index = o.index < 0 ? 0n : this.gpr(o.index) * BigInt(o.scale);
    return BigInt.asUintN(o.addressSize * 8, base + index + o.disp);
  }
  address(o: MemoryOperand): bigint {
    const ea = this.effectiveAddress(o);
    if (o.segment === Segment.FS) return this.based(ea, State.FS_BASE);
    if (o.segment === Segment.GS) return this.based(ea, State.GS_BASE);
    return ea;
  }
  private based(ea: bigint, offset: number): bigint {
    return BigInt.asUintN(this.environment.access.addressBits, ea + this.registers.getBigUint64(offset, true));
  }

  read(o: Operand | undefined, size: number): bigint {
    if (!o) return 0n;
    switch (o.kind) {
      case 'reg':
        return BigInt.asUintN(size * 8, this.gpr(o.number) >> (o.high ? 8n : 0n));
      case 'imm':
        return BigInt.asUintN(size * 8, o.value);
      case 'mem':
        return littleEndian(this.load(this.address(o), size, o.segment === Segment.SS));
      case 'seg':
        return BigInt(this.registers.getUint16(State.SELECTORS + o.number * 2, true));
      default:
        return BigInt.asUintN(size * 8, this.registers.getBigUint64(State.XMM + o.number * 16, true));
    }
  }

  write(o: Operand | undefined, size: number, value: bigint): void {
    if (o?.kind === 'reg') {
      if (o.high) this.registers.setUint8(State.GPR + o.number * 8 + 1, Number(value & 0xffn));
      else this.setGpr(o.number, value, size);
    } else if (o?.kind === 'mem') {
      const bytes = new Uint8Array(size);
      let rest = value;
      for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
      this.store(this.address(o), bytes, o.segment === Segment.SS);
    }
  }

  load(address: bigint, length: number, stack = false): Uint8Array {
    return this.guarded(stack, () => this.environment.access.load(address, length));
  }
  loadUint(address: bigint, length: 1 | 2 | 4 | 8, stack = false): bigint {
    return littleEndian(this.load(address, length, stack));
  }
  store(address: bigint, bytes: Uint8Array, stack = false): void {
    this.guarded(stack, () => this.environment.access.store(address, bytes));
  }
  storeUint(address: bigint, length: 1 | 2 | 4 | 8, value: bigint, stack = false): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    this.store(address, bytes.subarray(0, length), stack);
  }
  probeStore(address: bigint, length: number, stack = false): void {
    this.guarded(stack, () => this.environment.access.probe(address, length, true));
  }

  /** A non-canonical stack address is #SS, any other #GP. */
  private guarded<T>(stack: boolean, access: () => T): T {
    try {
      return access();
    } catch (error) {
      if (stack && error instanceof GuestFault && error.vector === Vector.GP) throw new GuestFault(Vector.SS);
      throw error;
    }
  }

  cacheBoundsSlot(lap: bigint, tablePage: bigint): void {
    const { linear, paged, features } = this.environment;
    const table = paged.page(Number(tablePage >> 12n));
    if (!table?.prot || table.watched) return;
    const bndcfgu = this.registers.getBigUint64(State.BNDCFGU, true);
    const { directoryEntry } = bndTranslate(lap, bndcfgu, features.mawau);
    const directory = paged.page(Number(directoryEntry >> 12n));
    if (!directory || directory.watched) return;
    paged.markDirectory(directory);
    const key = BigInt.asUintN(64, lap) >> SLOT_SHIFT;
    const entry = Shared.BND_CACHE + Number(key % BigInt(Shared.BND_CACHE_ENTRIES)) * 16;
    linear.view.setBigUint64(entry, key + 1n, true);
    linear.view.setUint32(entry + 8, table.frame, true);
    linear.view.setUint32(entry + 12, paged.isFreelyWritable(table) ? table.frame : 0, true);
    paged.boundsSlotsCached = true;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}
