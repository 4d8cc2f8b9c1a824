/**
 * Numbers of the MPX tables, under the names the kernel gives them (spec B.1), for both word sizes. All sizes and offsets are
 * in bytes.
 */

export interface MpxConstants {
  /** Bytes of a pointer: of a directory entry and of each of the four fields of a table entry. */
  readonly word: 8 | 4;
  /** Bits of the index into the directory, and log2 of the size of one of its entries. */
  readonly MPX_BD_ENTRY_OFFSET: bigint;
  readonly MPX_BD_ENTRY_SHIFT: bigint;
  /** Bits of the index into a table, and log2 of the size of one of its entries. */
  readonly MPX_BT_ENTRY_OFFSET: bigint;
  readonly MPX_BT_ENTRY_SHIFT: bigint;
  /** Low bits of a slot's address that do not take part. */
  readonly MPX_IGN_BITS: bigint;
  readonly MPX_BD_SIZE_BYTES: bigint;
  readonly MPX_BT_SIZE_BYTES: bigint;
  /** The table's address in a directory entry. */
  readonly MPX_BT_ADDR_MASK: bigint;
  /** The entry's address in BNDSTATUS. */
  readonly MPX_BNDSTA_ADDR_MASK: bigint;
  /** The directory's address in BNDCFGU. */
  readonly MPX_BNDCFG_ADDR_MASK: bigint;
  /** Memory that one directory entry, that is one table, covers. */
  readonly areaSize: bigint;
  /** All bits of an address. */
  readonly addressMask: bigint;
}

function constants(
  word: 8 | 4,
  bdBits: bigint,
  bdShift: bigint,
  btBits: bigint,
  btShift: bigint,
  tail: bigint,
): MpxConstants {
  const addressMask = (1n << BigInt(word * 8)) - 1n;
  const above = (low: bigint) => addressMask & ~((1n << low) - 1n);
  return {
    word,
    MPX_BD_ENTRY_OFFSET: bdBits,
    MPX_BD_ENTRY_SHIFT: bdShift,
    MPX_BT_ENTRY_OFFSET: btBits,
    MPX_BT_ENTRY_SHIFT: btShift,
    MPX_IGN_BITS: tail,
    MPX_BD_SIZE_BYTES: 1n << (bdBits + bdShift),
    MPX_BT_SIZE_BYTES: 1n << (btBits + btShift),
    MPX_BT_ADDR_MASK: above(tail),
    MPX_BNDSTA_ADDR_MASK: above(2n),
    MPX_BNDCFG_ADDR_MASK: above(12n),
    areaSize: 1n << (btBits + tail),
    addressMask,
  };
}

/** The table of spec B.1. Directory: 2 GiB, tables of 4 MiB for 1 MiB each; with 32 bits 4 MiB, and 16 KiB for a page each. */
export const MPX = {
  64: constants(8, 28n, 3n, 17n, 5n, 3n),
  32: constants(4, 20n, 2n, 10n, 4n, 2n),
} as const;

/** BNDSTATUS: the error code. */
export const MPX_BNDSTA_ERROR_CODE = 3n;
/** BNDCFGU: EN. */
export const MPX_BNDCFG_ENABLE_FLAG = 1n;
/** Directory entry: a table is there. */
export const MPX_BD_ENTRY_VALID_FLAG = 1n;

/** State components of XSAVE (SDM Vol. 1, 13.1) by number, with the place of their data in the standard format (spec A.3). */
export const XFEATURE_BNDREGS = 3;
export const XFEATURE_BNDCSR = 4;

/** Linear-address bits the CPU reports (CPUID 80000008H); kernels from 4.2 on derive the directory's geometry from them (K-44). */
const X86_VIRT_BITS = 48n;

/**
 * Byte offset of the directory entry of the slot at `addr`. `byVirtBits`: as computed from 4.2 on; the same as long as the
 * CPU reports 48 bits.
 */
export function mpx_get_bd_entry_offset(c: MpxConstants, addr: bigint, byVirtBits: boolean): bigint {
  if (!byVirtBits) {
    const index = (addr >> (c.MPX_BT_ENTRY_OFFSET + c.MPX_IGN_BITS)) & ((1n << c.MPX_BD_ENTRY_OFFSET) - 1n);
    return index << c.MPX_BD_ENTRY_SHIFT;
  }
  const width = c.word === 8 ? X86_VIRT_BITS : 32n;
  const covered = 1n << (width - c.MPX_BD_ENTRY_OFFSET);
  return ((addr & ((1n << width) - 1n)) / covered) << c.MPX_BD_ENTRY_SHIFT;
}

/** Byte offset, in its table, of the entry of the slot at `addr`. */
export function mpx_get_bt_entry_offset(c: MpxConstants, addr: bigint): bigint {
  return ((addr >> c.MPX_IGN_BITS) & ((1n << c.MPX_BT_ENTRY_OFFSET) - 1n)) << c.MPX_BT_ENTRY_SHIFT;
}

/** First address of the memory that the directory entry at `entry` covers, in the directory at `directory`. */
export function areaOfEntry(c: MpxConstants, directory: bigint, entry: bigint): bigint {
  return (((entry - directory) & c.addressMask) >> c.MPX_BD_ENTRY_SHIFT) * c.areaSize;
}
