/**
 * What the machine offers to the floors above: one address space, virtual CPUs, and `run(budget) → Stop`.
 * Addresses and register values are unsigned 64-bit `bigint`s here; nothing a guest program does makes these methods throw.
 */
import type { CpuModel } from '../isa/model.ts';

/** Page protection bits, as in PROT_*. */
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const PAGE_SIZE = 4096;

/** Exception vectors (SDM Vol. 3, table 6-1). */
export const Vector = {
  DE: 0,
  DB: 1,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  XM: 19,
} as const;

/** Why `run` came back. RIP is at the instruction for faults, behind it for traps (INT3, INTO, INT n) and system calls. */
export type Stop =
  | { kind: 'budget' }
  /** SYSCALL, or SYSENTER if `fast`. */
  | { kind: 'syscall'; fast?: boolean }
  | {
      kind: 'trap';
      vector: number;
      errorCode: number;
      address: bigint;
      software?: boolean;
      unimplemented?: Unimplemented;
    }
  | { kind: 'breakpoint'; address: bigint }
  /** The instruction at `pc` has made watched accesses and retired. */
  | { kind: 'watchpoint'; pc: bigint; hits: WatchHit[] }
  | { kind: 'pause' };

/** Guest memory [start, end) whose accesses stop `run`; `access` is either kind. */
export interface WatchRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly access: 'read' | 'write' | 'access';
}

/** A watched access: `size` bytes at `address`, of which some are in `range`. An instruction that reads and writes a place counts as writing. */
export interface WatchHit {
  readonly range: WatchRange;
  readonly address: bigint;
  readonly size: number;
  readonly write: boolean;
}

/** An instruction the machine does not implement; it raised #UD (spec: the report names it). */
export interface Unimplemented {
  mnemonic: string;
  bytes: Uint8Array;
  pc: bigint;
  /** The CPU model that has it, if one does. */
  model?: CpuModel;
}

/** Page-fault error code bits (SDM Vol. 3, 4.7). */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
export const PF_INSTR = 16;

/**
 * The page table and physical memory of one address space. The kernel decides what is mapped (VMAs); the machine only
 * knows present pages. Touching an absent or forbidden page ends `run` with #PF; the kernel then populates it or raises a signal.
 */
export interface GuestMemory {
  /**
   * Makes the page at `page` (4 KiB aligned) present with `prot`, zero-filled or holding a copy of `content` (≤ 4096 bytes).
   * `pool`: keep it out of the directly addressable area (bounds directory and tables: sparse, and reached through their own cache).
   * False if the host has no memory left: the page is absent then.
   */
  populate(page: bigint, prot: number, content?: Uint8Array, options?: { pool?: boolean }): boolean;
  /** Changes the protection of the present pages in [start, end); absent pages stay absent. */
  protect(start: bigint, end: bigint, prot: number): void;
  /** Drops the present pages in [start, end): they become absent and their content is lost. */
  discard(start: bigint, end: bigint): void;
  /** Moves present pages [from, from+length) to `to` (mremap). Ranges are page aligned and disjoint. */
  move(from: bigint, to: bigint, length: bigint): void;
  /** Whether the page holding `address` is present, and how: PROT bits, or undefined if absent. */
  protection(address: bigint): number | undefined;
  /** Addresses of present pages in [start, end), ascending. Sparse: costs by present pages, not by the range. */
  presentPages(start: bigint, end: bigint): bigint[];
  /**
   * Reads up to `length` bytes, ignoring protection; stops at the first absent page (the result is then shorter).
   * Debugger and kernel both use it; it never changes guest state.
   */
  read(address: bigint, length: number): Uint8Array;
  /** Writes bytes ignoring protection; returns how many were written before the first absent page. Drops translated code. */
  write(address: bigint, bytes: Uint8Array): number;
  /** Little-endian integer of 1, 2, 4 or 8 bytes, or undefined if not wholly present. */
  readUint(address: bigint, bytes: 1 | 2 | 4 | 8): bigint | undefined;
  /** Stores a little-endian integer; false if not wholly present. */
  writeUint(address: bigint, bytes: 1 | 2 | 4 | 8, value: bigint): boolean;
  /** Number of present pages. */
  readonly presentCount: number;
  /** 64-bit hash of all non-zero present pages with their addresses, as 16 hex digits; the same content gives the same hash. */
  hash(): string;
}

export interface Bounds {
  lower: bigint;
  /** As the register holds it: one's complement of the inclusive upper address. */
  upperRaw: bigint;
}

