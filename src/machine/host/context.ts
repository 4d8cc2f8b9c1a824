/**
 * What a host function sees. Rare instructions (CPUID, XSAVE, 64-bit division, far transfers, INT n …) are TypeScript functions; generated
 * code leaves to the driver before the instruction has had any effect, and the driver calls the function named `Insn.op`.
 */
import type { Insn, MemoryOperand, Operand } from '../../isa/insn.ts';
import type { CpuFeatures, GuestMemory, MpxEvent } from '../api.ts';

/** An exception raised by a host function; the driver turns it into a trap. The instruction does not retire. */
export class GuestFault {
  constructor(
    readonly vector: number,
    readonly errorCode = 0,
    /** CR2 of a page fault. */
    readonly address = 0n,
  ) {}
}

/**
 * How a host function ended:
 *  next       done: RIP goes on behind the instruction
 *  jump       done, and it has set RIP itself
 *  syscall    done (RCX and R11 are set): RIP goes on behind, `run` stops for the kernel
 *  sysenter   the same, with nothing set
 *  interrupt  INT n and the like: RIP goes on behind, `run` stops with a software trap
 */
export type HostResult = 'next' | 'jump' | 'syscall' | 'sysenter' | { interrupt: number };

/** Throws only `GuestFault`. Must not change registers or memory before its last possible fault (unless the SDM says so). */
export type HostFunction = (cpu: HostContext, insn: Insn) => HostResult;

export interface HostContext {
  /** The register block of the running CPU, offsets as in State. Valid during the call only. */
  readonly registers: DataView;
  readonly memory: GuestMemory;
  readonly features: CpuFeatures;
  readonly xcr0: bigint;
  /** Instructions retired by all CPUs before this one: the time-stamp counter. */
  readonly time: bigint;
  /** `count` random bytes, or undefined where none are ready. */
  random(count: number): Uint8Array | undefined;
  gpr(number: number): bigint;
  /** `size` as for operands: 4 clears the upper half, 1 and 2 keep the rest. */
  setGpr(number: number, value: bigint, size?: number): void;
  /** RFLAGS with all flags computed; setting keeps what user code cannot change. */
  rflags: bigint;
  rip: bigint;
  /** Effective address as LEA has it, and with the segment base for an access. */
  effectiveAddress(o: MemoryOperand): bigint;
  address(o: MemoryOperand): bigint;
  /** Value of a register, immediate or memory operand, zero-extended; memory operands are read with their own size. */
  read(o: Operand | undefined, size: number): bigint;
  write(o: Operand | undefined, size: number, value: bigint): void;
  /** User-mode accesses with all checks: throw GuestFault (#PF, or #GP(0) when non-canonical; #SS(0) if `stack`). */
  load(address: bigint, length: number, stack?: boolean): Uint8Array;
  loadUint(address: bigint, length: 1 | 2 | 4 | 8, stack?: boolean): bigint;
  /** Checks the whole range before the first byte is written. */
  store(address: bigint, bytes: Uint8Array, stack?: boolean): void;
  storeUint(address: bigint, length: 1 | 2 | 4 | 8, value: bigint, stack?: boolean): void;
  /** Faults unless the whole range could be stored to. */
  probeStore(address: bigint, length: number, stack?: boolean): void;
  /**
   * Lets generated BNDLDX/BNDSTX find the table page of a pointer slot without a walk. `lap` is the slot's address, `tablePage` the guest address
   * of the 4 KiB page that holds the entries of its 1 KiB neighbourhood (Shared.BND_CACHE); not for tables that are not page aligned.
   */
  cacheBoundsSlot(lap: bigint, tablePage: bigint): void;
  /** Reports to `Machine.observeMpx`, if anybody listens. */
  observe?: (event: MpxEvent) => void;
}
