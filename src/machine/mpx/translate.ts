/**
 * Address arithmetic of the bounds directory and tables (spec A.5). The only place that knows these formulas: the machine's walk,
 * the debugger's views and the vector runner all ask here.
 */

/** Directory and table geometry by word size (spec section 0). */
const GEOMETRY = {
  64: { directoryEntryBytes: 8n, tableEntryBytes: 32n, fieldBytes: 8n, coverShift: 20n, slotShift: 3n },
  32: { directoryEntryBytes: 4n, tableEntryBytes: 16n, fieldBytes: 4n, coverShift: 12n, slotShift: 2n },
} as const;

export const BNDCFG_EN = 1n;
export const BNDCFG_PRESERVE = 2n;
/** The bits of BNDCFGU below the directory's base. */
const BNDCFG_LOW_BITS = 0xfffn;
/** Bit 0 of a directory entry: the table exists. */
export const BDE_VALID = 1n;
/** BNDSTATUS error code of an invalid directory entry; the entry's address is above it. */
export const BNDSTATUS_INVALID_BDE = 2n;

const mask64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const mask32 = (value: bigint): bigint => BigInt.asUintN(32, value);

/** Where a pointer slot's bounds are: the first step of the walk. Addresses wrap at the word size. */
export interface BndSlot {
  /** Index of the directory entry, and of the entry within its table. */
  directoryIndex: bigint;
  tableIndex: bigint;
  /** Linear address of the directory entry. */
  directoryEntry: bigint;
}

/**
 * Translates the address of a pointer slot.
 * @param lap linear address of the slot that holds the pointer
 * @param bndcfg BNDCFGU (or BNDCFGS): only the base takes part
 * @param mawau extra index bits, CPUID.(7,0):ECX[21:17]; 0 outside 64-bit mode
 */
export function bndTranslate(lap: bigint, bndcfg: bigint, mawau = 0, bitness: 64 | 32 = 64): BndSlot {
  const g = GEOMETRY[bitness];
  if (bitness === 32) {
    const slot = mask32(lap);
    const directoryIndex = slot >> g.coverShift;
    const base = bndcfg & 0xfffff000n;
    return {
      directoryIndex,
      tableIndex: (slot & 0xfffn) >> g.slotShift,
      directoryEntry: mask32(base + directoryIndex * g.directoryEntryBytes),
    };
  }
  const slot = BigInt.asUintN(48 + mawau, lap);
  const directoryIndex = slot >> g.coverShift;
  const base = bndcfg & ~BNDCFG_LOW_BITS;
  return {
    directoryIndex,
    tableIndex: (slot & 0xfffffn) >> g.slotShift,
    directoryEntry: mask64(base + directoryIndex * g.directoryEntryBytes),
  };
}

/** Linear address of the table entry, given the directory entry's value. The CPU ignores its low bits (2:0, or 1:0 in 32-bit mode). */
export function tableEntryAddress(directoryEntryValue: bigint, tableIndex: bigint, bitness: 64 | 32 = 64): bigint {
  const g = GEOMETRY[bitness];
  if (bitness === 32) return mask32((directoryEntryValue & 0xfffffffcn) + tableIndex * g.tableEntryBytes);
  return mask64((directoryEntryValue & ~7n) + tableIndex * g.tableEntryBytes);
}

/** Addresses of the fields of a table entry. */
export function tableEntryFields(
  entry: bigint,
  bitness: 64 | 32 = 64,
): { lower: bigint; upper: bigint; pointer: bigint; reserved: bigint } {
  const { fieldBytes } = GEOMETRY[bitness];
  const at = (n: bigint) => (bitness === 32 ? mask32(entry + n * fieldBytes) : mask64(entry + n * fieldBytes));
  return { lower: entry, upper: at(1n), pointer: at(2n), reserved: at(3n) };
}

/** What XRSTOR puts into BNDCFGU: reserved bits dropped, the base sign-extended from the highest linear bit. It never faults. */
export function loadedBndcfgu(value: bigint, linearBits = 48): bigint {
  const base = BigInt.asUintN(64, BigInt.asIntN(linearBits, value)) & ~BNDCFG_LOW_BITS;
  return base | (value & (BNDCFG_EN | BNDCFG_PRESERVE));
}
