/**
 * The register file of one virtual CPU, as byte offsets into its state block. The block of the CPU that runs lies at linear address 0,
 * so an offset is also the address generated code uses. Other CPUs' blocks are plain copies.
 */
export const State = {
  /** Sixteen 64-bit registers in encoding order. */
  GPR: 0x000,
  RIP: 0x080,
  /** Lazy flags: what produced them (flagCode) and up to three 64-bit words. */
  FLAG_KIND: 0x088,
  FLAG_A: 0x090,
  FLAG_B: 0x098,
  FLAG_C: 0x0a0,
  /** i32: 0, or 1 with the direction flag set. */
  DF: 0x0a8,
  /** i32: the other user-changeable RFLAGS bits in place (TF 8, NT 14, RF 16, AC 18, ID 21). */
  RFLAGS_REST: 0x0ac,
  FS_BASE: 0x0b0,
  GS_BASE: 0x0b8,
  /** u16 each, in the order es cs ss ds fs gs. */
  SELECTORS: 0x0c0,
  MXCSR: 0x0d0,
  FCW: 0x0d4,
  FSW: 0x0d6,
  /** Abridged tag byte of FXSAVE: 1 = in use. */
  FTW: 0x0d8,
  FOP: 0x0da,
  FIP: 0x0e0,
  FDP: 0x0e8,
  /** Four times lower bound, then upper bound as held (one's complement). */
  BND: 0x100,
  BNDCFGU: 0x140,
  BNDSTATUS: 0x148,
  /** Sixteen 16-byte registers. */
  XMM: 0x200,
  /** Eight physical x87 registers, 16 bytes apart, 10 used. */
  ST: 0x300,
  /** f64: instructions retired by this CPU. */
  RETIRED: 0x380,
  /** Three segment descriptors of thread-local storage (GDT entries 12–14), 8 bytes each: u32 base, u32 1 if present. */
  TLS: 0x388,
  /** Bits 255:128 of the sixteen vector registers. */
  YMM_HIGH: 0x400,
  SIZE: 0x500,
} as const;

/** Words beside the state block that generated code addresses, common to all CPUs. */
export const Shared = {
  /** i32: instructions left of the current slice. */
  BUDGET: 0x1000,
  /** i32: record at which generated code was left. */
  EXIT_RECORD: 0x1004,
  /** i64: effective address of the access that was refused, or the target of an indirect jump. */
  EXIT_ADDRESS: 0x1008,
  /** i32: what an exit says besides (vector number). */
  EXIT_DETAIL: 0x1010,
  /** Constants that operand pointers may name: 0, −1 and 0xffffffff as i64. */
  ZERO: 0x1020,
  ONES: 0x1028,
  LOW32: 0x1030,
  /** The same for 16-bit addresses: 0xffff. */
  LOW16: 0x1038,
  /** i64: what linear addresses are masked with: all ones in 64-bit code, 0xffffffff in 32-bit code. */
  LINEAR_MASK: 0x1040,
  /** Bounce buffers for accesses that no single page serves: 32 of 64 bytes. */
  BOUNCE: 0x1400,
  BOUNCE_SIZE: 64,
  BOUNCE_COUNT: 32,
  /** Predicted targets of indirect jumps: 4096 × {i64 address, i32 record, i32 instructions}. */
  JUMP_CACHE: 0x10000,
  JUMP_CACHE_ENTRIES: 4096,
  /**
   * Where the bounds-table entries of recently used pointer slots are: 4096 × {i64 (LAp >> 10) + 1, i32 linear address of the table
   * page for reads, i32 the same for writes}, indexed by LAp >> 10; 0 = none. Holds for the present BNDCFGU only (the machine flushes).
   */
  BND_CACHE: 0x20000,
  BND_CACHE_ENTRIES: 4096,
  /** Entries of translated code that indirect branches go to: 4096 × {i64 address, i32 record of the entry}, indexed by address. */
  REGION_CACHE: 0x30000,
  REGION_CACHE_ENTRIES: 4096,
  /** One byte for each region: whether it has run. */
  REGIONS_USED: 0x40000,
  REGIONS_USED_SIZE: 2048,
  /** First byte behind everything above. */
  END: 0x40800,
} as const;

/** The page tag tables: one i64 for each low-32 page number. */
export const TAGS_READ = 0x0c000000;
export const TAGS_WRITE = 0x0c800000;