/** One virtual CPU: the user-visible register state of one thread. Reads and writes work at any stop. */
export interface Vcpu {
  /** Index in encoding order: rax rcx rdx rbx rsp rbp rsi rdi r8–r15. */
  gpr(index: number): bigint;
  setGpr(index: number, value: bigint): void;
  rip: bigint;
  /** RFLAGS with bit 1 set and IF (bit 9) set, as user code sees it. Setting keeps only user-changeable bits. */
  rflags: bigint;
  fsBase: bigint;
  gsBase: bigint;
  /** Selectors (cs ss ds es fs gs): 0x33, 0x2b, 0, 0, 0, 0 in a 64-bit Linux task. */
  /**
   * The segments of thread-local storage in the GDT (entries 12–14, selectors 0x63, 0x6b, 0x73): base of number 0–2, or undefined if that one
   * holds none. FS or GS loaded with such a selector has this base.
   */
  tlsBase(index: number): number | undefined;
  setTlsBase(index: number, base: number | undefined): void;
  selector(name: 'cs' | 'ss' | 'ds' | 'es' | 'fs' | 'gs'): number;
  setSelector(name: 'cs' | 'ss' | 'ds' | 'es' | 'fs' | 'gs', value: number): void;
  bnd(index: number): Bounds;
  setBnd(index: number, bounds: Bounds): void;
  bndcfgu: bigint;
  bndstatus: bigint;
  xmm(index: number): Uint8Array;
  setXmm(index: number, bytes: Uint8Array): void;
  /** The whole vector register, 32 bytes; its upper half is zero on a CPU without AVX. */
  ymm(index: number): Uint8Array;
  setYmm(index: number, bytes: Uint8Array): void;
  mxcsr: number;
  /** x87 control and status words and the full 8-bit tag word in FXSAVE form (1 = in use). */
  fcw: number;
  fsw: number;
  ftw: number;
  /** Physical x87 register `index` (0–7) as its 10 bytes. */
  st(index: number): Uint8Array;
  setSt(index: number, bytes: Uint8Array): void;
  /** Instructions this CPU has retired since it was made. A faulting instruction does not retire. */
  readonly retired: bigint;
  /** XINUSE: bit i set if state component i is not in its initial configuration (spec A.3). */
  xinuse(): bigint;
  /** Standard-format XSAVE image of the components in `rfbm` with XSTATE_BV = XINUSE ∧ rfbm (1088 bytes: all of XCR0). */
  xsave(rfbm: bigint): Uint8Array;
  /** Loads a standard-format image as XRSTOR with `rfbm` does. False, and no change, where XRSTOR would raise #GP. */
  xrstor(image: Uint8Array, rfbm: bigint): boolean;
  /** All components to their initial configuration (MPX off). */
  initFpu(): void;
  /** A copy of all registers for another CPU (clone, fork) or for a snapshot. */
  save(): VcpuState;
  restore(state: VcpuState): void;
}

/** Opaque copy of a CPU's registers. */
export interface VcpuState {
  readonly bytes: Uint8Array;
}

/** What the CPU reports of itself; XCR0 follows from it. */
export interface CpuFeatures {
  model: CpuModel;
  /** CPUID.(7,0):EBX[14] and XCR0[4:3]. */
  mpx: boolean;
  /** CPUID.(7,0):ECX[21:17]. */
  mawau: number;
}

export interface MachineOptions {
  features?: Partial<CpuFeatures>;
  /** Which code is translated to WebAssembly instead of interpreted: what runs often (default), nearly all, none. The results are the same. */
  translate?: 'hot' | 'soon' | 'never';
}

/** Debugger-visible happenings inside the MPX unit; only collected while `Machine.observeMpx` is on (they cost nothing otherwise). */
export type MpxEvent =
  | { kind: 'bounds-lost'; pc: bigint; lost: Bounds[] }
  | { kind: 'bndldx-mismatch'; pc: bigint; slot: bigint; pointer: bigint; stored: bigint };

/** A state of a machine, made and understood by it alone. */
export interface MachineSnapshot {
  /** Time of the snapshot (Machine.retired). */
  readonly retired: bigint;
  /** Host memory taken by pages saved between it and the next one. */
  readonly bytes: number;
}

export interface Machine {
  readonly memory: GuestMemory;
  readonly features: CpuFeatures;
  /** XCR0 as the kernel set it: x87 | SSE (| AVX) (| BNDREGS | BNDCSR). The vector runner may set others. */
  xcr0: bigint;
  /** Where RDRAND takes its bytes from; siblings get them there too. Undefined: none are ready, as CF tells the program. */
  entropy: ((count: number) => Uint8Array) | undefined;
  newVcpu(): Vcpu;
  /** Another machine of the same kind, with nothing mapped: for another process. */
  sibling(): Machine;
  /**
   * Runs `cpu` for at most `budget` instructions and says why it stopped. Exact: after a `budget` stop precisely
   * `budget` instructions have retired. `ignoreBreakpointAtStart`: resume from a breakpoint without hitting it again.
   * An instruction that faulted or has iterations left is resumed without it.
   */
  run(cpu: Vcpu, budget: number, options?: { ignoreBreakpointAtStart?: boolean }): Stop;
  /** Sets the addresses at which `run` stops before executing. */
  setBreakpoints(addresses: Iterable<bigint>): void;
  /**
   * Sets the ranges whose accesses by instructions stop `run`, exactly behind the instruction. Writes by `memory.write` are kept for `takeWatchHits`.
   * Decoding an instruction, and reading through `memory`, is no access.
   */
  setWatchpoints(ranges: Iterable<WatchRange>): void;
  /** Watched writes of the kernel (or the debugger) since the last call or `run`. */
  takeWatchHits(): WatchHit[];
  /**
   * Notes the state of memory and of `cpus` (all that matter) to return to. Costs by the pages written since the last snapshot; from then on
   * the first write to a page saves it.
   */
  takeSnapshot(cpus: Iterable<Vcpu>): MachineSnapshot;
  /** Brings back memory, the CPUs that were given, and the time. Later snapshots are void; this one stays good. */
  restoreSnapshot(snapshot: MachineSnapshot): void;
  /** Gives up a snapshot: pages that only it needed are freed. */
  dropSnapshot(snapshot: MachineSnapshot): void;
  /** Asks `run` to return `pause` before its next slice: the next call, or the one in progress if called from an MPX observer. */
  requestPause(): void;
  /** Stop (kind 'mpx-event' is not a Stop: these are collected) — see MpxEvent. When set, MPX events stop the run by returning a budget stop early. */
  observeMpx: ((event: MpxEvent) => void) | undefined;
  /** Instructions retired by all CPUs: the machine's time. */
  readonly retired: bigint;
  /** Instructions met so far that are not implemented (each raised #UD). */
  readonly unimplemented: readonly Unimplemented[];
}
