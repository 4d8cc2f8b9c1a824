/** Geometry of bounds directories and tables (spec section 0, A.5) for programs of each word size. */

export class BoundsLayout {
  /** Bytes of the whole directory, of one of its entries, of a table, of one of its entries. */
  readonly directoryBytes: bigint;
  readonly entryBytes: bigint;
  readonly tableBytes: bigint;
  readonly tableEntryBytes: number;
  /** What one directory entry, that is one table, covers; and what one table entry does. */
  readonly areaBytes: bigint;
  readonly slotBytes: bigint;

  /** `word`: bytes of a pointer. `areaShift`: bit of a slot's address from which on it selects the directory entry. */
  constructor(
    readonly word: 4 | 8,
    private readonly areaShift: bigint,
    private readonly directoryIndexBits: number,
  ) {
    this.entryBytes = BigInt(word);
    this.slotBytes = BigInt(word);
    this.tableEntryBytes = 4 * word;
    this.areaBytes = 1n << areaShift;
    this.directoryBytes = this.entryBytes << BigInt(directoryIndexBits);
    this.tableBytes = (this.areaBytes / this.slotBytes) * BigInt(this.tableEntryBytes);
  }

  /** An address, cut to the program's width. */
  wrap(address: bigint): bigint {
    return BigInt.asUintN(8 * this.word, address);
  }

  areaStart(index: bigint): bigint {
    return index * this.areaBytes;
  }

  /** Index of the directory entry for a slot. */
  directoryIndex(slot: bigint): bigint {
    return BigInt.asUintN(this.directoryIndexBits, slot >> this.areaShift);
  }

  directoryEntryAddress(base: bigint, slot: bigint): bigint {
    return this.wrap(base + this.directoryIndex(slot) * this.entryBytes);
  }

  /** Address of the entry for `slot` in `table`. */
  tableEntryAddress(table: bigint, slot: bigint): bigint {
    return this.wrap(table + ((slot % this.areaBytes) / this.slotBytes) * BigInt(this.tableEntryBytes));
  }

  /** First address of the slot that `address` lies in. */
  slotStart(address: bigint): bigint {
    return address - (address % this.slotBytes);
  }
}

export const BOUNDS_LAYOUTS = { 64: new BoundsLayout(8, 20n, 28), 32: new BoundsLayout(4, 12n, 20) } as const;
